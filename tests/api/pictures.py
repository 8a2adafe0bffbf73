"""Generated pictures for tests, and the distance of two colours."""

import io
import random

import pillow_heif
from PIL import Image

from models.platform.images import clean_image

pillow_heif.register_heif_opener()


def saved(picture: Image.Image, format_: str, **options) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def cleaned(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(clean_image(io.BytesIO(content)).content))


def photo(mode="RGB", size=(64, 48)) -> Image.Image:
    """A picture in which every pixel differs from its neighbours, the same in every run."""
    rng = random.Random(7)
    grey = Image.frombytes("L", size, bytes(rng.randrange(256) for _ in range(size[0] * size[1])))
    smooth = grey.resize((8, 6)).resize(size, Image.Resampling.BICUBIC)
    return (
        smooth if mode == "L" else Image.merge("RGB", (smooth, smooth.rotate(180), smooth.transpose(0))).convert(mode)
    )


def is_close(one, other, maximum=6) -> bool:
    return all(abs(a - b) <= maximum for a, b in zip(one, other, strict=True))
