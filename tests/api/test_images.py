"""
All common pictures are shown correctly: colours, depths, orientations, animations, and truncated files.

test_image_limits.py tests the cost of the worst ones.
"""

import io
import random

import pytest
from PIL import Image, ImageCms

from models.platform import image_decoder
from models.platform.images import DamagedImageError, NotAnImageError, clean_image
from tests.api.pictures import cleaned, is_close, photo, saved

# -- Modes and depths --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (255, 0), (256, 1), (32_768, 128), (51_400, 200), (65_535, 255)])
def test_grey_of_sixteen_bits_keeps_its_shades(value, grey):
    image = cleaned(saved(Image.new("I;16", (5, 5), value), "PNG"))

    assert (image.mode, image.getpixel((2, 2))) == ("L", grey)


@pytest.mark.parametrize("value", [700, 40_000])
def test_the_see_through_shade_of_sixteen_bits_stays_see_through(value):
    picture = Image.new("I;16", (4, 1), 20_000)
    picture.putpixel((1, 0), value)
    image = cleaned(saved(picture, "PNG", transparency=value))

    assert [image.getpixel((x, 0))[3] for x in range(4)] == [255, 0, 255, 255]
    assert image.getpixel((0, 0))[:3] == (78, 78, 78)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_the_see_through_colour_of_a_picture_stays_see_through(mode):
    picture = Image.new(mode, (4, 1), 0)
    if mode == "P":
        picture.putpalette(bytes(range(256)) * 3)
    picture.putpixel((1, 0), {"1": 1, "L": 90, "P": 9, "RGB": (9, 9, 9)}[mode])
    transparency = {"1": 255, "L": 90, "P": 9, "RGB": (9, 9, 9)}[mode]
    image = cleaned(saved(picture, "PNG", transparency=transparency))

    assert image.mode == "RGBA"
    assert [image.getpixel((x, 0))[3] for x in range(4)] == [255, 0, 255, 255]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (5000, 2)])
def test_pictures_of_every_mode_and_shape_come_through(mode, size):
    image = cleaned(saved(Image.new(mode, size, 1), "PNG"))

    assert image.size == (min(size[0], 4096), max(1, round(size[1] * min(1, 4096 / size[0]))))
    assert image.mode == {"LA": "RGBA", "RGBA": "RGBA", "RGB": "RGB", "P": "RGB"}.get(mode, "L")


def test_the_edges_of_what_is_see_through_keep_their_colour_when_a_picture_shrinks():
    picture = Image.new("RGBA", (8192, 8), (0, 255, 0, 0))
    picture.paste((255, 0, 0, 255), (4099, 0, 8192, 8))
    image = cleaned(saved(picture, "PNG"))

    seen = [image.getpixel((x, 1)) for x in range(2040, 2060)]
    assert all(red > 200 and green < 60 for red, green, _, alpha in seen if alpha > 20)


# -- Colours -----------------------------------------------------------------------------------------------------------


def profile_of(primaries, gamma=2.2) -> bytes:
    """An ICC profile of RGB with these primaries (xy of red, green, blue under D65) and a gamma, built from bytes."""
    from struct import pack

    def fixed(value: float) -> bytes:
        return pack(">i", round(value * 65536))

    def xyz(x: float, y: float) -> tuple[float, float, float]:
        return x / y, 1.0, (1 - x - y) / y

    def solve(columns, target):
        (a, b, c) = columns
        det = lambda p, q, r: (
            p[0] * (q[1] * r[2] - q[2] * r[1]) - q[0] * (p[1] * r[2] - p[2] * r[1]) + r[0] * (p[1] * q[2] - p[2] * q[1])
        )
        whole = det(a, b, c)
        return det(target, b, c) / whole, det(a, target, c) / whole, det(a, b, target) / whole

    bradford = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
    inverse = (
        (0.9869929, -0.1470543, 0.1599627),
        (0.4323053, 0.5183603, 0.0492912),
        (-0.0085287, 0.0400428, 0.9684867),
    )
    apply = lambda matrix, v: tuple(sum(m * x for m, x in zip(row, v, strict=True)) for row in matrix)
    white, d50 = xyz(0.3127, 0.3290), (0.9642, 1.0, 0.8249)
    scale = [b / a for a, b in zip(apply(bradford, white), apply(bradford, d50), strict=True)]
    columns = [xyz(*each) for each in primaries]
    sums = solve(columns, white)
    colorants = []
    for column, amount in zip(columns, sums, strict=True):
        cone = [value * s for value, s in zip(apply(bradford, [amount * v for v in column]), scale, strict=True)]
        colorants.append(apply(inverse, cone))
    tags = {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(fixed, d50))}
    tags |= {
        name: b"XYZ \0\0\0\0" + b"".join(map(fixed, each))
        for name, each in zip((b"rXYZ", b"gXYZ", b"bXYZ"), colorants, strict=True)
    }
    curve = b"curv\0\0\0\0" + pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    text = b"made for a test\0"
    tags[b"desc"] = b"desc\0\0\0\0" + pack(">I", len(text)) + text + bytes(78 + (-len(text)) % 4)
    tags[b"cprt"] = b"text\0\0\0\0none\0\0\0\0"
    table, body = pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + pack(">II", start + len(body), len(content))
        body += content
    size = start + len(body)
    head = pack(">I4sI4s4s4s", size, b"test", 0x02400000, b"mntr", b"RGB ", b"XYZ ") + bytes(12) + b"acsp" + bytes(28)
    head += b"".join(map(fixed, d50)) + bytes(128 - 80)
    return head + table + body


DISPLAY_P3 = profile_of([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)])
ADOBE_RGB = profile_of([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)])


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize(
    ("profile", "colour", "in_srgb"),
    [
        (DISPLAY_P3, (200, 100, 60), (214, 96, 48)),  # by the matrices of both spaces, to a few steps
        (ADOBE_RGB, (120, 180, 120), (80, 182, 117)),
        (DISPLAY_P3, (128, 128, 128), (128, 128, 128)),
    ],
    ids=["Display P3", "Adobe RGB", "grey"],
)
def test_colours_of_a_wide_profile_are_shown_as_they_were_meant(format_, profile, colour, in_srgb):
    image = cleaned(saved(Image.new("RGB", (64, 64), colour), format_, icc_profile=profile, quality=95))

    assert is_close(image.getpixel((32, 32)), in_srgb, maximum=8)
    assert "icc_profile" not in image.info


@pytest.mark.parametrize(
    ("primaries", "transfer", "in_srgb"),
    [
        (12, 13, (214, 96, 48)),
        (9, 13, (241, 76, 46)),  # by the matrices of BT.2087
        (12, 1, (214, 96, 48)),
        (1, 13, (200, 100, 60)),
        (2, 2, (200, 100, 60)),
        (9, 16, (200, 100, 60)),
    ],
    ids=["Display P3", "BT.2020", "P3 of television", "sRGB", "unknown", "PQ, which no profile makes right"],
)
def test_colours_that_a_heic_declares_by_numbers_are_shown_correctly(primaries, transfer, in_srgb):
    colours = {"color_primaries": primaries, "transfer_characteristics": transfer, "matrix_coefficients": 6}
    image = cleaned(saved(Image.new("RGB", (64, 64), (200, 100, 60)), "HEIF", quality=95, full_range_flag=1, **colours))

    assert is_close(image.getpixel((32, 32)), in_srgb, maximum=8)


def test_transparency_is_kept_with_any_colour_profile():
    picture = Image.new("RGBA", (8, 8), (200, 100, 60, 77))
    image = cleaned(saved(picture, "PNG", icc_profile=DISPLAY_P3))

    assert image.getpixel((4, 4))[3] == 77
    assert is_close(image.getpixel((4, 4))[:3], (214, 96, 48), maximum=8)


@pytest.mark.parametrize("profile", [b"no profile", DISPLAY_P3[:200], b"\0" * 400], ids=["text", "cut", "zeros"])
def test_a_profile_that_nobody_can_read_says_nothing(profile):
    image = cleaned(saved(Image.new("RGB", (8, 8), (200, 100, 60)), "PNG", icc_profile=profile))

    assert image.getpixel((4, 4)) == (200, 100, 60)


def test_a_profile_of_colours_on_a_grey_picture_says_nothing():
    assert cleaned(saved(Image.new("L", (8, 8), 90), "PNG", icc_profile=DISPLAY_P3)).getpixel((4, 4)) == 90


def test_print_colours_become_screen_colours():
    image = cleaned(saved(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "JPEG"))

    assert image.mode == "RGB" and is_close(image.getpixel((8, 8)), (255, 255, 255))


def test_srgb_that_says_so_is_left_alone():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = cleaned(saved(Image.new("RGB", (8, 8), (200, 100, 60)), "PNG", icc_profile=profile))

    assert is_close(image.getpixel((4, 4)), (200, 100, 60), maximum=1)


# -- HEIC, orientations, animations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_upright_whichever_way_the_camera_was_held(format_, orientation):
    """The picture has a red corner at the top left; stored rotated, as by a camera, it comes back upright."""
    upright = Image.new("RGB", (48, 32), "white")
    upright.paste("red", (0, 0, 16, 16))
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    turn = image_decoder.TURNS.get(undo)
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation

    found = cleaned(saved(stored, format_, exif=exif.tobytes(), quality=95)).convert("RGB")
    assert found.size == (48, 32)
    assert is_close(found.getpixel((4, 4)), (255, 0, 0), maximum=40)
    assert is_close(found.getpixel((44, 28)), (255, 255, 255), maximum=20)


def test_a_heic_becomes_a_jpeg_and_one_that_is_see_through_a_png():
    assert clean_image(io.BytesIO(saved(photo(), "HEIF"))).content_type == "image/jpeg"
    assert clean_image(io.BytesIO(saved(photo("RGBA"), "HEIF"))).content_type == "image/png"


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "HEIF"])
def test_of_an_animation_the_first_frame_stays(format_):
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "lime", "blue")]
    image = cleaned(saved(frames[0], format_, save_all=True, append_images=frames[1:], quality=95))

    assert getattr(image, "n_frames", 1) == 1
    assert is_close(image.convert("RGB").getpixel((16, 16)), (255, 0, 0), maximum=8)


# -- Truncations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_whose_last_bytes_are_missing_is_whole(missing, progressive):
    content = saved(photo(size=(320, 240)), "JPEG", quality=90, progressive=progressive)

    whole, cut = cleaned(content), cleaned(content[:-missing])
    assert whole.tobytes() == cut.tobytes()


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_picture_that_lacks_a_part_is_damaged(format_, kept):
    noise = Image.frombytes("RGB", (320, 240), random.Random(1).randbytes(320 * 240 * 3))
    content = saved(noise, format_, quality=90)

    with pytest.raises((DamagedImageError, NotAnImageError)):
        clean_image(io.BytesIO(content[: int(len(content) * kept)]))


def test_bytes_behind_the_end_do_not_matter():
    content = saved(photo(), "JPEG")

    assert cleaned(content + b"more").tobytes() == cleaned(content).tobytes()
