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
from models.market.town_aliases import city_in

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
#: Words of this length are not written alike by chance.
LONG_TEXT = 100


@dataclass(eq=False)
class AlreadyThereError(ConflictError):
    """The owner already has exactly this property on the market."""

    code = "property.already_there"
    id: int


class Twin(NamedTuple):
    """A property that a new one repeats."""

    property_id: int
    #: Certainly the same home. Never true of a developer's units, which share all known facts.
    is_certain: bool


def twin_of(session: Session, owner: User, fields: Mapping[str, Any]) -> Twin | None:
    """
    The owner's property on the market that *fields*, columns of a new one, repeat in town, address, area, rooms,
    floors, type, deal and price; None where there is none, or where *fields* name no house or no area.

    It is certainly the same home where a description of :data:`LONG_TEXT` characters is the same, too, and the owner is
    no developer.
    """
    if not fields.get("house_number") or fields.get("area") is None or fields.get("floor") is None:
        return None
    alike = [getattr(Property, name) == fields[name] for name in _IDENTIFYING if fields.get(name) is not None]
    rows = session.execute(
        select(Property.id, Property.description)
        .where(
            Property.owner_id == owner.id,
            Property.status == Status.ACTIVE,
            Property.city_key == city_in(session, fields["city"]).key,
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
        return Twin(same[0], is_certain=True)
    return Twin(rows[0].id, is_certain=False)


def refuse_twin(session: Session, owner: User, fields: Mapping[str, Any]) -> int | None:
    """
    The id of the owner's property that *fields* may repeat, for a warning; None where they repeat none.

    Raises:
        AlreadyThereError: The property is certainly there already.
    """
    twin = twin_of(session, owner, fields)
    if twin is None:
        return None
    if twin.is_certain:
        raise AlreadyThereError(twin.property_id)
    return twin.property_id
