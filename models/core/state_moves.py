"""State machines: a table beside each enumeration states the allowed moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from models.core.errors import ConflictError

State = TypeVar("State", bound=StrEnum)


@dataclass(eq=False)
class CannotBecomeError(ConflictError):
    """The thing's current state does not allow the wanted one."""

    code = "state.cannot_become"
    thing: str
    present: StrEnum
    wanted: StrEnum
    allowed: tuple[StrEnum, ...]


def check_move(thing: str, current: State, requested: State, moves: Mapping[State, frozenset[State]]) -> None:
    """Check that a *thing* may go from one state to another; staying in a state is always allowed.

    Raises:
        ConflictError: The move is not allowed; the message names those that are.
    """
    if requested == current or requested in moves[current]:
        return
    raise CannotBecomeError(thing=thing, present=current, wanted=requested, allowed=tuple(sorted(moves[current])))
