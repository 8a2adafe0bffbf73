"""Prospects: contacts won by advertising (the leads of the lead generation contract).

One person is one prospect of a niche: a second contact from the same phone, or the same user of a platform, is a
*touch* of the prospect that is there. A prospect whose ad is unknown belongs to no niche and is never a duplicate.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Select,
    SmallInteger,
    String,
    Text,
    and_,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from models.core.base import Base, CreatedAt, Money, UpdatedAt, enum_column, rows_changed
from models.core.enums import ADVERTISING_ROLES
from models.core.errors import InvalidValueError, NotFoundError
from models.core.state_moves import check_move
from models.core.uuid7 import new_id
from models.leadgen.ads import Ad
from models.leadgen.campaigns import Campaign, Platform
from models.leadgen.niches import Niche, within
from models.webhooks.events import record_events
from models.webhooks.tables import EventType


class ProspectStatus(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    HOT = "hot"
    WON = "won"
    LOST = "lost"
    SPAM = "spam"


_NEW, _CONTACTED, _QUALIFIED, _HOT, _WON, _LOST, _SPAM = ProspectStatus
_TALKING = frozenset({_CONTACTED, _QUALIFIED, _HOT})

#: No prospect becomes new again. A deal may fall through, a lost prospect may return, and any prospect may turn out to
#: be spam. Supposed spam can be won, or lost, only after a conversation.
MOVES = {
    _NEW: frozenset(ProspectStatus) - {_NEW},
    _CONTACTED: frozenset(ProspectStatus) - {_NEW},
    _QUALIFIED: frozenset(ProspectStatus) - {_NEW},
    _HOT: frozenset(ProspectStatus) - {_NEW},
    _WON: frozenset({_HOT, _LOST, _SPAM}),
    _LOST: _TALKING | {_WON, _SPAM},
    _SPAM: _TALKING,
}

#: The fields that are known of a contact when it is added.
_GIVEN = ("ad_id", "name", "phone", "source", "platform_user_id", "budget", "notes")

#: The statuses that count as qualified in all figures: qualified prospects, and their later successful stages.
QUALIFIED = (_QUALIFIED, _HOT, _WON)


class Prospect(Base):
    """One contact. Its ad, campaign and niche are how it was first won, and never change."""

    __tablename__ = "prospects"
    __table_args__ = (
        ForeignKeyConstraint(["ad_id", "campaign_id"], ["ads.id", "ads.campaign_id"], name="fk_prospects_ad"),
        ForeignKeyConstraint(
            ["campaign_id", "niche_id"], ["campaigns.id", "campaigns.niche_id"], name="fk_prospects_campaign"
        ),
        # A foreign key with a null in it is not checked, so the three are known together or not at all.
        CheckConstraint("num_nonnulls(ad_id, campaign_id, niche_id) IN (0, 3)", name="origin_is_whole"),
        CheckConstraint("budget >= 0 AND revenue >= 0", name="money_is_not_negative"),
        CheckConstraint("quality_score BETWEEN 0 AND 100", name="quality_is_a_percentage"),
        Index("uq_prospects_phone", "niche_id", "phone", unique=True),
        Index("uq_prospects_platform_user", "niche_id", "source", "platform_user_id", unique=True),
        Index("uq_prospects_lead", "lead_id", unique=True),
        Index("ix_prospects_newest", "created_at", "id"),
        Index("ix_prospects_status", "status", "created_at", "id"),
        Index("ix_prospects_source", "source", "created_at", "id"),
        # These two include all columns of the statistics, so that index-only scans suffice.
        Index(
            "ix_prospects_niche",
            "niche_id",
            "created_at",
            "id",
            postgresql_include=["campaign_id", "status", "revenue"],
        ),
        Index("ix_prospects_campaign", "campaign_id", "created_at", "id", postgresql_include=["status"]),
        Index("ix_prospects_unscored", "id", postgresql_where=text("scored_version IS DISTINCT FROM version")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    ad_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    niche_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(16))  #: E.164.
    source: Mapped[Platform] = mapped_column(enum_column(Platform, "source_is_known"))
    platform_user_id: Mapped[str | None] = mapped_column(String(200))
    budget: Mapped[Money | None]
    notes: Mapped[str | None] = mapped_column(Text)
    status: Mapped[ProspectStatus] = mapped_column(enum_column(ProspectStatus, "status_is_known"), default=_NEW)
    revenue: Mapped[Money | None]  #: Revenue of the deal; set while won.

    quality_score: Mapped[int | None] = mapped_column(SmallInteger)  #: 0 to 100.
    quality_method: Mapped[str | None] = mapped_column(String(10))  #: rules or model.
    quality_reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    #: Increases with every change that may affect the score; the score is stale while *scored_version* differs.
    version: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    scored_version: Mapped[int | None] = mapped_column(Integer)

    #: The exchange lead that this prospect became.
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Touch(Base):
    """A further contact from a person who is a prospect already."""

    __tablename__ = "prospect_touches"
    __table_args__ = (Index("ix_prospect_touches_prospect", "prospect_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    prospect_id: Mapped[UUID] = mapped_column(ForeignKey("prospects.id", ondelete="CASCADE"))
    ad_id: Mapped[UUID] = mapped_column(ForeignKey("ads.id"))
    source: Mapped[Platform] = mapped_column(enum_column(Platform, "source_is_known"))
    created_at: Mapped[CreatedAt]


@dataclass(frozen=True)
class Added:
    """The result of adding a contact: a new prospect, or a touch of a known one."""

    prospect: Prospect
    new: bool


def add_prospect(session: Session, fields: Mapping[str, Any], *, scope: UUID | None = None) -> Added:
    """
    Add one contact; *fields* are columns of :class:`Prospect`, the phone in E.164.

    Raises:
        InvalidValueError: There is no such ad.
    """
    return add_prospects(session, [fields], scope=scope)[0]


def add_prospects(session: Session, contacts: Sequence[Mapping[str, Any]], *, scope: UUID | None = None) -> list[Added]:
    """
    Add contacts, in their order: each becomes a new prospect or a touch of a known one.

    If the same contact arrives twice at once, the second waits for the first and becomes its touch.

    Raises:
        InvalidValueError: The *scope* has no such ad, or there is a *scope* and no ad; path `ad_id`.
    """
    origins = origins_of(session, {contact["ad_id"] for contact in contacts if contact.get("ad_id")}, scope=scope)
    rows = []
    for contact in contacts:
        ad_id = contact.get("ad_id")
        if scope is not None and not ad_id:
            raise InvalidValueError("ad_id", "prospect.ad_needed")
        if ad_id and ad_id not in origins:
            raise InvalidValueError("ad_id", "ad.not_found")
        campaign_id, niche_id = origins[ad_id] if ad_id else (None, None)
        row = {column: contact.get(column) for column in _GIVEN}
        row |= {"id": new_id(), "campaign_id": campaign_id, "niche_id": niche_id, "status": _NEW, "version": 1}
        rows.append(row)
    insertion = insert(Prospect).values(rows).on_conflict_do_nothing().returning(Prospect)
    new = {prospect.id: prospect for prospect in session.scalars(insertion)}
    new_events = [
        (
            f"prospect:{each.id}",
            {"prospect_id": str(each.id), "niche_id": _text(each.niche_id), "campaign_id": _text(each.campaign_id)},
        )
        for each in new.values()
    ]
    record_events(session, EventType.PROSPECT_CREATED, new_events, roles=ADVERTISING_ROLES)
    return [
        Added(new[row["id"]], new=True) if row["id"] in new else Added(_touch(session, row), new=False) for row in rows
    ]


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def origins_of(session: Session, ad_ids: Iterable[UUID], *, scope: UUID | None = None) -> dict[UUID, tuple[UUID, UUID]]:
    """Return (campaign, niche) of each of the ads; none for absent ads and niches archived or outside the *scope*."""
    query = (
        select(Ad.id, Ad.campaign_id, Campaign.niche_id)
        .join(Campaign, Campaign.id == Ad.campaign_id)
        .join(Niche, Niche.id == Campaign.niche_id)
        .where(Ad.id.in_(ad_ids), Niche.archived_at.is_(None), within(Niche.id, scope))
    )
    return {ad_id: (campaign_id, niche_id) for ad_id, campaign_id, niche_id in session.execute(query)}


def _touch(session: Session, row: Mapping[str, Any]) -> Prospect:
    """Record a further contact of a known prospect, and fill in the fields that were empty."""
    prospect = _known(session, row)
    if prospect.phone is None and row["phone"] and not _learn_phone(session, prospect, row["phone"]):
        prospect = _known(session, row)
    session.add(Touch(prospect_id=prospect.id, ad_id=row["ad_id"], source=row["source"]))
    if prospect.budget is None:
        prospect.budget = row["budget"]
    if prospect.notes is None:
        prospect.notes = row["notes"]
    prospect.version += 1
    session.flush()
    return prospect


def _known(session: Session, row: Mapping[str, Any]) -> Prospect:
    """Return the niche's prospect that a contact comes from, locked."""
    same = [Prospect.phone == row["phone"]] if row["phone"] else []
    if row["platform_user_id"]:
        same.append(and_(Prospect.source == row["source"], Prospect.platform_user_id == row["platform_user_id"]))
    query = (
        select(Prospect)
        .where(Prospect.niche_id == row["niche_id"], or_(*same))
        # A phone identifies a person more reliably than an account.
        .order_by((Prospect.phone == row["phone"]).desc().nulls_last())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()


def _learn_phone(session: Session, prospect: Prospect, phone: str) -> bool:
    """Set a locked prospect's phone; False if another prospect has taken it meanwhile."""
    try:
        with session.begin_nested():
            prospect.phone = phone
    except IntegrityError:
        return False
    return True


def touches_of(session: Session, prospect: Prospect) -> int:
    """Return how often the prospect has made contact, the first time included."""
    return 1 + session.scalars(select(func.count()).where(Touch.prospect_id == prospect.id)).one()


def prospects(
    *,
    status: ProspectStatus | None = None,
    source: Platform | None = None,
    niche_id: UUID | None = None,
    campaign_id: UUID | None = None,
    scope: UUID | None = None,
) -> Select[Prospect]:
    """Select prospects, newest first."""
    query = (
        select(Prospect)
        .where(within(Prospect.niche_id, scope))
        .order_by(Prospect.created_at.desc(), Prospect.id.desc())
    )
    filters = {"status": status, "source": source, "niche_id": niche_id, "campaign_id": campaign_id}
    return query.filter_by(**{name: value for name, value in filters.items() if value is not None})


def prospects_window(session: Session, limit: int, offset: int, **filters: Any) -> list[Prospect]:
    """Return *limit* of the prospects that :func:`prospects` selects, after the first *offset*."""
    # Ids first, by an index-only scan, so that the skipped rows of a far page are never read.
    ids = prospects(**filters).with_only_columns(Prospect.id).limit(limit).offset(offset).subquery()
    return list(session.scalars(prospects().join(ids, ids.c.id == Prospect.id)))


def prospect_pages(sessions: sessionmaker[Session], size: int = 1000, **filters: Any) -> Iterator[list[Prospect]]:
    """
    Yield all prospects that :func:`prospects` selects, page by page, for readers that may be slow.

    Each page is a short transaction of its own that continues after the last row, so that no transaction is open
    between pages. Rows added meanwhile are newer and do not shift pages.
    """
    query, last = prospects(**filters), None
    while last is None or len(last) == size:
        page = query.limit(size)
        if last:
            page = page.where(tuple_(Prospect.created_at, Prospect.id) < (last[-1].created_at, last[-1].id))
        with sessions() as session:
            last = list(session.scalars(page))
        yield last


def get_prospect(session: Session, prospect_id: UUID, *, lock: bool = False, scope: UUID | None = None) -> Prospect:
    """Return a prospect, locked if *lock*; raises NotFoundError if it is absent or outside the *scope*."""
    query = select(Prospect).where(Prospect.id == prospect_id, within(Prospect.niche_id, scope))
    prospect = session.scalar(query.with_for_update() if lock else query)
    if prospect is None:
        raise NotFoundError("lead")  # the contract's word for a prospect
    return prospect


def change_status(session: Session, prospect: Prospect, status: ProspectStatus, revenue: Decimal | None = None) -> bool:
    """
    Move a locked prospect to *status* and return whether it changed.

    Winning books *revenue*, by default the prospect's budget; leaving `won` clears it.

    Raises:
        ConflictError: The status cannot follow the present one.
        InvalidValueError: A revenue is given with another status than won.
    """
    check_move("lead", prospect.status, status, MOVES)
    if revenue is not None and status is not _WON:
        raise InvalidValueError("revenue", "prospect.revenue_without_win")
    changed = prospect.status is not status
    if status is not _WON:
        prospect.revenue = None
    elif revenue is not None or changed:
        prospect.revenue = revenue if revenue is not None else prospect.budget
    prospect.status = status
    session.flush()
    return changed


def mark_score_stale(session: Session, prospect_id: UUID, *, scope: UUID | None = None) -> None:
    """
    Record that an input of the prospect's score has changed, so that it is scored again.

    Raises:
        NotFoundError: There is no such prospect in the *scope*.
    """
    conditions = (Prospect.id == prospect_id, within(Prospect.niche_id, scope))
    next_version = update(Prospect).where(*conditions).values(version=Prospect.version + 1)
    if not rows_changed(session.execute(next_version)):
        raise NotFoundError("lead")
