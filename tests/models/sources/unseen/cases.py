"""A file and the expected result of its import."""

from dataclasses import dataclass, field
from typing import Any

OFF = "off the market"


def refused(*fields: str) -> tuple[str, ...]:
    """An offer that is refused for these fields, in any order."""
    return fields


@dataclass(frozen=True)
class Case:
    """
    One file.

    `expected` has every offer by its id (without an id: `line N`): a dictionary of its fields, `OFF`, or the fields for
    which it is refused.
    """

    name: str
    data: bytes
    expected: dict[str, Any] = field(default_factory=dict)
    fails: str | None = None  #: The code of the fault for which the whole file is refused.
    kind: str | None = None
    ignored_fields: tuple[str, ...] | None = None  #: Tags or columns that the report must name, if given.
    guessed: tuple[str, ...] = ()  #: Fields that the report must name as guessed.
    city: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    of_leads: bool = False

    def __str__(self) -> str:
        return self.name


def counted(case):
    """The numbers of a report that follow from the expected result of each offer."""
    expected = list(case.expected.values())
    return {
        "offers": len(expected),
        "new": sum(isinstance(each, dict) for each in expected),
        "off_market": expected.count(OFF),
        "refused": sum(isinstance(each, tuple) for each in expected),
    }
