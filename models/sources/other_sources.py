"""Homes that the owner of a source already offers through other sources: they are not imported twice.

The rule is that of :mod:`models.market.duplicates`: short texts cannot distinguish two flats of one house, and a
developer's units resemble each other.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, exists, select, text

from models.accounts.users import User
from models.core.enums import Role, Status
from models.core.errors import Fault
from models.market.duplicates import LONG_TEXT
from models.market.properties import Property
from models.sources.columns import content_hash
from models.sources.formats.offer import Offer
from models.sources.tables import Source

#: The fault of an offer whose home is already there. This fault alone does not make an import fail.
ALREADY_THERE = "import.already_there"

_PREPARE = (
    "DROP TABLE IF EXISTS pg_temp.listings_elsewhere",
    "CREATE TEMP TABLE listings_elsewhere AS SELECT content_hash, min(id) AS id FROM properties"
    " WHERE owner_id = :owner AND source_id <> :source AND status = 'ACTIVE' AND content_hash IS NOT NULL GROUP BY 1",
    "CREATE INDEX ON listings_elsewhere (content_hash)",
)
CLEAR = _PREPARE[:1]


class ListingsElsewhere:
    """The owner's listings on the market from other sources at the beginning of the import."""

    def __init__(self, connection: Connection, source: Source) -> None:
        self.connection = connection
        self.source_id = source.id
        others = select(
            exists().where(
                Property.owner_id == source.owner_id, Property.source_id != source.id, Property.status == Status.ACTIVE
            )
        )
        is_developer = connection.scalar(select(User.role).where(User.id == source.owner_id)) == Role.DEVELOPER
        self.are_there = not is_developer and bool(connection.scalar(others))
        if self.are_there:
            for statement in _PREPARE:
                values = {"owner": source.owner_id, "source": source.id} if ":owner" in statement else {}
                connection.execute(text(statement), values)

    def refuse(self, read: Sequence[tuple[Offer, dict[str, Any]]]) -> None:
        """Refuse offers that are new in this source and equal in content to a listing of another source."""
        if not self.are_there:
            return
        hashes = [content_hash(columns) for offer, columns in read if _is_distinctive(offer, columns)]
        query = text("SELECT content_hash, id FROM listings_elsewhere WHERE content_hash = ANY(:hashes)")
        existing = {bytes(row[0]): row[1] for row in self.connection.execute(query, {"hashes": hashes})}
        if not existing:
            return
        names = [offer.external_id for offer, _ in read]
        own_ids = select(Property.external_id).where(
            Property.source_id == self.source_id, Property.external_id.in_(names)
        )
        known = set(self.connection.scalars(own_ids))
        for offer, columns in read:
            if offer.external_id in known or not _is_distinctive(offer, columns):
                continue
            property_id = existing.get(content_hash(columns))
            if property_id is not None:
                offer.refuse("id", Fault(ALREADY_THERE, property_id=property_id), offer.external_id)


def _is_distinctive(offer: Offer, columns: dict[str, Any]) -> bool:
    return offer.on_market and not offer.faults and len(columns["description"] or "") >= LONG_TEXT
