"""Strangers' files made safe: pictures are drawn anew, so that nothing but pixels survives.

What comes out was written by us: no EXIF (and so no place where a photo was taken), no colour profile, no
second file hidden behind the first. What a name or a Content-Type header claims plays no part.
"""

import io
import threading
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image, UnidentifiedImageError

#: Pictures with more pixels are refused before they are decoded: a 30,000 x 30,000 PNG of one colour is a
#: small file and 2.7 GB of memory.
MOST_PIXELS = 50_000_000
#: Larger pictures are scaled down so that no side is longer; no page shows more.
LONGEST_SIDE = 4096  # pixels

#: Pillow's formats that we read -> the format and the ending that we write. MPO is what some phones call a JPEG.
FORMATS = {"JPEG": ("JPEG", "jpg"), "MPO": ("JPEG", "jpg"), "PNG": ("PNG", "png"), "WEBP": ("WEBP", "webp")}
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}

#: EXIF's orientation of a picture that does not stand upright -> what sets it upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

#: Decoding takes up to 200 MB; two at once are enough for a process.
_decoders = threading.BoundedSemaphore(2)


class NotAnImageError(Exception):
    """The content is not JPEG, PNG or WebP."""


class DamagedImageError(Exception):
    """It begins like an image and cannot be read to its end."""


class TooManyPixelsError(Exception):
    """The image has more than MOST_PIXELS pixels."""


@dataclass(frozen=True)
class CleanFile:
    """Content that may be stored and served."""

    content: bytes
    ending: str

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.ending]


def clean_image(stream: BinaryIO) -> CleanFile:
    """
    The picture in *stream*, drawn anew: upright, without metadata, at most LONGEST_SIDE wide and high.

    Of an animation the first frame stays.

    Raises:
        NotAnImageError, DamagedImageError, TooManyPixelsError
    """
    try:
        # Pillow refuses at twice its own MAX_IMAGE_PIXELS, and only warns before; our limit lies below both.
        with Image.open(stream, formats=["JPEG", "PNG", "WEBP"]) as found:
            width, height = found.size
            if width * height > MOST_PIXELS:
                raise TooManyPixelsError
            with _decoders:
                return _drawn_anew(found)
    except UnidentifiedImageError:
        raise NotAnImageError from None
    except Image.DecompressionBombError:
        raise TooManyPixelsError from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, OverflowError) as error:
        # All of these come out of Pillow's decoders for files that were cut short or made to confuse.
        raise DamagedImageError from error


def _drawn_anew(found: Image.Image) -> CleanFile:
    format_, ending = FORMATS[found.format]
    found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than needed
    upright = _upright(found)
    see_through = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    if upright.mode != "L":
        upright = upright.convert("RGBA" if see_through and format_ != "JPEG" else "RGB")
    upright.info.clear()  # Pillow would write comments, profiles and XMP from here
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    options = {"JPEG": {"quality": 88}, "WEBP": {"quality": 88}, "PNG": {}}[format_]
    upright.save(out, format_, **options)
    return CleanFile(out.getvalue(), ending)


def _upright(found: Image.Image) -> Image.Image:
    """
    A copy of the picture as it is meant to be seen.

    ImageOps.exif_transpose would write the metadata anew, which we drop, and fails on fields that cameras got wrong.
    """
    try:
        turn = TURNS.get(found.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # noqa: B902 - strangers' metadata breaks Pillow in many ways; the picture itself may be good
        turn = None
    return found.copy() if turn is None else found.transpose(turn)


def is_pdf(head: bytes, tail: bytes) -> bool:
    """Whether the content is a whole PDF: it begins as one at its first byte (a polyglot does not) and ends as one."""
    return head.startswith(b"%PDF-") and b"%%EOF" in tail
