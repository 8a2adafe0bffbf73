"""Moving between states: which moves make sense stands in a table beside each enumeration."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from models.core.errors import ConflictError

State = TypeVar("State", bound=StrEnum)


def check_move(thing: str, present: State, wanted: State, moves: Mapping[State, frozenset[State]]) -> None:
    """
    Let a *thing* go from one state to another; staying where one is is always allowed.

    Raises:
        ConflictError: The move makes no sense; the message names those that do.
    """
    if wanted == present or wanted in moves[present]:
        return
    allowed = ", ".join(sorted(moves[present]))
    raise ConflictError(f"A {thing} that is {present} cannot become {wanted}; it can become: {allowed}.")
