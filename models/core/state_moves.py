"""Moving between states: which moves make sense stands in a table beside each enumeration."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from models.core.errors import ConflictError

State = TypeVar("State", bound=StrEnum)


@dataclass(eq=False)
class CannotBecomeError(ConflictError):
    """A thing cannot go from the state that it is in to the one that is wanted."""

    code = "state.cannot_become"
    thing: str
    present: StrEnum
    wanted: StrEnum
    allowed: tuple[StrEnum, ...]


def check_move(thing: str, present: State, wanted: State, moves: Mapping[State, frozenset[State]]) -> None:
    """
    Let a *thing* go from one state to another; staying where one is is always allowed.

    Raises:
        ConflictError: The move makes no sense; the message names those that do.
    """
    if wanted == present or wanted in moves[present]:
        return
    raise CannotBecomeError(thing=thing, present=present, wanted=wanted, allowed=tuple(sorted(moves[present])))
