"""HEIC files for tests: boxes (ISO/IEC 23008-12) around a picture that was encoded once.

No library may encode HEVC here. `quarters.heic` is 64 × 64 pixels, made with libheif's `heif-enc -q 70`: red and green above blue and
yellow. Its bitstream is put into other boxes: turned, with EXIF, with other sizes in the header, as tiles of a larger picture.
"""

import struct
from pathlib import Path

QUARTERS = (Path(__file__).parent / "quarters.heic").read_bytes()
SIDE = 64
COLOURS = [(220, 40, 40), (40, 180, 60), (40, 70, 210), (230, 210, 60)]  # in reading order


def heic(
    *,
    turned: int = 0,
    exif: bytes = b"",
    icc: bytes = b"",
    size: tuple[int, int] = (SIDE, SIDE),
    tiles: tuple[int, int] | None = None,
    brand: bytes = b"heic",
) -> bytes:
    """A file with the four quarters in it.

    Args:
        turned: by so many quarter turns against the clock, as the box `irot` says it.
        exif: a TIFF block.
        icc: a colour profile.
        size: width and height as the header has them.
        tiles: columns and rows of a grid of such pictures; `size` is the grid's then.
    """
    at = QUARTERS.index(b"hvcC") - 4
    hevc = QUARTERS[at : at + struct.unpack(">L", QUARTERS[at : at + 4])[0]]
    coded = QUARTERS[QUARTERS.index(b"mdat") + 4 :]
    columns, rows = tiles or (1, 1)
    count = columns * rows
    properties = [
        hevc,
        _box(b"ispe", struct.pack(">LLL", 0, *((SIDE, SIDE) if tiles else size))),
        _box(b"ispe", struct.pack(">LLL", 0, *size)),
        _box(b"irot", bytes([turned])),
        _box(b"colr", b"prof" + icc),
    ]
    of_picture = [*([3] if tiles else [0x80 | 1, 2]), *([0x80 | 4] if turned else []), *([5] if icc else [])]
    items = [(number, b"hvc1", [0x80 | 1, 2] if tiles else of_picture, coded) for number in range(1, count + 1)]
    references = b""
    if tiles:
        grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)
        items.append((count + 1, b"grid", of_picture, grid))
        references += _box(b"dimg", struct.pack(f">HH{count}H", count + 1, count, *range(1, count + 1)))
    main = items[-1][0]
    if exif:
        items.append((main + 1, b"Exif", [], struct.pack(">L", 0) + exif))
        references += _box(b"cdsc", struct.pack(">HHH", main + 1, 1, main))
    return _file(brand, items, main, properties, references)


def _file(
    brand: bytes,
    items: list[tuple[int, bytes, list[int], bytes]],
    main: int,
    properties: list[bytes],
    references: bytes,
) -> bytes:
    # A tile is hidden, or it would be a picture of its own.
    infos = b"".join(
        _box(b"infe", struct.pack(">LHH", 0x02000000 | (number < main), number, 0) + kind + b"\0")
        for number, kind, *_ in items
    )
    parts = {data: 0 for *_, data in items}  # what is the same is stored once
    owned = [(number, props) for number, _kind, props, _data in items if props]
    ipma = b"".join(struct.pack(f">HB{len(props)}B", number, len(props), *props) for number, props in owned)

    def meta(start: int) -> bytes:
        for data in parts:
            parts[data], start = start, start + len(data)
        places = b"".join(struct.pack(">HHHLL", number, 0, 1, parts[data], len(data)) for number, *_, data in items)
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
            + _box(b"pitm", struct.pack(">LH", 0, main))
            + _box(b"iloc", struct.pack(">LHH", 0, 0x4400, len(items)) + places)
            + _box(b"iinf", struct.pack(">LH", 0, len(items)) + infos)
            + (_box(b"iref", bytes(4) + references) if references else b"")
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(properties)) + _box(b"ipma", struct.pack(">LL", 0, len(owned)) + ipma),
            ),
        )

    head = _box(b"ftyp", brand + bytes(4) + b"mif1heic")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + _box(b"mdat", b"".join(parts))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L", 8 + len(content)) + kind + content
