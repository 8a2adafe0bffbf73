"""Pictures of the demo's homes, generated from nothing but a seed: a house from outside, and a plan of the flat."""

import io
from random import Random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 480, 320
#: (sky, house, windows, ground) of a house at different times of the day.
_PALETTES = (
    ("#cfe4f2", "#b9a58c", "#5b7486", "#8aa37b"),
    ("#e9dcc9", "#8f7566", "#f0cf7a", "#7d8a6a"),
    ("#d8e0e6", "#a9b3b8", "#3f5566", "#94a48d"),
    ("#f3e6d8", "#c98d6b", "#54606b", "#88996e"),
    ("#27324a", "#4b556b", "#f3d98b", "#2f3d38"),
)
_PAPER, _WALL, _WINDOW, _DOOR = "#fbfaf6", "#2d3136", "#6aa0c8", "#c9a27a"
_ROOMS = ("#f1e6d2", "#e3ecdf", "#e0e8f0", "#f0e0de", "#e9e4f1", "#f4eecb")
#: (left, top, right, bottom), in pixels.
_Box = tuple[int, int, int, int]


def drawn_house(rng: Random, floors: int | None, *, low: bool = False) -> bytes:
    """A PNG of a house with this many floors, as far as they fit into the picture; *low*: with a roof."""
    sky, house, window, ground = rng.choice(_PALETTES)
    picture = Image.new("RGB", (WIDTH, HEIGHT), sky)
    draw = ImageDraw.Draw(picture)
    ground_at = HEIGHT - 50
    draw.rectangle((0, ground_at, WIDTH, HEIGHT), fill=ground)
    rows = min(max(floors or 9, 1), 16)
    columns = rng.randint(4, 6) if low else rng.randint(5, 9)
    step = min(34, (ground_at - 40) // (rows + 1))
    wide = columns * max(step, 22) + 20
    left = (WIDTH - wide) // 2 + rng.randint(-40, 40)
    top = ground_at - rows * step - 14
    draw.rectangle((left, top, left + wide, ground_at), fill=house)
    if low:
        draw.polygon([(left - 14, top), (left + wide + 14, top), (left + wide // 2, top - 46)], fill="#7a4a3c")
    for row in range(rows):
        for column in range(columns):
            x = left + 10 + column * (wide - 20) // columns
            y = top + 10 + row * step
            is_lit = rng.random() < 0.25
            draw.rectangle(
                (x + 3, y, x + (wide - 20) // columns - 4, y + step // 2), fill="#fff3c4" if is_lit else window
            )
    draw.rectangle((left + wide // 2 - 9, ground_at - 24, left + wide // 2 + 9, ground_at), fill="#4a3b31")
    for _ in range(rng.randint(3, 6)):
        x, size = rng.randint(10, WIDTH - 10), rng.randint(14, 30)
        draw.rectangle((x - 2, ground_at - 4, x + 2, ground_at + 16), fill="#5b4634")
        draw.ellipse(
            (x - size, ground_at - 2 * size, x + size, ground_at), fill=rng.choice(("#5f7f55", "#6f9163", "#4f6e4a"))
        )
    return _png(picture)


def drawn_plan(rng: Random, rooms: int | None) -> bytes:
    """A PNG of a plan: this many rooms, a kitchen and a bathroom in one rectangle."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    outside: _Box = (50, 40, WIDTH - 50, HEIGHT - 40)
    boxes = [outside]
    while len(boxes) < max(rooms or 1, 1) + 2:
        largest = max(boxes, key=_size)
        boxes.remove(largest)
        boxes += _cut(rng, largest)
    for number, box in enumerate(boxes):
        draw.rectangle(box, fill=_ROOMS[number % len(_ROOMS)], outline=_WALL, width=4)
    for left, top, right, bottom in boxes:
        across = (left + right) // 2
        if top == outside[1]:
            draw.line((across - 22, top + 1, across + 22, top + 1), fill=_WINDOW, width=5)
        elif bottom == outside[3]:
            draw.line((across - 22, bottom - 1, across + 22, bottom - 1), fill=_WINDOW, width=5)
        if left != outside[0]:
            middle = (top + bottom) // 2
            draw.line((left + 1, middle - 13, left + 1, middle + 13), fill=_DOOR, width=6)
        else:
            draw.line((across - 13, bottom - 1, across + 13, bottom - 1), fill=_DOOR, width=6)
    return _png(picture)


def _size(box: _Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _cut(rng: Random, box: _Box) -> list[_Box]:
    """The two parts of a box, divided across its longer side."""
    left, top, right, bottom = box
    share = rng.uniform(0.4, 0.6)
    if right - left >= bottom - top:
        middle = left + int((right - left) * share)
        return [(left, top, middle, bottom), (middle, top, right, bottom)]
    middle = top + int((bottom - top) * share)
    return [(left, top, right, middle), (left, middle, right, bottom)]


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.quantize(24, Image.Quantize.FASTOCTREE).save(out, "PNG")
    return out.getvalue()
