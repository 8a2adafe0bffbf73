"""Properties: the offers of all contracts."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    Select,
    SmallInteger,
    String,
    Text,
    and_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, validates

from models.accounts.users import User
from models.core.base import Base, ChangedIn, CreatedAt, Id, Money, UpdatedAt, Version, enum_column
from models.core.enums import AddressPrecision, Condition, DealType, Origin, PropertyClass, PropertyType, Status
from models.core.errors import NotFoundError
from models.market.sample_keys import is_no_sample, is_sample_key
from models.market.town_aliases import city_in


class Property(Base):
    """One offer. A trigger increments `version` with every change."""

    __tablename__ = "properties"
    #: An UPDATE returns the values that triggers have set; otherwise a second statement would have to read them.
    __mapper_args__ = {"eager_defaults": True}
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_is_not_negative"),
        CheckConstraint("area > 0", name="area_is_positive"),
        CheckConstraint("rooms BETWEEN 0 AND 100", name="rooms_are_sane"),
        CheckConstraint("total_floors >= 1", name="total_floors_are_positive"),
        CheckConstraint("floor <= total_floors", name="floor_is_in_the_house"),
        CheckConstraint("commission_share BETWEEN 0 AND 100", name="commission_is_a_percentage"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        Index(
            "ix_properties_own",
            "owner_id",
            "id",
            postgresql_include=(
                "price",
                "updated_at",
                "status",
                "deal_type",
                "rooms",
                "currency",
                "city_key",
                "source_id",
            ),
        ),
        Index("ix_properties_own_towns", "owner_id", "city_key", "city"),
        Index("ix_properties_market", "city_key", "deal_type", "id"),
        Index("ix_properties_changed", "changed_in"),
        # The public search (models/market/search).
        Index(
            "ix_properties_public",
            "city_key",
            "deal_type",
            "id",
            postgresql_include=[
                "owner_id",
                "property_type",
                "price",
                "currency",
                "area",
                "rooms",
                "floor",
                "total_floors",
                "district",
            ],
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_by_price",
            "city_key",
            "deal_type",
            "currency",
            "price",
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_by_price_per_metre",
            "city_key",
            "deal_type",
            "currency",
            text("(price / area)"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_by_area",
            "city_key",
            "deal_type",
            text("area DESC NULLS LAST"),
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        # The newest, and the other orders in all towns. What a search without other filters reads is in the indexes.
        Index(
            "ix_properties_newest",
            "id",
            postgresql_include=["city_key", "deal_type", "owner_id", "currency", "price", "area"],
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_everywhere_by_price",
            "deal_type",
            "currency",
            "price",
            postgresql_include=["id", "owner_id", "city_key"],
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_everywhere_by_price_per_metre",
            "deal_type",
            "currency",
            text("(price / area)"),
            postgresql_include=["id", "owner_id", "city_key", "price", "area"],
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_everywhere_by_area",
            "deal_type",
            text("area DESC NULLS LAST"),
            postgresql_include=["id", "owner_id", "city_key"],
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index(
            "ix_properties_told_flags",
            text("told_flags(facts, read_facts)"),
            postgresql_using="gin",
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index("ix_properties_metro_station", "metro_station", postgresql_where=text("status = 'ACTIVE'")),
        Index(
            "ix_properties_stations",
            "stations",
            postgresql_using="gin",
            postgresql_ops={"stations": "jsonb_path_ops"},
            postgresql_where=text("status = 'ACTIVE'"),
        ),
        Index("uq_properties_source", "source_id", "external_id", unique=True),
        CheckConstraint("withdrawn_at IS NULL OR status = 'ARCHIVED'", name="withdrawn_is_off_the_market"),
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)"
            " AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
            name="coordinates_are_a_place",
        ),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    origin: Mapped[Origin] = mapped_column(enum_column(Origin, "origin_is_known"))
    #: The source from which it was imported (models.sources), and its id there; null if a person entered it.
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id", ondelete="SET NULL"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    #: The hash of its last import; null if it was not imported.
    content_hash: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    #: When its source took it off the market; it returns when the source offers it again. Null if a person took it off.
    withdrawn_at: Mapped[datetime | None]
    status: Mapped[Status] = mapped_column(enum_column(Status, "status_is_known"), default=Status.ACTIVE)
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"), default=DealType.SALE)

    city: Mapped[str] = mapped_column(String(100))
    #: Canonical city; with deal_type it names the market.
    city_key: Mapped[str] = mapped_column(String(110))
    district: Mapped[str | None] = mapped_column(String(100))
    metro_station: Mapped[str | None] = mapped_column(String(100))
    street: Mapped[str | None] = mapped_column(String(200))
    house_number: Mapped[str | None] = mapped_column(String(50))
    #: The whole address, if it was given as one text.
    location: Mapped[str | None] = mapped_column(String(500))
    #: How precisely others see the address, as its owner chose; null: with the usual precision of each page
    #: (models/market/shown_addresses.py).
    address_precision: Mapped[AddressPrecision | None] = mapped_column(
        enum_column(AddressPrecision, "address_precision_is_known")
    )

    title: Mapped[str | None] = mapped_column(String(300))
    description: Mapped[str | None] = mapped_column(Text)
    property_type: Mapped[PropertyType] = mapped_column(enum_column(PropertyType, "property_type_is_known"))
    property_class: Mapped[PropertyClass | None] = mapped_column(enum_column(PropertyClass, "property_class_is_known"))
    condition: Mapped[Condition | None] = mapped_column(enum_column(Condition, "condition_is_known"))
    price: Mapped[Money]
    currency: Mapped[str] = mapped_column(String(3))
    area: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))  #: Square metres.
    rooms: Mapped[int | None] = mapped_column(SmallInteger)  #: 0 is a studio.
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    total_floors: Mapped[int | None] = mapped_column(SmallInteger)
    year_built: Mapped[int | None] = mapped_column(SmallInteger)
    commission_share: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))  #: Per cent offered to the buyer's realtor.
    photos: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    #: A photo's address -> its kind, if known: "plan", "floor_plan" or "facade".
    photo_kinds: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: Nearby stations: {"name", "minutes", "by_transport"}; the first is also in `metro_station`.
    stations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 7))  #: Degrees north.
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(10, 7))  #: Degrees east.
    #: The owner's facts beyond the columns: kind -> value.
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: Facts read from the text, with their quotes (models/market/readings.py).
    read_facts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    #: The version of the grammar that has read the text; null: not read yet.
    grammar: Mapped[int | None] = mapped_column(SmallInteger)
    #: One contract's further fields, under that contract's own names.
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    #: Text for the engine in addition to title and description (features, views, nearby places).
    search_text: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))

    #: The completed match that took it off the market; null after any other change of status.
    left_with_match_id: Mapped[int | None]
    version: Mapped[Version]
    changed_in: Mapped[ChangedIn]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    owner: Mapped[User] = relationship(lazy="raise_on_sql")

    @validates("status")
    def _by_a_person(self, _name: str, status: Status) -> Status:
        """
        A person who sets the status of a row overrides the deal that took it off the market, and its source until the
        source withdraws the row again.
        """
        self.withdrawn_at = None
        self.left_with_match_id = None
        return status

    @validates("city_key")
    def _stays_a_sample(self, _name: str, key: str) -> str:
        return new_city_key(self, key)

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE


def create_property(session: Session, owner: User, origin: Origin, fields: Mapping[str, Any]) -> Property:
    """Put a property on the market. *fields* are columns of :class:`Property`; city and currency are made canonical."""
    listing = Property(owner_id=owner.id, origin=origin, **canonical(session, fields))
    session.add(listing)
    session.flush()
    return listing


def replace_property(session: Session, listing: Property, fields: Mapping[str, Any]) -> None:
    """Set the given columns, `city` among them; city and currency are made canonical."""
    for name, value in canonical(session, fields, listing).items():
        setattr(listing, name, value)
    session.flush()


def canonical(session: Session, fields: Mapping[str, Any], current: Any = None) -> dict[str, Any]:
    """
    The fields of a lead or property, with `city_key` set and with a currency if none was given.

    The currency is the city's own, or that of *current*, the row to be replaced, if it is in the same city. So a change
    through a contract without currencies does not change the currency of an amount.

    Raises:
        TownError: `city` names several towns, or none.
    """
    city = city_in(session, fields["city"])
    currency = fields.get("currency")
    if not currency:
        currency = current.currency if current is not None and current.city_key == city.key else city.currency
    return {**fields, "city_key": city.key, "currency": currency}


def owned_property(session: Session, owner: User, property_id: int, *, lock: bool = False) -> Property:
    """
    One of the owner's properties, whatever its status.

    Raises:
        NotFoundError: It is absent or somebody else's.
    """
    query = select(Property).where(Property.id == property_id, Property.owner_id == owner.id)
    listing = session.scalar(query.with_for_update() if lock else query)
    if listing is None:
        raise NotFoundError("property")
    return listing


def properties_of(owner: User, status: Status | None = None, source_id: int | None = None) -> Select[Property]:
    """The owner's properties, or those imported from one source, newest first."""
    query = select(Property).where(Property.owner_id == owner.id).order_by(Property.id.desc())
    if source_id is not None:
        query = query.where(Property.source_id == source_id)
    return query.where(Property.status == status) if status else query


def new_city_key(row: Any, key: str) -> str:
    """
    The new `city_key` of a Property (or Lead) whose town now has this key: a sample stays in its own user's market.
    """
    return row.city_key if is_sample_key(row.city_key) else key


def on_market(table: Any = Property) -> ColumnElement[bool]:
    """
    The join condition of a property (or Lead) and its owner `User` for rows that anybody may see: both are active.
    """
    return and_(on_any_market(table), is_no_sample(table))


def on_any_market(table: Any = Property) -> ColumnElement[bool]:
    """Like :func:`on_market`, but with samples: for the engine, and for queries of a given market, such as a lead's."""
    return and_(table.status == Status.ACTIVE, User.id == table.owner_id, User.is_active)


def is_on_market(session: Session, listing: Any) -> bool:
    """Whether anybody may see this property (or Lead): it and its owner are active, and it is not a sample."""
    return is_on_any_market(session, listing) and not is_sample_key(listing.city_key)


def is_on_any_market(session: Session, listing: Any) -> bool:
    """Like :func:`is_on_market`, but true for samples too."""
    return listing.status is Status.ACTIVE and session.get_one(User, listing.owner_id).is_active


def archive_property(session: Session, listing: Property) -> None:
    """
    Take the property off the market; a repeated call changes nothing. Neither its source nor undoing a deal restores
    it.
    """
    if (
        listing.status is not Status.ARCHIVED
        or listing.withdrawn_at is not None
        or listing.left_with_match_id is not None
    ):
        listing.status = Status.ARCHIVED
        session.flush()


def restore_property(session: Session, listing: Property) -> None:
    """Put an archived property back on the market; a repeated call changes nothing."""
    if listing.status is not Status.ACTIVE:
        listing.status = Status.ACTIVE
        session.flush()
