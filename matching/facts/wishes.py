"""The wishes of a market's leads, each evaluated once for every answer that a property can give.

A wish is (kind, value, strength), as in :mod:`matching.reading.kinds`. A property answers a kind with one of a few
whole numbers, or states nothing. Leads have codes of wishes; the table has the value of each answer of the wish's kind.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError
from matching.reading.kinds import KIND_OF, KINDS, JsonValue

#: The strength of a wish. A property that is known to contradict a *must* is not offered; one that contradicts a *wish*
#: ranks below all that contradict none; a *soft* wish only earns its points or does not.
STRENGTHS = ("must", "wish", "soft")
#: The size of a wish of each strength, as a multiple of the weight ``wish``.
SIZES = {"must": 1.0, "wish": 1.0, "soft": 0.5}

#: The answer of a property that states nothing.
NOT_STATED = -1

KIND_CODES = {kind.name: code for code, kind in enumerate(KINDS)}
#: Kinds with an implied refusal: a must that applies to every lead that states nothing about the kind.
IMPLIED_KINDS = tuple(code for code, kind in enumerate(KINDS) if kind.implied is not None)


class Wish(NamedTuple):
    """One wish as the engine's input; any sequence of these three values is accepted as well."""

    kind: str
    value: JsonValue
    strength: str = "wish"


@dataclass(frozen=True)
class WishArrays:
    """
    n distinct wishes. The value of answer *a* of the kind of wish *w* is ``values[first[w] + a]``; the same item of
    *contradicts* states whether it contradicts the wish.
    """

    kind: NDArray[np.int64]
    #: 0, 1, 2: an index in STRENGTHS.
    strength: NDArray[np.int8]
    size: NDArray[np.float64]
    #: An order of the wishes that is the same in every table, unlike that of their codes.
    rank: NDArray[np.int64]
    first: NDArray[np.int64]
    values: NDArray[np.float64]
    contradicts: NDArray[np.bool_]


class WishTable:
    """Distinct wishes as codes 0, 1, 2, ... in the order of first occurrence; codes never change."""

    def __init__(self) -> None:
        self._code_of: dict[tuple[str, object, str], int] = {}
        self._arrays: WishArrays | None = None

    def __len__(self) -> int:
        return len(self._code_of)

    def codes(self, wishes: Iterable[Wish | tuple[str, JsonValue, str]]) -> list[int]:
        """
        The codes of one lead's wishes, ascending, without duplicates.

        Raises:
            InvalidInputError: A kind or a strength is unknown, or a value is not valid for its kind.
        """
        kept = set()
        for kind, value, strength in wishes:
            key = (kind, frozen(value), strength)
            code = self._code_of.get(key)
            if code is None:
                _judged(*key)  # raises for invalid wishes, before they get a code
                code = self._code_of[key] = len(self._code_of)
            kept.add(code)
        return sorted(kept)

    def wish(self, code: int) -> Wish:
        """The wish with this code."""
        kind, value, strength = list(self._code_of)[code]
        return Wish(kind, thawed(value), strength)

    def arrays(self) -> WishArrays:
        """All wishes so far."""
        if self._arrays is None or len(self._arrays.kind) != len(self._code_of):
            keys = list(self._code_of)
            judged = [_judged(*key) for key in keys]
            lengths = [len(values) for values, _ in judged]
            self._arrays = WishArrays(
                kind=np.array([KIND_CODES[kind] for kind, _, _ in keys], np.int64),
                strength=np.array([STRENGTHS.index(strength) for _, _, strength in keys], np.int8),
                size=np.array([SIZES[strength] for _, _, strength in keys]),
                rank=_ranks(keys),
                first=np.cumsum([0, *lengths])[:-1].astype(np.int64),
                values=np.concatenate([np.zeros(0), *(values for values, _ in judged)]),
                contradicts=np.concatenate([np.zeros(0, bool), *(contradicts for _, contradicts in judged)]),
            )
        return self._arrays


def _ranks(keys: Sequence[tuple[str, object, str]]) -> NDArray[np.int64]:
    ranks = np.zeros(len(keys), np.int64)
    in_order = sorted(range(len(keys)), key=lambda code: (keys[code][0], keys[code][2], repr(keys[code][1])))
    ranks[in_order] = np.arange(len(keys))
    return ranks


def answer_table(rows: Sequence[Mapping[str, JsonValue]]) -> NDArray[np.int8]:
    """
    The answers in the facts of each row, int8 (rows, kinds) in the order of KINDS; NOT_STATED where nothing is stated.

    Raises:
        InvalidInputError: A kind is unknown, or a value is not valid for its kind.
    """
    table = np.full((len(rows), len(KINDS)), NOT_STATED, np.int8)
    cells: list[int] = []
    answers: list[int] = []
    for first, facts in zip(range(0, table.size, len(KINDS)), rows, strict=True):
        for kind, value in facts.items():
            cells.append(first + _kind_code(kind))
            answers.append(answer_of(kind, value))
    table.ravel()[cells] = answers
    return table


def answer_of(kind: str, value: JsonValue) -> int:
    """
    The answer of a fact of *kind*, 0 or more. Values repeat, so results are cached.

    Raises:
        InvalidInputError: The value is not valid for the kind.
    """
    try:
        # A list is not hashable, so the cache needs a tuple; lists in facts contain words.
        return _answer(kind, tuple(value) if isinstance(value, list) else value)
    except TypeError:  # other unhashable JSON values, which are not facts
        return KIND_OF[kind].answer_of(value)


def implied_contradictions(answers: NDArray[np.int8]) -> NDArray[np.bool_]:
    """
    Whether each property contradicts what each of IMPLIED_KINDS implies: (P, kinds) answers to (P, implied kinds).
    """
    columns = []
    for code in IMPLIED_KINDS:
        _, contradicts = KINDS[code].judge(KINDS[code].implied)
        given = answers[:, code]
        columns.append(contradicts[given] & (given != NOT_STATED))
    return np.stack(columns, axis=1)


def _kind_code(kind: str) -> int:
    if kind not in KIND_CODES:
        raise InvalidInputError(f"there is no kind of wish {kind!r}")
    return KIND_CODES[kind]


# Typed, because True must be distinguished from 1.
@lru_cache(maxsize=100_000, typed=True)
def _answer(kind: str, value: Hashable) -> int:
    return KIND_OF[kind].answer_of(value)


@lru_cache(maxsize=20_000)
def _judged(kind: str, value: Any, strength: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    _kind_code(kind)
    if strength not in STRENGTHS:
        raise InvalidInputError(f"a wish is {', '.join(STRENGTHS)}, not {strength!r}")
    return KIND_OF[kind].judge(thawed(value))


def frozen(value: JsonValue) -> Any:
    """A hashable form of a JSON value: lists as tuples, dictionaries as a tuple of a mark and pairs. True is not 1."""
    if isinstance(value, bool):
        return "!", value
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return "[]", *(frozen(each) for each in value)
    if isinstance(value, Mapping):
        return "{}", *((key, frozen(value[key])) for key in sorted(value))
    return value


def thawed(value: Any) -> JsonValue:
    """The JSON value of which :func:`frozen` made a hashable form."""
    if not isinstance(value, tuple):
        return value
    mark, *parts = value
    if mark == "!":
        return parts[0]
    return {key: thawed(each) for key, each in parts} if mark == "{}" else [thawed(each) for each in parts]
