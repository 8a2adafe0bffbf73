"""Generations: everything that the lists of a market are computed with, as one value.

Lists of one market can be compared, and changed one entry at a time, only while all of them are computed with the same
text model, weights and exchange rates. The market's row states which ones. A worker's snapshot, a shard and a tile
carry the same value, and code that writes lists compares the two.
"""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from models.market.facts import Factors, parse_factors


@dataclass(frozen=True)
class Generation:
    """
    Everything that lists are computed with.

    A further ingredient needs a field here, a column in :class:`HasGeneration`, and its source in
    :func:`worker.market.generations.current_generation` and :func:`worker.market.generations.load_models`.
    """

    #: None: the empty text model, without any word.
    text_model_id: int | None = None
    #: None: the engine's default weights.
    weights_id: int | None = None
    #: Exchange rates into the market's currency, as :func:`models.market.facts.format_factors` writes them. None: not
    #: recorded (a row of an earlier release, or one not yet planned); such a generation equals no other.
    rates: str | None = None
    #: The model of closeness of the market's places. None: no place is near another.
    closeness_id: int | None = None
    #: The version of the engine's definition of a score. None: a release that did not record it.
    engine: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the rates are recorded, so that lists can be computed with it."""
        return self.rates is not None

    def factors(self) -> Factors:
        """
        Return the factor from each currency into the market's.

        >>> Generation(rates="RUB 1, USD 90").factors()["USD"]
        Decimal('90')
        """
        return parse_factors(self.rates or "")

    def is_older_than(self, other: "Generation") -> bool:
        """Return whether the text model of *other* was fitted later; ids of text models only increase."""
        return (self.text_model_id or 0) < (other.text_model_id or 0)


class HasGeneration:
    """The columns of a generation, for tables whose rows are computed with one."""

    text_model_id: Mapped[int | None] = mapped_column()
    weights_id: Mapped[int | None] = mapped_column()
    rates: Mapped[str | None] = mapped_column()
    closeness_id: Mapped[int | None] = mapped_column()
    engine: Mapped[int | None] = mapped_column()

    @property
    def generation(self) -> Generation:
        """The columns as one value."""
        return Generation(**{field.name: getattr(self, field.name) for field in fields(Generation)})

    @generation.setter
    def generation(self, generation: Generation) -> None:
        for field in fields(Generation):
            setattr(self, field.name, getattr(generation, field.name))

    @classmethod
    def generation_columns(cls) -> list[Any]:
        """The columns in the order of the fields of :class:`Generation`."""
        return [getattr(cls, field.name) for field in fields(Generation)]
