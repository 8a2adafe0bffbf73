"""Detect a property that its owner has on the market already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import DealType, Role, Status
from models.core.errors import ConflictError
from models.market.properties import Property
from models.market.town_aliases import stored_key

#: Columns that identify a home, with the price.
_IDENTIFYING = (
    "property_type",
    "street",
    "house_number",
    "location",
    "area",
    "rooms",
    "floor",
    "total_floors",
    "price",
)
#: Two descriptions of this length are not identical by chance.
LONG_TEXT = 100


@dataclass(eq=False)
class AlreadyThereError(ConflictError):
    """The owner already has exactly this property on the market."""

    code = "property.already_there"
    id: int


class Duplicate(NamedTuple):
    """A property that a new one repeats."""

    property_id: int
    #: Whether it is certainly the same home. Never true for a developer's units, which share all known facts.
    is_certain: bool


def duplicate_of(session: Session, owner: User, fields: Mapping[str, Any]) -> Duplicate | None:
    """
    The owner's property on the market that has the same town, address, area, rooms, floors, type, deal and price as
    *fields*, the columns of a new property. None if there is none, or if *fields* lack the house number, the area or
    the floor.

    It is certainly the same home if a description of at least :data:`LONG_TEXT` characters is the same too and the
    owner is not a developer.
    """
    if not fields.get("house_number") or fields.get("area") is None or fields.get("floor") is None:
        return None
    alike = [getattr(Property, name) == fields[name] for name in _IDENTIFYING if fields.get(name) is not None]
    rows = session.execute(
        select(Property.id, Property.description)
        .where(
            Property.owner_id == owner.id,
            Property.status == Status.ACTIVE,
            Property.city_key == stored_key(fields["city"]),
            Property.deal_type == fields.get("deal_type", DealType.SALE),
            *alike,
        )
        .order_by(Property.id)
    ).all()
    if not rows:
        return None
    text = (fields.get("description") or "").strip()
    same = [row.id for row in rows if len(text) >= LONG_TEXT and (row.description or "").strip() == text]
    if same and owner.role is not Role.DEVELOPER:
        return Duplicate(same[0], is_certain=True)
    return Duplicate(rows[0].id, is_certain=False)


def refuse_duplicate(session: Session, owner: User, fields: Mapping[str, Any]) -> int | None:
    """
    The id of the owner's property that *fields* may repeat, for a warning; None if there is none.

    Raises:
        AlreadyThereError: The property is certainly on the market already.
    """
    duplicate = duplicate_of(session, owner, fields)
    if duplicate is None:
        return None
    if duplicate.is_certain:
        raise AlreadyThereError(duplicate.property_id)
    return duplicate.property_id
