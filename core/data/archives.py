"""ZIP files as strangers make them: what is in them, whether they can be trusted, and their bytes within limits."""

import os
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.bundle.decoding import MAX_BYTES, Rejected, too_large
from core.errors import VitrineError

MAX_MEMBERS = 1_000_000
MAX_UNPACKED = 32 << 30  # bytes
MAX_RATIO = 200  # unpacked over packed: photos are packed already, so a bomb stands out
SMALL = 1 << 20  # bytes below which a member's ratio does not matter: a plain bitmap may pack well
SMALL_ALL = 1 << 30  # the same for all members together

_CLUTTER = re.compile(r"(^|/)(__MACOSX|\.[^/]*|Thumbs\.db|ehthumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED, _UTF8 = 0x1, 0x800
_LINK, _KIND = 0o120000, 0o170000
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, lengths of the name and of the extra field that follow
_DAMAGE = (zlib.error, struct.error, ValueError)


@contextmanager
def open_archive(path: Path) -> Iterator["Archive"]:
    """The archive of that file, which is closed in the end.

    Raises:
        VitrineError: as :class:`Archive`.
    """
    with open(path, "rb") as file:
        yield Archive(file, path.name)


class Archive:
    """A ZIP whose directory was checked before anything is read from it.

    Args:
        file: opened for reading; whoever opened it closes it.
        name: what it is called in errors.

    Attributes:
        files: names of its files, without what operating systems leave behind.
        folders: names of the folders it lists.

    Raises:
        VitrineError: it is no ZIP, is encrypted, reaches outside its folder, holds links, or would unpack to a bomb.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name, self._file = name, file
        self._size = file.seek(0, os.SEEK_END)
        try:
            with zipfile.ZipFile(file) as directory:
                infos = directory.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise VitrineError("zip_unreadable", file=name) from error
        self._check(infos)
        named = {_name(info): info for info in infos}
        wanted = {name: info for name, info in named.items() if not _CLUTTER.search(name)}
        self._infos = {name: info for name, info in wanted.items() if not info.is_dir()}
        self.files = list(self._infos)
        self.folders = [name for name, info in wanted.items() if info.is_dir()]

    def read(self, name: str) -> bytes | Rejected:
        """The bytes of a file, or why they are not there: it is too large for an image, or damaged in the archive.

        Raises:
            VitrineError: ``zip_bomb`` when it unpacks to more than the directory promised.
        """
        info = self._infos[name]
        if info.file_size > MAX_BYTES:
            return too_large(info.file_size)
        try:
            data = _unpack(self._packed(info), info)
        except _DAMAGE:
            return Rejected("zip_member_damaged", {"file": self.name})
        if len(data) > info.file_size:
            raise VitrineError("zip_bomb", file=self.name)
        if len(data) < info.file_size or zlib.crc32(data) != info.CRC:
            return Rejected("zip_member_damaged", {"file": self.name})
        return data

    def _packed(self, info: zipfile.ZipInfo) -> bytes:
        if not 0 <= info.header_offset < self._size:
            raise ValueError("the directory points outside the archive")
        self._file.seek(info.header_offset)
        signature, name_length, extra_length = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        if signature != b"PK\3\4":
            raise ValueError("no member begins here")
        self._file.seek(name_length + extra_length, os.SEEK_CUR)
        return self._file.read(info.compress_size)

    def _check(self, infos: Sequence[zipfile.ZipInfo]) -> None:
        unpacked, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
        # Members that share the same packed bytes make a small archive a large one without a suspicious ratio.
        overlap = packed > self._size
        swollen = unpacked > SMALL_ALL and unpacked > MAX_RATIO * packed
        if len(infos) > MAX_MEMBERS or unpacked > MAX_UNPACKED or overlap or swollen:
            raise VitrineError("zip_bomb", file=self.name)
        for info in infos:
            name = info.orig_filename
            parts = name.split("/")
            if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or _DRIVE.match(name):
                raise VitrineError("zip_traversal", file=self.name, member=name)
            if info.flag_bits & _ENCRYPTED:
                raise VitrineError("zip_encrypted", file=self.name)
            if (info.external_attr >> 16) & _KIND == _LINK:
                raise VitrineError("zip_link", file=self.name, member=name)
            if info.file_size > SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
                raise VitrineError("zip_bomb", file=self.name)


def _unpack(packed: bytes, info: zipfile.ZipInfo) -> bytes:
    """The member's bytes; at most one more than its entry in the directory promised.

    zipfile's own reader silently cuts off what exceeds the promise, so that a lie could not be told from a plain image.
    """
    if info.compress_type == zipfile.ZIP_STORED:
        return packed[: info.file_size + 1]
    if info.compress_type == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, info.file_size + 1)
    raise ValueError("packed by an uncommon method")


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name as it was meant, its accents composed: macOS writes UTF-8 decomposed and does not say so."""
    name = info.filename
    if not info.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass  # really code page 437, as zipfile took it
    return unicodedata.normalize("NFC", "/".join(part for part in name.split("/") if part not in ("", ".")))
