"""Markets by size, and signs of misspelt towns: an unknown town, a nearly empty market."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.core.enums import DealType
from models.market.sample_keys import is_sample_key
from models.market.towns.likeness import nearest_names
from models.market.towns.more_towns import MORE_TOWNS
from models.market.towns.spelling import normal
from models.rescoring.market_state import city_names
from models.rescoring.run_plan import live_markets

#: A market with fewer leads and properties together is called nearly empty.
NEARLY_EMPTY_ROWS = 5


@dataclass(frozen=True)
class MarketCount:
    """A market with its present numbers of leads and properties."""

    city_key: str
    #: The name of the town: the gazetteer's, or that of most of its rows.
    name: str
    deal_type: DealType
    leads: int
    properties: int

    @property
    def is_known(self) -> bool:
        """Whether the gazetteer, or our own table, has the town."""
        return self.city_key.startswith("geo:") or self.city_key.removeprefix("name:") in _own_towns()

    @property
    def is_nearly_empty(self) -> bool:
        return self.leads + self.properties < NEARLY_EMPTY_ROWS

    @property
    def needs_attention(self) -> bool:
        return not self.is_known or self.is_nearly_empty

    @property
    def nearest(self) -> tuple[str, ...]:
        """Names of known towns similar to an unknown one; none for a known town."""
        return () if self.is_known else nearest_names(self.city_key.removeprefix("name:"))


def market_counts(session: Session) -> list[MarketCount]:
    """All markets with rows, the largest first, without those of sample data."""
    names = city_names(session)
    return [
        MarketCount(key, names.get(key, key), deal_type, leads, properties)
        for key, deal_type, leads, properties in live_markets(session)
        if not is_sample_key(key)
    ]


def _own_towns() -> frozenset[str]:
    return frozenset(normal(name) for name, _, _ in MORE_TOWNS)
