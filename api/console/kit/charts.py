"""Charts as SVG, drawn by the server: nothing to load, sharp at any size. A table beside each chart has the numbers."""

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

from api.console.kit.formatting import number

WIDTH, HEIGHT = 480, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 12, 28
WIDEST = 64


def columns(
    rows: Sequence[tuple[str, float]], label: str, *, every: int = 1, whole: bool = False, unit: str = ""
) -> Markup:
    """
    A bar for each (name, value); every *every*-th bar has its name below it.

    Args:
        label: What the chart shows, for screen readers; the page has the numbers in a table.
        whole: The values are counts, so the axis has whole numbers only.
        unit: Follows each number of the axis.
    """
    rows = [(name, float(value)) for name, value in rows]  # sums from the database are decimals
    maximum = max((value for _, value in rows), default=0) or 1
    top, ticks = _scale(maximum, whole=whole)
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    parts = [_grid(top, ticks, unit)]
    for index, (name, value) in enumerate(rows):
        width = min(step * 0.76, WIDEST)
        x, height = LEFT + index * step + (step - width) / 2, (HEIGHT - TOP - BOTTOM) * value / top
        parts.append(
            Markup(
                '<rect class="column" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}: {}</title></rect>'
            ).format(
                f"{x:.1f}",
                f"{HEIGHT - BOTTOM - height:.1f}",
                f"{width:.1f}",
                f"{height:.1f}",
                name,
                number(value, 1),
            )
        )
        if index % every == 0:
            parts.append(_name(x + width / 2, name))
    return _framed(parts, label)


def line(points: Sequence[float], names: Sequence[str], label: str, *, diagonal: bool = False) -> Markup:
    """
    A line through values of 0 to 100 per cent, evenly spaced; *names* are shown under the first, the middle and the
    last.

    Args:
        diagonal: Also draw the line of an even distribution.
    """
    inner = WIDTH - LEFT - RIGHT
    positions = [LEFT + inner * index / max(len(points) - 1, 1) for index in range(len(points))]
    heights = [TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / 100) for value in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(positions, heights, strict=True))
    parts = [_grid(100, 4, "%")]
    if diagonal:
        parts.append(Markup('<path class="even" d="M{} {}L{} {}"/>').format(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, TOP))
    area = f"{LEFT},{HEIGHT - BOTTOM} {path} {WIDTH - RIGHT},{HEIGHT - BOTTOM}"
    parts.append(Markup('<polygon class="area" points="{}"/><polyline class="line" points="{}"/>').format(area, path))
    for name, x in zip(names, (LEFT, LEFT + inner / 2, WIDTH - RIGHT), strict=True):
        parts.append(_name(x, name))
    return _framed(parts, label)


def steps(
    points: Sequence[tuple[datetime, float]], label: str, show: Callable[[float], str], until: datetime
) -> Markup:
    """
    A value that changes at certain moments and is constant between them, until *until*; the axis begins near the lowest
    value.

    Args:
        points: (moment, value), the earliest first; at least one.
        show: Formats a value for the axis.
    """
    values = [float(value) for _, value in points]
    low, high = min(values), max(values)
    room = (high - low) * 0.25 or high * 0.05 or 1
    low, high = max(0.0, low - room), high + room
    begin, whole = points[0][0], max((until - points[0][0]).total_seconds(), 1)
    right, left = WIDTH - RIGHT, LEFT + 34  # room for full prices at the axis

    def x_of(moment: datetime) -> float:
        return left + (right - left) * (moment - begin).total_seconds() / whole

    def y_of(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))

    parts = []
    for value in sorted({min(values), max(values)}):
        y = y_of(value)
        parts.append(
            Markup('<path class="grid" d="M{} {y}H{}"/><text class="tick end" x="{}" y="{t}">{}</text>').format(
                left, right, left - 6, show(value), y=f"{y:.1f}", t=f"{y + 3.5:.1f}"
            )
        )
    path = f"M{x_of(begin):.1f} {y_of(values[0]):.1f}" + "".join(
        f"H{x_of(moment):.1f}V{y_of(value):.1f}" for (moment, _), value in zip(points[1:], values[1:], strict=True)
    )
    path += f"H{right}"
    area = f"{path}V{HEIGHT - BOTTOM}H{left}Z"
    parts.append(Markup('<path class="area" d="{}"/><path class="line" d="{}"/>').format(area, path))
    parts += [
        Markup('<circle class="dot" cx="{}" cy="{}" r="3.5"><title>{}</title></circle>').format(
            f"{x_of(moment):.1f}", f"{y_of(value):.1f}", show(value)
        )
        for (moment, _), value in zip(points, values, strict=True)
    ]
    parts.append(_name(left, f"{begin:%d.%m.%y}", "start"))
    parts.append(_name(right, f"{until:%d.%m.%y}", "end"))
    return _framed(parts, label)


def _scale(maximum: float, *, whole: bool = False) -> tuple[float, int]:
    """
    A round end of the axis, and the number of its parts; with *whole*, each part ends at a whole number.

    >>> _scale(87), _scale(3), _scale(1)
    ((100.0, 4), (4.0, 4), (1.0, 4))
    >>> [_scale(count, whole=True) for count in (1, 2, 3, 5, 9, 14)]
    [(1.0, 1), (2.0, 2), (4.0, 4), (5.0, 5), (10.0, 5), (20.0, 4)]
    """
    top, ticks = _round_end(maximum)
    if whole and top % ticks:
        ticks = 5 if top % 5 == 0 else max(1, int(top))
    return top, ticks


def _round_end(maximum: float) -> tuple[float, int]:
    size = 1.0
    while size * 10 < maximum:
        size *= 10
    while size > maximum:
        size /= 10
    for factor in (1, 2, 4, 5, 8, 10):
        if factor * size >= maximum:
            return factor * size, 5 if factor == 5 else 4
    return 10 * size, 4


def _grid(top: float, ticks: int, unit: str = "") -> Markup:
    parts = []
    for tick in range(ticks + 1):
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * tick / ticks
        parts.append(
            Markup('<path class="grid" d="M{} {y}H{}"/><text class="tick end" x="{}" y="{t}">{}{}</text>').format(
                LEFT, WIDTH - RIGHT, LEFT - 6, number(top * tick / ticks, 1), unit, y=f"{y:.1f}", t=f"{y + 3.5:.1f}"
            )
        )
    return Markup("").join(parts)


def _name(x: float, name: str, anchor: str = "") -> Markup:
    anchor = anchor or ("end" if x > WIDTH - RIGHT - 12 else "middle")
    return Markup('<text class="tick {}" x="{}" y="{}">{}</text>').format(anchor, f"{x:.1f}", HEIGHT - 8, name)


def _framed(parts: list[Markup], label: str) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, label, Markup("").join(parts)
    )
