"""Sets of changed leads and properties of one market."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.core.enums import Side
from models.market.unscorable import Failure


@dataclass(frozen=True)
class ChangeSet:
    """Ids of the leads and of the properties that have been changed, added or removed."""

    leads: frozenset[int] = frozenset()
    properties: frozenset[int] = frozenset()

    @classmethod
    def of(cls, side: Side, ids: Iterable[int]) -> "ChangeSet":
        """Entities of one side."""
        return cls(leads=frozenset(ids)) if side is Side.LEAD else cls(properties=frozenset(ids))

    @classmethod
    def both(cls, leads: Iterable[int], properties: Iterable[int]) -> "ChangeSet":
        """Entities of both sides."""
        return cls(frozenset(leads), frozenset(properties))

    @classmethod
    def of_failures(cls, failures: Iterable[Failure]) -> "ChangeSet":
        """The entities that failed."""
        failures = list(failures)
        leads, properties = ([f.entity_id for f in failures if f.side is side] for side in (Side.LEAD, Side.PROPERTY))
        return cls.both(leads, properties)

    def ids(self, side: Side) -> frozenset[int]:
        """The ids of one side."""
        return self.leads if side is Side.LEAD else self.properties

    def split(self, size: int) -> Iterator["ChangeSet"]:
        """
        Parts of at most *size* entities of one side, leads first, by ascending id.

        >>> [sorted(part.leads or part.properties) for part in ChangeSet.both([1, 2, 3], [7]).split(2)]
        [[1, 2], [3], [7]]
        """
        for side in (Side.LEAD, Side.PROPERTY):
            ids = sorted(self.ids(side))
            for first in range(0, len(ids), size):
                yield ChangeSet.of(side, ids[first : first + size])

    def __len__(self) -> int:
        return len(self.leads) + len(self.properties)

    def __or__(self, other: "ChangeSet") -> "ChangeSet":
        return ChangeSet(self.leads | other.leads, self.properties | other.properties)

    def __sub__(self, other: "ChangeSet") -> "ChangeSet":
        return ChangeSet(self.leads - other.leads, self.properties - other.properties)
