"""PNG and JPEG: decoded once and written anew, so that nothing but the picture itself is kept."""

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from accounts.gateways.examiner.findings import MOST_PIXELS, Found, Refused

FORMATS = {"png": "PNG", "jpeg": "JPEG"}
THUMBNAIL = 96
# What is tried in turn until the file is small enough.
ENCODINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "png": ({"compress_level": 6}, {"optimize": True}),
    "jpeg": tuple({"quality": quality, "optimize": True} for quality in (90, 80, 70)),
}
PNG_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
# Of a JPEG's segments: JFIF's own, tables, frames and scans. No comments, and no other application's data.
JPEG_SEGMENTS = {0xE0, 0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDD}
# Within a scan only stuffed bytes and restart marks follow 0xFF.
SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7]")


def examine(kind: str, content: bytes, *, most_bytes: int, as_kept: bool) -> Found:
    """Return the picture written anew, and its thumbnail. `as_kept`: it must be one that was written here before."""
    Image.MAX_IMAGE_PIXELS = None  # ours is exact, and not a warning
    picture: Image.Image = Image.open(BytesIO(content), formats=[FORMATS[kind]])
    if picture.width * picture.height > MOST_PIXELS:
        raise Refused("pixels")
    # An animation is its first frame.
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    if as_kept:
        if not _is_bare(kind, content):
            raise Refused("not_bare")
        return Found(kind, thumbnail=_thumbnail(picture))
    kept = _encoded(kind, picture, most_bytes)
    # Of what is kept, so that the same picture comes out when it is looked into once more.
    return Found(kind, content=kept, thumbnail=_thumbnail(Image.open(BytesIO(kept), formats=[FORMATS[kind]])))


def _encoded(kind: str, picture: Image.Image, most_bytes: int) -> bytes:
    """The picture without anything that came along with it: places, cameras, texts, profiles, what stood behind it."""
    transparency = picture.info.get("transparency") if kind == "png" else None
    picture.info = {} if transparency is None else {"transparency": transparency}
    if picture.mode not in (PNG_MODES if kind == "png" else {"L", "RGB"}):
        picture = picture.convert("RGB")
    for options in ENCODINGS[kind]:
        file = BytesIO()
        picture.save(file, FORMATS[kind], **options)
        if file.tell() <= most_bytes:
            return file.getvalue()
    raise Refused("large")


def _thumbnail(picture: Image.Image) -> bytes:
    """The upper part of the picture as a small square, on white."""
    side = min(picture.size)
    left = (picture.width - side) // 2
    square = picture.crop((left, 0, left + side, side))
    if square.mode == "I;16":
        square = square.point(lambda value: value * (1 / 256)).convert("L")
    square = square.convert("RGBA").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS, reducing_gap=3.0)
    paper = Image.new("RGBA", square.size, "white")
    paper.alpha_composite(square)
    file = BytesIO()
    paper.convert("RGB").save(file, "PNG", optimize=True)
    return file.getvalue()


def _is_bare(kind: str, content: bytes) -> bool:
    """Whether a file holds nothing but the picture, to its last byte. It has been decoded by now."""
    try:
        return all(_png_chunks(content) if kind == "png" else _jpeg_segments(content))
    except (IndexError, struct.error):
        return False


def _png_chunks(content: bytes) -> Iterator[bool]:
    """Whether each chunk is one that a picture needs; at last, whether nothing follows the end."""
    place, name = len(SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", content, place)
        body = content[place + 4 : place + 8 + length]
        yield name in PNG_CHUNKS and struct.unpack_from(">I", content, place + 8 + length) == (zlib.crc32(body),)
        place += length + 12
    yield place == len(content)


def _jpeg_segments(content: bytes) -> Iterator[bool]:
    """The same of a JPEG's segments."""
    place = 2
    while content[place : place + 2] != b"\xff\xd9":
        marker = content[place + 1]
        yield content[place] == 0xFF and marker in JPEG_SEGMENTS
        (length,) = struct.unpack_from(">H", content, place + 2)
        yield marker != 0xE0 or (length == 16 and content[place + 4 : place + 9] == b"JFIF\0")
        place += 2 + length
        if marker == 0xDA:
            end = SCAN_END.search(content, place)
            place = end.start() if end else len(content)
    yield place + 2 == len(content)
