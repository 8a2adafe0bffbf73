"""One entry of the grammar: the phrases of a kind, and examples of how they are read, which are its tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["both", "lead", "listing"]


@dataclass(frozen=True)
class Says:
    """
    Phrases that say one thing.

    Attributes:
        value: Of a flag True or False; of a choice a word; of a number the fact told, or a limit: ``{"max": 15}``.
        phrases: In the notation of :mod:`matching.reading.phrases`.
        side: Whose text may say it so.
        needs: The marker that must stand in the clause: «двор» is a view only beside «окна».
        only_denied: The words say it only where they are denied: «не первый», but not «первый взнос».
    """

    value: Any
    phrases: str
    side: Side = "both"
    only_denied: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Entry:
    """
    How one kind is said.

    Attributes:
        kind: The name of a kind, or of a helper that starts with "_".
        says: What is said without a number.
        subject: Of a number: what names the thing that the number counts.
        units: Of a number: units that it may bear, "" for none.
        least, most: Of a number: what is believed; anything else is about something else.
        meant: Of a number: what «10» without «от» or «до» asks for: ``min``, ``max`` or ``exact``.
        strict: Of a number: «выше 3» means 4 where this is 1.
        hundredths: Of a number: it is said in hundredths too: «потолки 270».
        denied: Of a number: the number that a denial says («без комиссии»: 0).
        refused: Leads refuse this far more often than they ask for it, so a refusal reaches over a list:
            «первый этаж, апартаменты не предлагать». A set where this holds of some values only.
        worse: Values that a lead may accept, but does not ask for: «санузел совмещённый допустим».
        of_people: A lead says it of the people who will live there; a denial («без детей») then asks for nothing.
        silent_denial: A lead's denial asks for nothing, though it is not of people: «без ипотеки, наличные».
        hint: Its words speak of a part, so that a denial says nothing of the whole: «кровати нет».
        lead, listing: Examples: a text and the value it gives, None where it must give none.
    """

    kind: str
    says: tuple[Says, ...] = ()
    subject: str = ""
    units: tuple[str, ...] = ("",)
    least: float = 0.0
    most: float = 1e12
    meant: Literal["min", "max", "exact"] = "exact"
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


def yes(phrases: str, side: Side = "both") -> Says:
    """Phrases that say that it is so."""
    return Says(True, phrases, side)


def no(phrases: str, side: Side = "both") -> Says:
    """Phrases that say that it is not so, of themselves: «лифта нет» needs none, for «нет» denies."""
    return Says(False, phrases, side)
