"""
Decode untrusted pictures in a child process (models/platform/image_decoder.py), which limits their memory and returns
it to the system.

Each process has one such child, which starts with the first picture. Pictures are decoded one at a time; a caller that
waits too long gets BusyError. A picture that takes too long or kills the child counts as damaged.
"""

import logging
import shutil
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.core.errors import BusyError
from models.platform import image_decoder

log = logging.getLogger(__name__)

MAX_PIXELS = image_decoder.MAX_PIXELS
MAX_WEBP_PIXELS = image_decoder.MAX_WEBP_PIXELS

#: Pillow's format -> the extension of stored files.
ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
CONTENT_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}

#: How long a request waits for its turn before it answers 503.
MAX_WAIT_SECONDS = 10.0
RETRY_AFTER_SECONDS = 5
#: The slowest accepted picture needs a few seconds, and more on a busy machine.
MAX_DECODING_SECONDS = 30.0
#: A child is replaced after this many pictures, which also frees memory that its libraries leak.
MAX_PICTURES = 200


class NotAnImageError(Exception):
    """The content is not JPEG, PNG, WebP or HEIC."""


class DamagedImageError(Exception):
    """The content begins like an image, but cannot be read to its end."""


class TooManyPixelsError(Exception):
    """The image has more pixels than we accept."""


@dataclass(frozen=True)
class CleanFile:
    """Content that may be stored and served. *pixels* is the size of the original picture, or 0 for a document."""

    content: bytes
    ending: str
    pixels: int = 0

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.ending]


class Decoder:
    """The child process that decodes one picture at a time."""

    def __init__(self) -> None:
        self._turn = threading.Semaphore(1)
        self._child: subprocess.Popen[bytes] | None = None
        self._left = 0

    @property
    def pid(self) -> int | None:
        """The child's process id, if it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def clean(self, stream: BinaryIO, size: int) -> CleanFile:
        """
        Re-encode the picture in *stream* (of *size* bytes); see image_decoder.clean.

        Raises:
            NotAnImageError, DamagedImageError, TooManyPixelsError
            BusyError: No turn came within MAX_WAIT_SECONDS.
        """
        with self._exclusive_use():
            child = self._running()
            watchdog = threading.Timer(MAX_DECODING_SECONDS, child.kill)
            watchdog.start()
            try:
                outcome, pixels, format_, content = _ask(child, stream, size)
            except (OSError, struct.error, ValueError):
                log.warning("image_decoder_died", extra={"bytes": size})
                self.end()
                raise DamagedImageError from None
            finally:
                watchdog.cancel()
            self._left -= 1
            if self._left <= 0:
                self.end()
        if outcome == image_decoder.CLEAN:
            return CleanFile(content, ENDINGS[format_], pixels)
        raise {
            image_decoder.NOT_AN_IMAGE: NotAnImageError,
            image_decoder.TOO_MANY_PIXELS: TooManyPixelsError,
        }.get(outcome, DamagedImageError)

    @contextmanager
    def _exclusive_use(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=MAX_WAIT_SECONDS):
            raise BusyError("picture.busy", RETRY_AFTER_SECONDS)
        try:
            yield
        finally:
            self._turn.release()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.pid is None:
            self.end()  # A child that died has left its pipes open.
            # -I: neither the working folder nor the environment affects imports.
            program = [sys.executable, "-I", str(Path(image_decoder.__file__).resolve())]
            self._child = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})  # nosec B603
            self._left = MAX_PICTURES
        assert self._child is not None
        return self._child

    def end(self) -> None:
        """Stop the child if it runs."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _ask(child: subprocess.Popen[bytes], stream: BinaryIO, size: int) -> tuple[bytes, int, str, bytes]:
    """(outcome, pixels, format, content) of a picture; raises OSError or struct.error if the child dies over it."""
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(struct.pack(">Q", size))
    shutil.copyfileobj(stream, child.stdin, 1 << 16)
    child.stdin.flush()
    outcome, pixels, length = struct.unpack(">cQQ", child.stdout.read(17))
    content = child.stdout.read(length)
    if len(content) < length:
        raise OSError("the answer was cut off")
    format_, _, drawn = content.partition(b"\0")
    return outcome, pixels, format_.decode(), drawn


#: This process's decoder; a forked process starts a child of its own with its first picture.
decoder = Decoder()


def clean_image(stream: BinaryIO) -> CleanFile:
    """Re-encode the picture in *stream*; see :meth:`Decoder.clean`."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return decoder.clean(stream, size)


def is_pdf(head: bytes, tail: bytes) -> bool:
    """Whether the content is a complete PDF: it begins as one at its first byte (unlike a polyglot) and ends as one."""
    return head.startswith(b"%PDF-") and b"%%EOF" in tail
