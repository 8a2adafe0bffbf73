"""A program that re-encodes untrusted pictures, so that only their pixels are kept.

The output is written by our own code: it has no EXIF (and so no place where a photo was taken), no second file hidden
after the first, and colours in sRGB. The file's name and Content-Type are ignored.

It runs as a child of a process of ours (models/platform/images.py), with a limit on its memory: an exploited decoder,
or a small file with a huge picture, can only end this process. The program imports nothing from the project.

    request     8 bytes of length (big-endian), the file
    answer      one byte (an Outcome), 8 bytes: the source's pixels, 8 bytes of length, the picture's format and a NUL,
                the picture
"""

import ctypes
import io
import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import pillow_heif
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

#: Pictures with more pixels are refused before they are decoded: a 30,000 x 30,000 PNG of one colour is a small file
#: and 2.7 GB of memory.
MAX_PIXELS = 25_000_000
#: The lower limit of WebP: its decoder holds four copies of a picture, while others hold two.
MAX_WEBP_PIXELS = 15_000_000
#: Larger CMYK pictures are decoded at half their width and height: a progressive JPEG of four colours occupies twelve
#: bytes a pixel.
MAX_WHOLE_CMYK_PIXELS = 20_000_000
#: Larger pictures are scaled down so that no side is longer; no page shows more.
LONGEST_SIDE = 4096  # pixels
#: The memory allowed in addition to that of the idle program; tests/api/test_image_limits.py measures the real use of
#: pictures.
MEMORY = 360 << 20  # bytes of address space

#: Pillow's formats that we read -> the format that we write. Some phones write JPEG files as MPO.
FORMATS = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIF": "JPEG"}
OPTIONS = {"JPEG": {"quality": 88}, "WEBP": {"quality": 88, "method": 2}, "PNG": {}}

#: Outcomes, as the answer's first byte.
CLEAN, NOT_AN_IMAGE, DAMAGED, TOO_MANY_PIXELS = b"C", b"N", b"D", b"P"

#: EXIF's orientation of a picture that is not upright -> the operation that turns it upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: Bytes without markers that are appended to the scan of a truncated JPEG, to find out whether any of it is missing.
FILLER = b"\x55" * 4096
BEGIN_OF_JPEG, END_OF_JPEG = b"\xff\xd8", b"\xff\xd9"

SRGB = ImageCms.createProfile("sRGB")

#: Numeric colours of a HEIC without a profile (ITU-T H.273, "nclx"): primaries wider than sRGB's -> red, green and blue
#: as XYZ under D50, the form that profiles use.
WIDE_PRIMARIES = {
    12: ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),  # Display P3
    9: ((0.67348, 0.27904, -0.00194), (0.16566, 0.67534, 0.02998), (0.12505, 0.04561, 0.79686)),  # BT.2020
}
D50 = (0.9642, 1.0, 0.8249)
#: Transfer characteristics with more light than a screen's white (PQ, HLG): no profile renders such a picture
#: correctly, so its colours are not changed.
HIGH_RANGE = (16, 18)
#: sRGB's curve: exponent, a, b, c, d of ICC's third kind. The difference to those of film and television is not
#: visible.
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


class TooManyPixelsError(Exception):
    """The image has more pixels than we accept."""


class MissingDataError(Exception):
    """The image ends before its last row."""


def clean(content: bytes) -> tuple[bytes, int, str, bytes]:
    """
    Re-encode a picture: upright, in sRGB, without metadata, at most LONGEST_SIDE wide and high. Only the first frame of
    an animation is kept.

    Returns:
        (outcome, pixels of the source, format, content); the latter two are empty unless the outcome is CLEAN.
    """
    try:
        _check_webp(content)
        try:
            pixels, format_, drawn = _redrawn(_opened(content))
        except OSError:
            if not content.startswith(BEGIN_OF_JPEG) or content.endswith(END_OF_JPEG):
                raise
            pixels, format_, drawn = _redrawn(_completed_jpeg(content))
    except UnidentifiedImageError:
        return NOT_AN_IMAGE, 0, "", b""
    except (TooManyPixelsError, Image.DecompressionBombError, MemoryError):
        return TOO_MANY_PIXELS, 0, "", b""
    except Exception:
        return DAMAGED, 0, "", b""
    return CLEAN, pixels, format_, drawn


def _opened(content: bytes) -> Image.Image:
    """Open the picture without decoding it; raises TooManyPixelsError."""
    image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP", "HEIF"])
    if image.width * image.height > MAX_PIXELS:
        raise TooManyPixelsError
    return image


def _check_webp(content: bytes) -> None:
    """
    Opening a WebP allocates the size stated in its header, so the header is checked here first; raises
    TooManyPixelsError.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return
    kind, head = content[12:16], content[20:30]
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (4, 7))
    elif kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if width * height > MAX_WEBP_PIXELS:
        raise TooManyPixelsError


def _redrawn(picture: Image.Image) -> tuple[int, str, bytes]:
    """
    (pixels of the source, format, content). The caller keeps no reference, so that each step can free the result of the
    previous one.
    """
    pixels, format_ = picture.width * picture.height, FORMATS[picture.format or ""]
    turn = _turn_of(picture)
    profile = picture.info.get("icc_profile") or _profile_of_numbers(picture.info.get("nclx_profile"))
    picture.draft(None, _size_to_decode(picture))
    picture = _loaded(picture)
    has_transparency = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    picture = _with_whole_pixels(picture, has_transparency)
    if max(picture.size) > LONGEST_SIDE:
        if has_transparency:
            # Transparent pixels must not colour their neighbours. Pillow would otherwise make this copy in addition to
            # the others.
            picture = picture.convert("RGBa")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if has_transparency:
        picture = _converted(picture, "RGBA")
    picture = _in_srgb(picture, profile)
    if has_transparency and format_ == "JPEG":
        format_ = "PNG"  # a HEIC with transparency, which JPEG lacks
    if not has_transparency and picture.mode != "L":
        picture = _converted(picture, "RGB")
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info.clear()  # otherwise Pillow would write its comments, profiles and XMP
    out = io.BytesIO()
    picture.save(out, format_, **OPTIONS[format_])
    return pixels, format_, out.getvalue()


def _size_to_decode(picture: Image.Image) -> tuple[int, int]:
    """The least size at which a JPEG, which can be decoded at a half, a quarter or an eighth, is to be decoded."""
    if picture.mode == "CMYK" and picture.width * picture.height > MAX_WHOLE_CMYK_PIXELS:
        return picture.width // 2, picture.height // 2
    return LONGEST_SIDE, LONGEST_SIDE


def _loaded(picture: Image.Image) -> Image.Image:
    """The decoded picture, or the first frame of an animation."""
    if picture.format != "WEBP":
        picture.load()
        return picture
    # Like Pillow's WebPImagePlugin.load, but without its three intermediate copies.
    opened: Any = picture  # a WebPImageFile, whose decoder is missing in the stubs
    content, _ = opened._decoder.get_next()
    return Image.frombuffer(opened.rawmode, picture.size, content, "raw", opened.rawmode, 0, 1)


def _turn_of(image: Image.Image) -> Image.Transpose | None:
    """
    The operation that turns the picture upright.

    ImageOps.exif_transpose is not used: it would also rewrite the metadata, which we drop, and fails on malformed
    fields of cameras.
    """
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation)
        return None if turn is None else TURNS.get(turn)
    except Exception:
        return None


def _with_whole_pixels(image: Image.Image, has_transparency: bool) -> Image.Image:
    """The picture in a mode whose pixels can be mixed and transformed: L, RGB, RGBA or CMYK, eight bits a channel."""
    if image.mode.startswith("I"):
        return _of_sixteen_bits(image)
    if has_transparency:
        return _converted(image, "RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return _converted(image, "L" if image.mode == "1" else "RGB")


def _of_sixteen_bits(image: Image.Image) -> Image.Image:
    """
    Convert 16-bit grey to 8 bits: the upper byte of each value. Pillow's own conversion turns all values above 255
    white.

    `transparency` of such a picture is the only transparent value.
    """
    values = image if image.mode.startswith("I;16") else image.convert("I;16")
    raw = values.tobytes("raw", "I;16B")
    upper = Image.frombytes("L", image.size, raw[::2])
    see_through = image.info.get("transparency")
    if see_through is None:
        return upper
    lower = Image.frombytes("L", image.size, raw[1::2])
    del raw, values
    same = ImageChops.darker(_mask_of(upper, see_through >> 8), _mask_of(lower, see_through & 255))
    del lower
    return Image.merge("RGBA", (upper, upper, upper, ImageOps.invert(same)))


def _mask_of(channel: Image.Image, value: int) -> Image.Image:
    """255 where the channel has this value, 0 elsewhere."""
    return channel.point([255 if each == value else 0 for each in range(256)])


def _converted(picture: Image.Image, mode: str) -> Image.Image:
    return picture if picture.mode == mode else picture.convert(mode)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture with its colours converted to sRGB from any profile.

    An unreadable profile, or one for another kind of picture, is ignored, and the colours are not changed.
    """
    if not profile:
        return picture
    mode = {"CMYK": "RGB", "L": "L"}.get(picture.mode, picture.mode)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode == "L":
            if source.profile.xcolor_space.strip() != "GRAY":
                return picture
            # Convert through RGB, because little CMS has no grey sRGB.
            in_colour = ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB")
            return picture if in_colour is None else in_colour.convert("L")
        converted = ImageCms.profileToProfile(picture, source, SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return picture if converted is None else converted


def _profile_of_numbers(colours: dict[str, Any] | None) -> bytes | None:
    """The ICC profile for a HEIC's numeric colours; None if they are sRGB or unknown."""
    primaries = WIDE_PRIMARIES.get(colours.get("color_primaries", 0)) if colours else None
    if colours is None or primaries is None or colours.get("transfer_characteristics") in HIGH_RANGE:
        return None
    fixed = lambda values: b"".join(struct.pack(">i", round(value * 65536)) for value in values)
    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + fixed(SRGB_CURVE)
    points = zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), (*primaries, D50), strict=True)
    tags = {name: b"XYZ \0\0\0\0" + fixed(each) for name, each in points}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    head = struct.pack(">I4xI4s4s4s12x4s28x", start + len(body), 0x04400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head + fixed(D50)).ljust(128, b"\0") + table + body


def _completed_jpeg(content: bytes) -> Image.Image:
    """
    Complete a truncated JPEG if less than its last row of blocks is missing; otherwise raises MissingDataError.

    A decoder fills missing parts from the bytes that follow. So the file is decoded twice, with and without filler: if
    the results agree, the file is complete.
    """
    content = content.removesuffix(b"\xff")  # half of the end marker
    plain, filled = (Image.open(io.BytesIO(content + more + END_OF_JPEG), formats=["JPEG"]) for more in (b"", FILLER))
    for each in (plain, filled):
        each.draft(None, _size_to_decode(each))
        each.load()
    above = (0, 0, plain.width, max(1, plain.height - 16))
    if ImageChops.difference(plain.crop(above), filled.crop(above)).getbbox() is not None:
        raise MissingDataError
    filled.close()
    return plain


def _memory_release() -> Callable[[], object]:
    """The function that returns freed memory to the system; it does nothing if the C library cannot."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return lambda: None
    return lambda: trim(0)


def _limit_memory() -> None:
    try:
        with open("/proc/self/statm") as file:
            at_rest = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux: only the limit on pixels applies
        return
    resource.setrlimit(resource.RLIMIT_AS, (at_rest + MEMORY, at_rest + MEMORY))


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    release_memory = _memory_release()
    while head := requests.read(8):
        content = requests.read(struct.unpack(">Q", head)[0])
        outcome, pixels, format_, drawn = clean(content)
        answers.write(outcome + struct.pack(">QQ", pixels, len(format_) + 1 + len(drawn)) + format_.encode() + b"\0")
        answers.write(drawn)
        answers.flush()
        del content, drawn
        release_memory()


def main() -> None:
    """Serve until the parent closes the pipe or ends."""
    os.nice(5)  # requests take precedence over pictures
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # for everything that Pillow opens; it raises at twice this number
    pillow_heif.options.DECODE_THREADS = 1
    pillow_heif.register_heif_opener(thumbnails=False)
    # Pillow loads its decoders at first use. They are loaded before the limit is set, so that they count as idle
    # memory.
    Image.init()
    _limit_memory()
    _serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
