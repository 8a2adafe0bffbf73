"""A 64-bit hash of a photograph that hardly changes when the photograph is compressed or scaled again."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

from matching.errors import InvalidInputError

#: Width and height, in pixels, of the picture that is hashed.
SIDE = 32


def photo_hash(grey: NDArray[np.floating]) -> int:
    """
    The 8 by 8 lowest frequencies of a picture compared with their median, as the bits of a signed 64-bit number.

    Args:
        grey: (SIDE, SIDE) brightness of the picture scaled to that size; its unit does not matter.
    Returns:
        Equal pictures have equal hashes; re-compressed ones differ in a few bits, others in about 32.
    Raises:
        InvalidInputError: The array has another shape.
    Source:
        The "pHash" of Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010).
    """
    if grey.shape != (SIDE, SIDE):
        raise InvalidInputError(f"expected {SIDE} x {SIDE} pixels, got {grey.shape}")
    slow = dctn(grey.astype(np.float64), norm="ortho")[:8, :8].ravel()
    bits = slow > np.median(slow[1:])  # the first is the mean brightness, which is not significant
    bits[0] = False
    return int(np.packbits(bits).view(">i8")[0])
