"""
Publicly known districts and stations of large cities, from the text files in `tables/`.

To add a place, write its name into the file; to add a town, write «town: NAME» and its lists. Names stand between
commas, as people there write them; "#" begins a comment. An asterisk after a name means that the name alone is a town
of its own: «Котельники» is one, «м. Котельники» is Moscow's station.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from models.market.towns.reading import read_town

_TABLES = Path(__file__).parent / "tables"
_NAMES = re.compile(r"[^,\n]+")


class KnownPart(NamedTuple):
    """
    One district or station.

    `kind` is "districts" or "stations", as in the files; `is_town` says that its name alone is a town of its own.
    """

    town_key: str
    kind: str
    name: str
    is_town: bool


@cache
def known_parts() -> tuple[KnownPart, ...]:
    """All districts and stations of the tables, those of one town and kind in the order of the file."""
    parts = []
    town_key = ""
    for label, value in _labels():
        if label == "town":
            town_key = read_town(value.strip()).key
        elif label != "everywhere":
            parts += [KnownPart(town_key, label, name.rstrip("*"), name.endswith("*")) for name in _names_in(value)]
    return tuple(parts)


@cache
def names_everywhere() -> tuple[str, ...]:
    """Names that many towns have, so that alone they do not show which town is meant: «Центральный», «Парк Победы»."""
    return tuple(name for label, value in _labels() if label == "everywhere" for name in _names_in(value))


def _labels() -> Iterator[tuple[str, str]]:
    """Each label of the files with the text up to the next one."""
    for path in sorted(_TABLES.glob("*.txt")):
        lines = [line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        pieces = re.split(r"^(town|districts|stations|everywhere):", "\n".join(lines), flags=re.MULTILINE)
        yield from zip(pieces[1::2], pieces[2::2], strict=True)


def _names_in(value: str) -> Iterator[str]:
    return filter(None, (name.strip() for name in _NAMES.findall(value)))
