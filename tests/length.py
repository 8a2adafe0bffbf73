"""How many random histories, markets and texts are tried: a few by `make test`, many by `make test-at-length`."""

import os
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")

AT_LENGTH = bool(os.environ.get("AT_LENGTH"))


def examples(few: int, many: int) -> int:
    """*few*, or *many* where the tests run at length."""
    return many if AT_LENGTH else few


def dealt(cases: Sequence[Case], turn: int, few: int) -> Sequence[Case]:
    """
    *few* of the cases in turn *turn*, other ones in the next, so that all have theirs; at length all in each turn.

    It is for cases that one function decides for all places where they are tried: each place must ask it, and it must
    know each case.
    """
    if AT_LENGTH:
        return cases
    return [cases[(turn * few + number) % len(cases)] for number in range(few)]
