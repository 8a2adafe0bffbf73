"""Leads: a client's demand. An exchange lead, a tenant's preferences and a portal request are all leads."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    Select,
    SmallInteger,
    String,
    Text,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, validates

from models.accounts.users import User
from models.core.base import Base, ChangedIn, CreatedAt, Id, Money, UpdatedAt, Version, enum_column
from models.core.enums import (
    Condition,
    ContactSharing,
    DealType,
    Origin,
    PaymentMethod,
    PropertyClass,
    PropertyType,
    Status,
)
from models.core.errors import NotFoundError
from models.market.client_keys import store_client_keys
from models.market.properties import canonical, new_city_key
from models.platform.prepared_statements import PREPARED


class Lead(Base):
    """One demand. A null or empty column is an open wish. A trigger increments `version` with every change."""

    __tablename__ = "leads"
    #: An UPDATE returns the values that triggers have set; otherwise a second statement would have to read them.
    __mapper_args__ = {"eager_defaults": True}
    __table_args__ = (
        CheckConstraint("budget_min >= 0 AND budget_max >= 0", name="budget_is_not_negative"),
        CheckConstraint("budget_min <= budget_max", name="budget_is_a_range"),
        CheckConstraint("area_min >= 0 AND area_max >= 0", name="area_is_not_negative"),
        CheckConstraint("area_min <= area_max", name="area_is_a_range"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_iso_4217"),
        CheckConstraint("place_scope IN ('only', 'near')", name="place_scope_is_known"),
        CheckConstraint("radius_km > 0", name="radius_is_above_0"),
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)"
            " AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
            name="coordinates_are_a_place",
        ),
        Index(
            "ix_leads_own",
            "owner_id",
            "id",
            postgresql_include=(
                "budget_min",
                "budget_max",
                "updated_at",
                "status",
                "deal_type",
                "rooms",
                "currency",
                "city_key",
                "source_id",
            ),
        ),
        Index("ix_leads_own_towns", "owner_id", "city_key", "city"),
        Index("ix_leads_market", "city_key", "deal_type", "id"),
        Index("ix_leads_changed", "changed_in"),
        Index("uq_leads_source", "source_id", "external_id", unique=True),
        Index("uq_leads_preference", "owner_id", unique=True, postgresql_where=text("origin = 'tinder'")),
    )

    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    origin: Mapped[Origin] = mapped_column(enum_column(Origin, "origin_is_known"))
    status: Mapped[Status] = mapped_column(enum_column(Status, "status_is_known"), default=Status.ACTIVE)
    deal_type: Mapped[DealType] = mapped_column(enum_column(DealType, "deal_type_is_known"), default=DealType.SALE)
    client_name: Mapped[str | None] = mapped_column(String(200))
    #: Visible only to the owner until a match shares contacts.
    client_contacts: Mapped[str | None] = mapped_column(String(500))
    #: Whether an agreed match shares the client's contacts with the other realtor.
    client_contacts_shared: Mapped[ContactSharing] = mapped_column(
        enum_column(ContactSharing, "client_contacts_shared_is_known"),
        default=ContactSharing.AFTER_AGREEMENT,
        server_default=text("'after_agreement'"),
    )
    notes: Mapped[str | None] = mapped_column(Text)
    private_notes: Mapped[str | None] = mapped_column(Text)  #: Only the owner can see them.

    #: The source of an imported lead, and its id there; null: a person entered it.
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id", ondelete="SET NULL"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    #: The hash of the imported row; an unchanged row writes nothing.
    content_hash: Mapped[bytes | None] = mapped_column(LargeBinary(16))

    city: Mapped[str] = mapped_column(String(100))
    city_key: Mapped[str] = mapped_column(String(110))  #: Canonical city; with deal_type it names the market.
    districts: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    metro_stations: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    #: "only": no homes outside the wanted places. "near": their neighbourhood is nearly as good.
    place_scope: Mapped[str | None] = mapped_column(String(10))
    radius_km: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))  #: The radius of the neighbourhood.
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 7))  #: A point to live near, degrees north.
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(10, 7))  #: Degrees east.
    budget_min: Mapped[Money | None]
    budget_max: Mapped[Money | None]
    currency: Mapped[str] = mapped_column(String(3))
    area_min: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))  #: Square metres.
    area_max: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    rooms: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), default=list, server_default=text("'{}'")
    )  #: 0: studio.
    property_type: Mapped[PropertyType | None] = mapped_column(enum_column(PropertyType, "property_type_is_known"))
    property_class: Mapped[PropertyClass | None] = mapped_column(enum_column(PropertyClass, "property_class_is_known"))
    condition: Mapped[Condition | None] = mapped_column(enum_column(Condition, "condition_is_known"))
    year_min: Mapped[int | None] = mapped_column(SmallInteger)  #: Built in that year or later.
    payment_method: Mapped[PaymentMethod | None] = mapped_column(enum_column(PaymentMethod, "payment_method_is_known"))
    additional_requirements: Mapped[str | None] = mapped_column(Text)
    #: Wishes beyond the columns: stated by a client, or read from the text (models/market/readings.py).
    wishes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    #: The version of the grammar that has read the text; null: not read yet.
    grammar: Mapped[int | None] = mapped_column(SmallInteger)
    #: One contract's further fields, under that contract's own names.
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))

    #: The completed match that took it off the market; null after any other change of status.
    left_with_match_id: Mapped[int | None]
    version: Mapped[Version]
    changed_in: Mapped[ChangedIn]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    owner: Mapped[User] = relationship(lazy="raise_on_sql")

    @validates("city_key")
    def _stays_a_sample(self, _name: str, key: str) -> str:
        return new_city_key(self, key)

    @validates("status")
    def _decided(self, _name: str, status: Status) -> Status:
        """A person who sets the status of a row overrides the deal that took it off the market."""
        self.left_with_match_id = None
        return status


def create_lead(session: Session, owner: User, origin: Origin, fields: Mapping[str, Any]) -> Lead:
    """Put a lead on the market. *fields* are columns of :class:`Lead`; city and currency are made canonical."""
    lead = Lead(owner_id=owner.id, origin=origin, **canonical_lead(session, fields))
    session.add(lead)
    session.flush()
    if lead.client_contacts:
        store_client_keys(session, lead.id, lead.client_contacts)
    return lead


def replace_lead(session: Session, lead: Lead, fields: Mapping[str, Any]) -> None:
    """Set the given columns, `city` among them; city and currency are made canonical."""
    for name, value in canonical_lead(session, fields, lead).items():
        setattr(lead, name, value)
    session.flush()
    if "client_contacts" in fields:
        store_client_keys(session, lead.id, lead.client_contacts)


def replace_wishes(session: Session, lead: Lead, wishes: list[dict[str, Any]]) -> None:
    """
    Set only a lead's wishes (:mod:`models.market.readings`); unlike other changes it does not check the town again.
    """
    lead.wishes = wishes
    session.flush()


def shown_contacts(lead: Any, *, in_contact: bool) -> str | None:
    """The client's contacts of a lead (or of a row with its columns) as another realtor sees them."""
    return lead.client_contacts if in_contact and lead.client_contacts_shared != ContactSharing.NEVER else None


def canonical_lead(session: Session, fields: Mapping[str, Any], current: Lead | None = None) -> dict[str, Any]:
    """
    The fields of a lead as they are stored: see :func:`models.market.properties.canonical`. A range of a budget or
    areas from 0 to 0 becomes null.
    """
    columns = canonical(session, fields, current)
    for low, high in (("budget_min", "budget_max"), ("area_min", "area_max")):
        if columns.get(high) == 0 and not columns.get(low):
            columns[low] = columns[high] = None
    return columns


def owned_lead(session: Session, owner: User, lead_id: int, *, lock: bool = False) -> Lead:
    """
    One of the owner's leads, whatever its status.

    Raises:
        NotFoundError: It is absent or somebody else's.
    """
    named = {"lead_id": lead_id, "owner_id": owner.id}
    lead = session.scalar(_OWNED_FOR_UPDATE if lock else _OWNED, named, execution_options=PREPARED)
    if lead is None:
        raise NotFoundError("lead")
    return lead


# Built once, and planned once per connection.
_OWNED = select(Lead).where(Lead.id == bindparam("lead_id"), Lead.owner_id == bindparam("owner_id"))
_OWNED_FOR_UPDATE = _OWNED.with_for_update()


def leads_of(owner: User, status: Status | None = None, source_id: int | None = None) -> Select[Lead]:
    """The owner's leads from all contracts, or those imported from one source, newest first."""
    query = select(Lead).where(Lead.owner_id == owner.id).order_by(Lead.id.desc())
    if source_id is not None:
        query = query.where(Lead.source_id == source_id)
    return query.where(Lead.status == status) if status else query


def archive_lead(session: Session, lead: Lead) -> None:
    """Take the lead off the market; a repeated call changes nothing. Undoing a deal does not restore it."""
    if lead.status is not Status.ARCHIVED or lead.left_with_match_id is not None:
        lead.status = Status.ARCHIVED
        session.flush()


def restore_lead(session: Session, lead: Lead) -> None:
    """Put an archived lead back on the market; a repeated call changes nothing."""
    if lead.status is not Status.ACTIVE:
        lead.status = Status.ACTIVE
        session.flush()
