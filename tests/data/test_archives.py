"""A ZIP that lies, hides or swells is refused before anything is unpacked, and an import of it leaves nothing behind."""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.bundle.decoding import Rejected
from core.data import versions
from core.data.archives import MAX_RATIO, MAX_UNPACKED, open_archive
from core.data.importing import import_zip
from core.data.versions import list_datasets
from core.errors import VitrineError
from tests.data.making import pack, picture, two_classes

# Where a field of a member's entry in the directory lies, and how it is written.
FLAGS, METHOD, CRC, PACKED, UNPACKED, OFFSET = (8, "<H"), (10, "<H"), (16, "<L"), (20, "<L"), (24, "<L"), (42, "<L")
Field = tuple[int, str]
GIB = 1 << 30


def forge(path: Path, member: str, fields: dict[Field, int]) -> Path:
    """Let the directory of a ZIP say something else about a member."""
    content = bytearray(path.read_bytes())
    entry = content.rindex(member.encode()) - 46
    assert content[entry : entry + 4] == b"PK\1\2"
    for (place, form), value in fields.items():
        struct.pack_into(form, content, entry + place, value)
    path.write_bytes(content)
    return path


def rename(path: Path, member: str, name: str) -> Path:
    """Give a member a name that zipfile would not write."""
    assert len(member) == len(name)
    path.write_bytes(path.read_bytes().replace(member.encode(), name.encode()))
    return path


def text(path: Path) -> Path:
    path.write_text("Not a ZIP. " * 99)
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def cut_short(path: Path) -> Path:
    pack(path, two_classes())
    os.truncate(path, path.stat().st_size - 100)
    return path


def directory_damaged(path: Path) -> Path:
    pack(path, two_classes())
    path.write_bytes(path.read_bytes().replace(b"PK\1\2", b"PK\1\3"))
    return path


def protected(path: Path) -> Path:
    return forge(pack(path, two_classes()), "cat/0.png", {FLAGS: 0x1})


def link(path: Path) -> Path:
    pack(path, two_classes())
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("cat/passwd.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return path


def swelling_member(path: Path) -> Path:
    return pack(path, two_classes() | {"cat/flat.bmp": bytes(20 << 20)})


def swelling_as_a_whole(path: Path) -> Path:
    """No member is above the size from which its own ratio counts."""
    pack(path, {f"{label}/{number:04d}.bmp": b"x" for label in ("cat", "dog") for number in range(520)})
    content, place = bytearray(path.read_bytes()), 0
    while (place := content.find(b"PK\1\2", place)) >= 0:
        struct.pack_into("<L", content, place + UNPACKED[0], 1 << 20)
        place += 46
    path.write_bytes(content)
    return path


def overlapping(path: Path) -> Path:
    """Ten members that are the same bytes: an archive ten times its size, at a ratio of one."""
    noise = picture(1, (200, 200))
    pack(path, two_classes() | {f"cat/same{number}.png": b"x" for number in range(9)} | {"cat/whole.png": noise})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("cat/whole.png")
    same = {OFFSET: info.header_offset, PACKED: info.compress_size, UNPACKED: info.file_size, CRC: info.CRC}
    for number in range(9):
        forge(path, f"cat/same{number}.png", same)
    return path


def promising_too_little(path: Path) -> Path:
    """The directory's checksum is that of the beginning, so that only the rest gives the lie away."""
    honest = picture(1, (100, 100))
    pack(path, two_classes() | {"dog/large.png": honest})
    return forge(path, "dog/large.png", {UNPACKED: 1000, CRC: zlib.crc32(honest[:1000])})


def promising_too_little_stored(path: Path) -> Path:
    pack(path, two_classes())
    honest = picture(1, (100, 100))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("dog/large.png", honest)
    return forge(path, "dog/large.png", {UNPACKED: 1000, CRC: zlib.crc32(honest[:1000])})


def named(name: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        stand_in = "x" * len(name)
        return rename(pack(path, two_classes() | {stand_in: picture(1)}), stand_in, name)

    make.__name__ = f"named {name!r}"
    return make


REFUSED: list[tuple[Callable[[Path], Path], str]] = [
    (text, "zip_unreadable"),
    (empty, "zip_unreadable"),
    (cut_short, "zip_unreadable"),
    (directory_damaged, "zip_unreadable"),
    (protected, "zip_encrypted"),
    (link, "zip_link"),
    (swelling_member, "zip_bomb"),
    (swelling_as_a_whole, "zip_bomb"),
    (overlapping, "zip_bomb"),
    (promising_too_little, "zip_bomb"),
    (promising_too_little_stored, "zip_bomb"),
    (named("../cat.png"), "zip_traversal"),
    (named("cat/../../../etc/cron.d/cat.png"), "zip_traversal"),
    (named("cat/.."), "zip_traversal"),
    (named("/etc/cat.png"), "zip_traversal"),
    (named("cat\\..\\..\\1.png"), "zip_traversal"),
    (named("C:/cat/1.png"), "zip_traversal"),
    (named("c:1.png"), "zip_traversal"),
    (named("cat/1.png\0.txt"), "zip_traversal"),
]


@pytest.mark.parametrize(("make", "code"), REFUSED, ids=[make.__name__ for make, _code in REFUSED])
def test_an_archive_not_to_be_trusted_is_refused_and_nothing_of_it_is_left(
    home: Path, tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    file = make(tmp_path / "pets.zip")
    before = set(psutil.Process().children())
    with pytest.raises(VitrineError, match="“pets.zip”") as raised:
        import_zip("pets", file, None, lambda done, total: None, lambda: False)
    assert raised.value.code == code
    assert [dataset.name for dataset in list_datasets()] == ["digits"]
    assert {path.name for path in versions.root().iterdir()} <= {".publish.lock"}
    assert {path.name for path in home.iterdir()} == {"datasets"}
    assert {path.name for path in tmp_path.iterdir()} == {"home", "pets.zip"}
    assert set(psutil.Process().children()) <= before


@pytest.mark.parametrize("make", [named("../cat.png"), link], ids=["traversal", "link"])
def test_the_member_to_blame_is_named(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with (
        pytest.raises(VitrineError, match=r"its member “(\.\./cat|cat/passwd)\.png”"),
        open_archive(make(tmp_path / "pets.zip")),
    ):
        pass


def test_dots_in_a_name_are_no_way_out(tmp_path: Path) -> None:
    names = ["cat/a..b.png", "cat../1.png", "ca:t/1.png"]
    with open_archive(pack(tmp_path / "pets.zip", dict.fromkeys(names, b"x"))) as archive:
        assert archive.files == names


def test_a_plain_bitmap_packs_well_and_is_no_bomb(tmp_path: Path) -> None:
    flat = bytes(900 << 10)
    file = pack(tmp_path / "pets.zip", {"cat/flat.bmp": flat})
    assert len(flat) > MAX_RATIO * file.stat().st_size
    with open_archive(file) as archive:
        assert archive.read("cat/flat.bmp") == flat


@pytest.mark.parametrize(("members", "refused"), [(8, False), (9, True)])
def test_more_than_the_limit_in_all_is_refused_however_it_is_packed(
    tmp_path: Path, members: int, refused: bool
) -> None:
    """The file has a hole of a quarter GiB in front, so that the packed sizes can be true."""
    file = pack(tmp_path / "pets.zip", {f"cat/{number}.png": b"x" for number in range(members)})
    each = MAX_UNPACKED // 8 - 8  # eight just fit
    content = file.read_bytes()
    with open(file, "wb") as hollow:
        hollow.truncate(GIB // 4)
        hollow.seek(GIB // 4)
        place, entries = 0, bytearray(content)
        while (place := entries.find(b"PK\1\2", place)) >= 0:
            struct.pack_into("<LL", entries, place + PACKED[0], 24 << 20, each)
            place += 46
        hollow.write(entries)
    if refused:
        with pytest.raises(VitrineError, match="far more than its size"), open_archive(file):
            pass
    else:
        with open_archive(file) as archive:
            assert len(archive.files) == members


@pytest.mark.parametrize(
    "fields",
    [
        {UNPACKED: 200},
        {CRC: 1},
        {METHOD: zipfile.ZIP_LZMA},
        {METHOD: zipfile.ZIP_STORED},
        {OFFSET: 10},
        {OFFSET: 10**9},
        {OFFSET: 2**32 - 2},
    ],
    ids=["promises too much", "checksum", "uncommon method", "other method", "no header", "outside", "far outside"],
)
def test_a_member_that_is_not_as_promised_is_rejected_and_the_others_are_read(
    tmp_path: Path, fields: dict[Field, int]
) -> None:
    file = pack(tmp_path / "pets.zip", {"cat/0.png": b"what was packed " * 9, "dog/1.png": b"and another"})
    with open_archive(forge(file, "cat/0.png", fields)) as archive:
        assert archive.read("cat/0.png") == Rejected("zip_member_damaged", {"file": "pets.zip"})
        assert archive.read("dog/1.png") == b"and another"


def test_whatever_byte_is_altered_every_file_is_read_or_rejected_or_the_archive_refused(tmp_path: Path) -> None:
    files = {"cat/a.png": b"so and so and so and so", "dog/é.png": bytes(range(40))}
    content, file = pack(tmp_path / "good.zip", files).read_bytes(), tmp_path / "bad.zip"
    cut = [content[:length] for length in range(len(content))]
    turned = [
        content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]
        for place in range(len(content))
        for bits in (0x01, 0x80, 0xFF)
    ]
    read, rejected, refused = 0, 0, []
    for bad in cut + turned:
        file.write_bytes(bad)
        try:
            with open_archive(file) as archive:
                for name in archive.files:
                    if isinstance(data := archive.read(name), bytes):
                        assert data in files.values()
                        read += 1
                    else:
                        rejected += 1
        except VitrineError as error:
            refused.append(error.code)
    assert min(read, rejected, len(refused)) > 100
    assert set(refused) == {"zip_unreadable", "zip_encrypted", "zip_traversal", "zip_bomb"}
