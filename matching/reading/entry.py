"""One entry of the grammar: the phrases of a kind, and examples of their reading, which serve as tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["both", "lead", "listing"]


@dataclass(frozen=True)
class Rule:
    """
    Phrases that state one value.

    Attributes:
        value: For a flag True or False; for a choice a word; for a number the stated fact, or a limit: ``{"max": 15}``.
        phrases: The phrases, in the notation of :mod:`matching.reading.phrases`.
        side: The side in whose texts the phrases have this meaning.
        needs: The marker that must be in the clause: «двор» is a view only together with «окна».
        only_denied: The words have this meaning only if they are denied: «не первый», but not «первый взнос».
    """

    value: Any
    phrases: str
    side: Side = "both"
    only_denied: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Entry:
    """
    The phrases of one kind.

    Attributes:
        kind: The name of a kind, or of a helper, whose name starts with "_".
        rules: The phrases that state a value without a number.
        subject: For a number: the phrases for the thing that the number counts.
        units: For a number: its possible units, "" for none.
        minimum, maximum: For a number: the range of plausible values; other numbers are about something else.
        plain_number: For a number: the meaning of «10» without «от» or «до»: ``min``, ``max`` or ``exact``.
        strict: For a number: «выше 3» means 4 if this is 1.
        hundredths: For a number: whether it is also stated in hundredths: «потолки 270».
        denied: For a number: the number that a denial means («без комиссии»: 0).
        refused: Leads refuse this far more often than they ask for it, so a refusal covers a whole list:
            «первый этаж, апартаменты не предлагать». A set of values if this is true only of some.
        worse: Values that a lead may accept, but does not ask for: «санузел совмещённый допустим».
        of_people: Leads use it for the people who will live there; a denial («без детей») then asks for nothing.
        silent_denial: A lead's denial asks for nothing, although it is not about people: «без ипотеки, наличные».
        hint: The words are about a part, so a denial states nothing about the whole: «кровати нет».
        lead, listing: Examples: a text and the value that it gives, None if it must give none.
    """

    kind: str
    rules: tuple[Rule, ...] = ()
    subject: str = ""
    units: tuple[str, ...] = ("",)
    minimum: float = 0.0
    maximum: float = 1e12
    plain_number: Literal["min", "max", "exact"] = "exact"
    strict: float = 0.0
    denied: float | None = None
    hundredths: bool = False
    refused: bool | frozenset[str] = False
    worse: frozenset[str] = frozenset()
    of_people: bool = False
    silent_denial: bool = False
    hint: bool = False
    lead: Mapping[str, Any] = field(default_factory=dict)
    listing: Mapping[str, Any] = field(default_factory=dict)


def yes(phrases: str, side: Side = "both") -> Rule:
    """Phrases that state that the flag is true."""
    return Rule(True, phrases, side)


def no(phrases: str, side: Side = "both") -> Rule:
    """Phrases that themselves state that the flag is false. «лифта нет» needs no such phrase, because «нет» denies."""
    return Rule(False, phrases, side)
