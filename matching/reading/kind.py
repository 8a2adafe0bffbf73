"""One kind of wish and fact: its possible answers, and the evaluation of a wish for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from reprlib import repr as short_repr
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matching.errors import InvalidInputError

#: A JSON value: for a flag ``True``, for a number ``9.5`` (fact) or ``{"min": 9}`` (wish), for a choice ``"brick"`` or
#: ``["yard", "street"]`` (fact) or ``{"any_of": ["brick"]}`` (wish).
JsonValue = Any

Form = Literal["flag", "number", "choice"]

#: The largest limit of a wish, in any unit.
MAX_LIMIT = 1e15


@dataclass(frozen=True)
class Kind:
    """
    One kind of wish and fact.

    Attributes:
        name: snake_case, unique.
        group: floor, plan, house, outside, tenants, furnishing, deal or refusal.
        form: ``flag`` (yes or no), ``number``, or ``choice`` (one of a few words, or several where *many*).
        label: A description of the kind in a few words of English.
        unit: For a number: m2, m, min, percent, months, year, RUB, day (of the year); empty for a count.
        choices: For a choice: the words that answer it.
        many: Several choices may be true of one property at once; a fact is then a list, and may be empty.
        bins: For a number: the ascending lower edges of the answers. A fact is stored at this resolution and evaluated
            as the lower edge of its bin.
        tolerance: For a number: how far beyond the limit the value of a wish falls to 0, in the number's unit, or as a
            share of the limit if *relative*. Beyond that, the fact contradicts the wish.
        relative: Whether the tolerance is a share of the limit.
        period: For a cyclic number (a day of the year): its period. 0 otherwise.
        implied: A wish that applies as a must to every lead that states nothing of this kind, or None.
    """

    name: str
    group: str
    form: Form
    label: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    bins: tuple[float, ...] = ()
    tolerance: float = 0.0
    relative: bool = False
    period: float = 0.0
    implied: JsonValue = None

    @property
    def answers(self) -> int:
        """The number of possible answers: 2 for a flag, one per bin or choice, one per set of choices if *many*."""
        if self.form == "flag":
            return 2
        if self.form == "number":
            return len(self.bins)
        return 2 ** len(self.choices) if self.many else len(self.choices)

    def answer_of(self, fact: JsonValue) -> int:
        """
        The number of the answer that *fact* gives, 0 to ``answers - 1``.

        The answers of a flag are 0 for no and 1 for yes; if *many*, bit *i* stands for choice *i*.

        Raises:
            InvalidInputError: The value is not valid for this kind.

        >>> from matching.reading.kinds import KIND_OF
        >>> KIND_OF["material"].answer_of(["brick", "monolith"]), KIND_OF["balcony"].answer_of(True)
        (3, 1)
        """
        if self.form == "flag" and isinstance(fact, bool):
            return int(fact)
        if self.form == "number" and isinstance(fact, int | float) and not isinstance(fact, bool) and not isnan(fact):
            return max(0, int(np.searchsorted(self.bins, fact, side="right")) - 1)
        if self.form == "choice":
            chosen = [fact] if isinstance(fact, str) else fact
            if isinstance(chosen, Sequence) and all(word in self.choices for word in chosen):
                indexes = [self.choices.index(word) for word in chosen]
                if self.many:
                    return sum({1 << index for index in indexes})
                if len(indexes) == 1:
                    return indexes[0]
        raise InvalidInputError(f"{short_repr(fact)} is no fact of the kind {self.name}")

    def judge(self, wish: JsonValue) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """
        How well each answer meets *wish*.

        A number within the limits has the value 1. Outside, the value falls linearly and reaches 0 at the tolerance;
        from there on the answer contradicts. A larger distance never has a higher value. A flag or a choice has the
        value 1 or contradicts.

        Returns:
            (answers,) float64, 0 to 1, and (answers,) bool, True where the answer contradicts the wish.
        Raises:
            InvalidInputError: The value is not a valid wish of this kind.

        >>> from matching.reading.kinds import KIND_OF
        >>> value, contradicts = KIND_OF["ceiling_height"].judge({"min": 3})
        >>> [round(float(value[KIND_OF["ceiling_height"].answer_of(m)]), 2) for m in (2.7, 2.95, 3.0, 3.4)]
        [0.0, 0.5, 1.0, 1.0]
        """
        if self.form == "flag":
            if not isinstance(wish, bool):
                raise self._refusal(wish)
            met = np.array([not wish, wish])
            return met.astype(np.float64), ~met
        if not isinstance(wish, Mapping):
            raise self._refusal(wish)
        if self.form == "number":
            return self._judge_number(wish)
        return self._judge_choice(wish)

    def _judge_number(self, wish: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        limits = {side: wish[side] for side in ("min", "max") if wish.get(side) is not None}
        if not limits or set(wish) - {"min", "max"} or not all(map(_is_amount, limits.values())):
            raise self._refusal(wish)
        numbers = np.array(self.bins)
        past = np.zeros(len(numbers))
        for side, limit in limits.items():
            beyond = limit - numbers if side == "min" else numbers - limit
            if side == "min":  # a bin that contains the limit may contain values that meet it, so it meets it
                beyond[(numbers <= limit) & (limit < np.append(numbers[1:], np.inf))] = 0.0
            if self.period:  # in December, "from January on" is in the future; bin 0 is "at once" and always meets
                beyond = (beyond + self.period / 2) % self.period - self.period / 2
                if limit == 0:  # wanted at once: without today's date, no date is known to be near
                    beyond[:] = self.tolerance / 2
                beyond[0] = 0.0
            tolerance = self.tolerance * abs(limit) if self.relative else self.tolerance
            past = np.maximum(past, beyond / max(tolerance, 1e-9))
        value = np.clip(1 - np.round(past, 9), 0, 1)
        return value, value <= 0

    def _judge_choice(self, wish: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        if len(wish) != 1 or not set(wish) <= {"any_of", "none_of"}:
            raise self._refusal(wish)
        [(how, words)] = wish.items()
        if not isinstance(words, Sequence) or isinstance(words, str) or not all(word in self.choices for word in words):
            raise self._refusal(wish)
        indexes = [self.choices.index(word) for word in words]
        answers = np.arange(self.answers)
        has = np.isin(answers, indexes) if not self.many else (answers & sum(1 << index for index in indexes)) > 0
        met = has if how == "any_of" else ~has
        return met.astype(np.float64), ~met

    def _refusal(self, wish: JsonValue) -> InvalidInputError:
        return InvalidInputError(f"{short_repr(wish)} is no wish of the kind {self.name}")


def _is_amount(value: JsonValue) -> bool:
    """Whether a limit is a valid number: not NaN, and not beyond :data:`MAX_LIMIT`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_LIMIT
