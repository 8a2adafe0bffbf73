"""What a file is and what an import of it must come to."""

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

    `expected` names every offer by its id (an offer without one: `line N`): a dictionary of what it must hold, `OFF`,
    or the fields that it is refused for.
    """

    name: str
    data: bytes
    expected: dict[str, Any] = field(default_factory=dict)
    fails: str | None = None  #: The code of the fault for which the file as a whole is not taken.
    kind: str | None = None
    passed_over: tuple[str, ...] | None = None  #: Tags or columns that the report must name, if told.
    guessed: tuple[str, ...] = ()  #: Fields that the report must name as guessed.
    city: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    of_leads: bool = False

    def __str__(self) -> str:
        return self.name


def counted(case):
    """The numbers of a report, by what each offer must come to."""
    told = list(case.expected.values())
    return {
        "offers": len(told),
        "new": sum(isinstance(each, dict) for each in told),
        "off_market": told.count(OFF),
        "refused": sum(isinstance(each, tuple) for each in told),
    }
