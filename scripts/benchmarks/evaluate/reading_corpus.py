"""The corpora of texts with their expected readings, and the comparison of readings."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matching.reading.kind import JsonValue
from matching.reading.kinds import KIND_OF

#: The corpora are tests too: ``tests/matching/reading`` holds them and a measure of them.
FOLDER = Path(__file__).parents[3] / "tests" / "matching" / "reading"

#: A reading to compare: kind, value with lists sorted, strength ("" of a fact).
Reading = tuple[str, str, str]


@dataclass(frozen=True)
class Case:
    """One text with its expected readings."""

    text: str
    readings: frozenset[Reading]


def cases(name: str) -> list[Case]:
    """The cases of the file *name*, a line each; «\\n» in a text is the end of a line."""
    return [
        Case(text.strip().replace("\\n", "\n"), frozenset(readings_of(readings.strip(), name == "leads.txt")))
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
        for text, _, readings in [line.rpartition(" = ")]
    ]


def readings_of(written: str, lead: bool) -> Iterator[Reading]:
    """The readings as the corpus of leads, or that of listings, writes them: «kitchen_area=9.. balcony=yes!»."""
    for part in [] if written == "-" else written.split():
        name, _, value_text = part.partition("=")
        strength = "wish"
        kind = KIND_OF[name]
        if kind.form == "choice" and lead:
            yield from _choices(name, value_text)
            continue
        if value_text[-1] in "!~":
            strength, value_text = {"!": "must", "~": "soft"}[value_text[-1]], value_text[:-1]
        value: JsonValue
        if kind.form == "flag":
            value = value_text == "yes"
        elif kind.form == "number" and lead:
            low, _, high = value_text.partition("..")
            value = {side: float(limit) for side, limit in (("min", low), ("max", high)) if limit}
        elif kind.form == "number":
            value = float(value_text)
        else:
            value = [] if value_text == "none" else value_text.split("/")
        yield name, shown(name, value), strength if lead else ""


def _choices(name: str, value_text: str) -> Iterator[Reading]:
    """«brick/wood~/-panel!»: any of the first two, softly, and none of the third, strictly."""
    wanted: dict[str, list[str]] = {"any_of": [], "none_of": []}
    strength = {"any_of": "wish", "none_of": "wish"}
    for word in value_text.split("/"):
        side = "none_of" if word.startswith("-") or wanted["none_of"] else "any_of"
        if word[-1] in "!~":
            strength[side], word = {"!": "must", "~": "soft"}[word[-1]], word[:-1]
        wanted[side].append(word.lstrip("-"))
    for side, words in wanted.items():
        if words:
            yield name, shown(name, {side: words}), strength[side]


def shown(kind: str, value: JsonValue) -> str:
    """A value as text, equal for values that mean the same.

    >>> shown("material", {"any_of": ["wood", "brick"]}) == shown("material", {"any_of": ["brick", "wood"]})
    True
    """
    if isinstance(value, dict):
        return str(
            {key: sorted(part) if isinstance(part, list) else float(part) for key, part in sorted(value.items())}
        )
    if isinstance(value, list):
        return str(sorted(value))
    if KIND_OF[kind].form == "choice":
        return str([value])
    return str(value if isinstance(value, bool) else float(value))
