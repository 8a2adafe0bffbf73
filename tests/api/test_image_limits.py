"""The cost of pictures: the memory of the largest ones, waiting, and the child that decodes them."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from models.core.errors import BusyError
from models.platform import images
from models.platform.images import CleanFile, DamagedImageError, Decoder, TooManyPixelsError
from tests.api.pictures import photo, saved

MIB = 1 << 20
#: The memory that a picture may add to the web process and its child together.
MAX_MEMORY = 300_000_000  # bytes


# -- Bombs -------------------------------------------------------------------------------------------------------------


def memory_of(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    raise AssertionError(f"no {name}")


def worst() -> dict[str, Callable[[], bytes]]:
    """
    Functions that return the largest accepted picture of every kind: small files that are fast to encode, except for
    `saved(Image.new("RGBA", square), "HEIF", enc_params={"preset": "ultrafast"})`, which takes seconds and is stored.
    """
    square, webp = (5000, 5000), (4096, 3660)
    return {
        "JPEG": lambda: saved(Image.new("RGB", square), "JPEG"),
        "progressive JPEG": lambda: saved(Image.new("RGB", square), "JPEG", progressive=True, subsampling=0),
        "CMYK": lambda: saved(Image.new("CMYK", square), "JPEG", progressive=True, subsampling=0),
        "the largest CMYK at its whole size": lambda: saved(
            Image.new("CMYK", (4472, 4472)), "JPEG", progressive=True, subsampling=0
        ),
        "PNG": lambda: saved(Image.new("RGBA", square), "PNG"),
        "palette": lambda: saved(Image.new("P", square), "PNG", transparency=0),
        "16 bits": lambda: saved(Image.new("I;16", square), "PNG", transparency=0),
        "WebP": lambda: saved(Image.new("RGBA", webp), "WEBP", method=0),
        "lossless WebP": lambda: saved(Image.new("RGBA", webp), "WEBP", lossless=True, exact=True, method=0),
        "HEIC": (Path(__file__).parent / "largest.heic").read_bytes,
    }


KINDS = list(worst())


@cache
def bomb(kind: str) -> bytes:
    return worst()[kind]()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_picture_of_a_kind_takes_at_most_300_mb_and_gives_them_back(kind):
    decoder, small = Decoder(), saved(photo(), "JPEG")
    decoder.clean(io.BytesIO(small), len(small))
    rest = memory_of(decoder.pid, "VmRSS")

    image = decoder.clean(io.BytesIO(bomb(kind)), len(bomb(kind)))
    peak = memory_of(decoder.pid, "VmHWM") - rest
    decoder.clean(io.BytesIO(small), len(small))  # before it reads this one, the child has given the memory back
    after = memory_of(decoder.pid, "VmRSS") - rest
    decoder.end()
    print(f"{kind}: {peak / MIB:.0f} MiB at most, {after / MIB:.0f} MiB after")
    assert peak + 2 * len(image.content) < MAX_MEMORY
    assert after < 30 * MIB  # without malloc_trim, four of the kinds keep 48 to 102 MiB


@pytest.mark.parametrize(
    "make",
    [
        lambda: saved(Image.new("RGBA", (7070, 7070)), "WEBP", lossless=True, quality=0, method=0),
        lambda: saved(Image.new("RGB", (5001, 5000)), "PNG"),
        lambda: saved(Image.new("L", (25_000_001, 1)), "PNG"),
        lambda: b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00" + b"\xff\x3f\x00" * 2 + bytes(20),
        lambda: b"RIFF\x00\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\xff\xff\xff\x0f" + bytes(20),
        lambda: b"RIFF\x00\x00\x00\x00WEBPVP8 \x20\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(20),
    ],
    ids=["WebP of 50 megapixels", "a pixel column too many", "a line", "VP8X", "VP8L", "VP8"],
)
def test_a_picture_of_too_many_pixels_is_refused_before_anything_is_allocated(make):
    decoder, content = Decoder(), make()
    try:
        with pytest.raises(TooManyPixelsError):
            decoder.clean(io.BytesIO(content), len(content))
        if Path("/proc/self/status").exists():
            assert memory_of(decoder.pid, "VmHWM") < 100 * MIB
    finally:
        decoder.end()


def test_four_bombs_at_once_take_no_more_than_one():
    """Many such uploads once took a process from 369 MB to 5.5 GB; now a child decodes one at a time."""
    decoder, content = Decoder(), bomb("WebP")
    before = memory_of(int(Path("/proc/self").resolve().name), "VmRSS") if Path("/proc/self").exists() else 0

    def send(_number: int) -> CleanFile | BusyError:
        try:
            return decoder.clean(io.BytesIO(content), len(content))
        except BusyError as busy:
            return busy

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(4)))
    peak = memory_of(decoder.pid, "VmHWM")
    mine = memory_of(int(Path("/proc/self").resolve().name), "VmRSS") - before
    decoder.end()

    assert any(isinstance(answer, CleanFile) for answer in answers)
    assert all(isinstance(answer, CleanFile | BusyError) for answer in answers)
    assert peak + mine < MAX_MEMORY + 60 * MIB  # the child's rest


# -- The child ---------------------------------------------------------------------------------------------------------


def test_an_upload_that_waits_too_long_is_asked_to_retry_later(monkeypatch):
    monkeypatch.setattr(images, "MAX_WAIT_SECONDS", 0.05)
    decoder, content = Decoder(), saved(photo(), "JPEG")
    with decoder._turn, pytest.raises(BusyError) as busy:
        decoder.clean(io.BytesIO(content), len(content))

    assert busy.value.retry_after_seconds > 0
    assert decoder.clean(io.BytesIO(content), len(content)).ending == "jpg"
    decoder.end()


def test_a_child_that_dies_costs_one_picture(monkeypatch):
    decoder, content = Decoder(), saved(photo(), "JPEG")
    decoder.clean(io.BytesIO(content), len(content))
    decoder._child.kill()
    decoder._child.wait()

    assert decoder.clean(io.BytesIO(content), len(content)).ending == "jpg"  # died between two pictures: nobody notices
    decoder.end()


def test_a_picture_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(images, "MAX_DECODING_SECONDS", 0.01)
    decoder = Decoder()
    with pytest.raises(DamagedImageError):
        decoder.clean(io.BytesIO(bomb("PNG")), len(bomb("PNG")))
    monkeypatch.undo()

    content = saved(photo(), "JPEG")
    assert decoder.clean(io.BytesIO(content), len(content)).ending == "jpg"
    decoder.end()


def test_a_child_is_replaced_after_some_pictures(monkeypatch):
    monkeypatch.setattr(images, "MAX_PICTURES", 2)
    decoder, content = Decoder(), saved(photo(), "JPEG")
    pids = []
    for _ in range(4):
        decoder.clean(io.BytesIO(content), len(content))
        pids.append(decoder.pid)

    assert pids[1] is None and pids[3] is None  # ended after the second of each
    assert pids[0] != pids[2]
    decoder.end()


def test_a_childs_memory_is_limited():
    """A decoder that requests more memory than a picture needs gets an error, and the child continues."""
    decoder, content = Decoder(), saved(photo(), "JPEG")
    decoder.clean(io.BytesIO(content), len(content))
    limits_of_child = Path(f"/proc/{decoder.pid}/limits").read_text()
    decoder.end()

    [line] = [line for line in limits_of_child.splitlines() if line.startswith("Max address space")]
    assert int(line.split()[3]) < 1200 * MIB


def test_pictures_of_several_requests_come_back_to_their_own():
    decoder = Decoder()
    contents = [saved(Image.new("L", (number + 1, 1), number), "PNG") for number in range(20)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda content: decoder.clean(io.BytesIO(content), len(content)), contents))
    decoder.end()

    assert [Image.open(io.BytesIO(each.content)).width for each in found] == list(range(1, 21))
