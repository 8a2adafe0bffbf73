"""Merge two accounts of one person: the rows of one move to the other, and the first is closed.

An administrator states that both are one person; nothing here proves it. So the rules are careful: accounts with rights
over others are not merged, nor accounts that have dealt with each other, because then they are two persons. Passwords
do not move: a person who knows the closed account's password must not get into the other.
"""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from models.accounts.account_exports import AccountExport
from models.accounts.audit import record
from models.accounts.bot_links import is_linked, linked_user, unlink
from models.accounts.identity import COLUMN, Claim, SuspendedClaim
from models.accounts.notifications import Notification
from models.accounts.sessions import delete_sessions_of
from models.accounts.uploads import Upload, delete_uploads
from models.accounts.users import PROVEN_AT, User, end_all_tokens, lock_user
from models.agencies.departing import merge_memberships
from models.agencies.former_owner_notes import merge_former_owner_notes
from models.core.base import Base, rows_changed, utc_now
from models.core.enums import PRIVILEGED_ROLES, SUPPLY_ROLES, Origin, Status
from models.core.errors import ConflictError, NotFoundError
from models.deals.answer_templates import AnswerTemplate
from models.deals.chats import Chat, ChatMessage
from models.deals.feed import FeedAction
from models.deals.home_views import HomeView
from models.deals.inquiries import Inquiry
from models.deals.match_table import Match
from models.market.base_views import BaseView
from models.market.favorites import Favorite
from models.market.leads import Lead
from models.market.properties import Property
from models.market.sample_keys import is_no_sample
from models.market.search.saved import SavedSearch
from models.sources.outgoing import OutgoingFeed
from models.sources.photos import FetchedPhoto
from models.sources.tables import Source
from models.upkeep.samples import SampleSet, remove_samples
from models.webhooks.tables import Endpoint, Event


@dataclass(frozen=True)
class Moved:
    """Rows that move, by the *column* that references their user.

    *unique*: a user has one row for each value of these columns; if both accounts have one, that of the account that
    stays counts, and the other stays with the closed account.
    """

    table: Any
    column: str
    unique: tuple[str, ...] = ()
    #: A user has at most one such row.
    only_one: bool = False


MOVED = (
    Moved(Property, "owner_id"),
    Moved(Source, "owner_id", ("name",)),
    Moved(OutgoingFeed, "owner_id", only_one=True),
    Moved(FetchedPhoto, "owner_id", ("digest",)),
    Moved(Upload, "owner_id"),
    Moved(Notification, "user_id", ("type", "subject")),
    Moved(Favorite, "user_id", ("property_id",)),
    Moved(FeedAction, "user_id", ("property_id",)),
    Moved(HomeView, "viewer_id", ("property_id",)),
    Moved(Inquiry, "tenant_id", ("property_id",)),
    Moved(Inquiry, "owner_id"),
    Moved(SavedSearch, "user_id"),
    Moved(BaseView, "user_id", ("side", "name")),
    Moved(AnswerTemplate, "owner_id"),
    Moved(Chat, "buyer_id", ("seller_id", "property_id")),
    Moved(Chat, "seller_id", ("buyer_id", "property_id")),
    Moved(Endpoint, "owner_id"),
    Moved(Event, "owner_id"),
    Moved(Match, "completed_by_id"),
)

#: Columns that reference a user and stay: records of past actions, and sign-ins, which end.
KEPT_REFERENCES = frozenset(
    {
        "audit_log.actor_id",
        "one_time_links.made_by",
        "account_sessions.user_id",
        "phone_codes.user_id",
        "suspended_claims.user_id",
        "agenda_settings.user_id",
    }
)
#: Moved by rules of their own: a person has one preference and is in one agency, messages follow their chat, and the
#: bot's chat the Telegram account. Sample data is removed.
BY_RULE = frozenset(
    {
        "leads.owner_id",
        "chat_messages.sender_id",
        "bot_chats.user_id",
        "agency_members.user_id",
        "agencies.head_id",
        "put_aside_words.owner_id",
        "sample_sets.user_id",
        "sample_sets.partner_id",
    }
)
#: Deleted: unfinished conversations with the bot, and exports, which only their own account may download.
DELETED_REFERENCES = frozenset({"bot_codes.user_id", "bot_drafts.user_id", "account_exports.user_id"})


@dataclass
class Merged:
    """The rows that a merge moved, by table; *identifiers*: those that moved to the account that stays."""

    rows: dict[str, int] = field(default_factory=dict)
    identifiers: list[Claim] = field(default_factory=list)


def check_merge(session: Session, removed: User, kept: User) -> None:
    """
    Check whether *removed* may be merged into *kept*.

    Raises:
        ConflictError: They are one account, one has rights over others, the account that stays may not own what the
            other owns, or they have dealt with each other.
        NotFoundError: One of them belongs to sample data.
    """
    if removed.id == kept.id:
        raise ConflictError("merge.same_account")
    if session.scalar(select(exists().where(SampleSet.partner_id.in_([removed.id, kept.id])))):
        raise NotFoundError("user")  # the fictitious partner of sample data counts as absent
    if {removed.role, kept.role} & PRIVILEGED_ROLES:
        raise ConflictError("merge.privileged")
    owns = select(or_(*(exists().where(table.owner_id == removed.id) for table in (Property, Source))))
    if kept.role not in SUPPLY_ROLES and session.scalar(owns):
        raise ConflictError("merge.role_owns_nothing")
    if session.scalar(select(or_(*_dealing_conditions(removed.id, kept.id)))):
        raise ConflictError("merge.dealt_with_each_other")


def merge_users(session: Session, removed_id: int, kept_id: int, actor_id: int, address: str | None = None) -> Merged:
    """
    Move everything of one account into another in the caller's transaction, and close the first.

    An identifier moves if the account that stays has none of its kind, or only a claim while the other's is proven. It
    remains proven or claimed as before.

    Raises:
        NotFoundError: One of them is absent or deleted.
        ConflictError: See :func:`check_merge`.
    """
    users = {user_id: lock_user(session, user_id) for user_id in sorted({removed_id, kept_id})}
    removed, kept = users[removed_id], users[kept_id]
    check_merge(session, removed, kept)
    merged = Merged()
    photos = remove_samples(session, removed)
    delete_uploads(
        session, removed, [address.rpartition("/")[2] for address in photos]
    )  # the bytes go with the orphans
    merge_former_owner_notes(session, removed, kept)
    merge_memberships(session, removed, kept)  # before the rows: reassigning locks the agency first, too
    for moved in MOVED:
        _count(merged, moved.table, _move(session, moved, removed.id, kept.id))
    _count(merged, Lead, _move_leads(session, removed.id, kept.id))
    _move_messages(session, removed.id, kept.id)
    uses_bot = is_linked(session, removed)
    unlink(session, removed)
    merged.identifiers = _move_identifiers(session, removed, kept)
    if uses_bot and Claim.TELEGRAM in merged.identifiers and kept.telegram_id is not None:
        linked_user(session, kept.telegram_id)
    for name in ("name", "agency_name", "language"):
        if getattr(kept, name) is None:
            setattr(kept, name, getattr(removed, name))
    _close(session, removed)
    facts = {"gone": removed.id, "identifiers": [kind.value for kind in merged.identifiers], "rows": merged.rows}
    record(session, "users_merged", actor_id=actor_id, table_name="users", row_id=kept.id, address=address, **facts)
    session.flush()
    return merged


def _dealing_conditions(one: int, other: int) -> list[ColumnElement[bool]]:
    """Conditions, each of which means that two users have dealt with each other."""
    lead, listing = aliased(Lead), aliased(Property)
    owners = or_(
        and_(lead.owner_id == one, listing.owner_id == other), and_(lead.owner_id == other, listing.owner_id == one)
    )
    pair = {one, other}
    return [
        exists(
            select(Match.id)
            .join(lead, lead.id == Match.lead_id)
            .join(listing, listing.id == Match.property_id)
            .where(owners)
        ),
        exists().where(Chat.buyer_id.in_(pair), Chat.seller_id.in_(pair)),
        exists().where(Inquiry.tenant_id.in_(pair), Inquiry.owner_id.in_(pair)),
    ]


def _move(session: Session, moved: Moved, removed_id: int, kept_id: int) -> int:
    table, column = moved.table, getattr(moved.table, moved.column)
    existing = aliased(table)
    known = [getattr(existing, moved.column) == kept_id]
    known += [getattr(existing, name) == getattr(table, name) for name in moved.unique]
    free = ~exists().where(*known).correlate(table) if moved.unique or moved.only_one else true()
    query = update(table).where(column == removed_id, free).values({moved.column: kept_id})
    return rows_changed(session.execute(query.execution_options(synchronize_session=False)))


def _move_leads(session: Session, removed_id: int, kept_id: int) -> int:
    """
    Move leads. If both accounts have a preference, that of the account that stays counts, and the other is archived.
    """
    preference = Lead.origin == Origin.TINDER
    has_one = session.scalar(select(exists().where(Lead.owner_id == kept_id, preference)))
    stays = and_(Lead.owner_id == removed_id, preference) if has_one else None
    wanted = [Lead.owner_id == removed_id, *([~preference] if has_one else [])]
    query = update(Lead).where(*wanted).values(owner_id=kept_id)
    moved = rows_changed(session.execute(query.execution_options(synchronize_session=False)))
    if stays is not None:
        archived = update(Lead).where(stays).values(status=Status.ARCHIVED)
        session.execute(archived.execution_options(synchronize_session=False))
    return moved


def _move_messages(session: Session, removed_id: int, kept_id: int) -> None:
    """Move the messages of the chats that moved to the account that stays; messages of other chats do not move."""
    chats = select(Chat.id).where(or_(Chat.buyer_id == kept_id, Chat.seller_id == kept_id))
    query = update(ChatMessage).where(ChatMessage.sender_id == removed_id, ChatMessage.chat_id.in_(chats))
    session.execute(query.values(sender_id=kept_id).execution_options(synchronize_session=False))


def _move_identifiers(session: Session, removed: User, kept: User) -> list[Claim]:
    of_removed = {column: (getattr(removed, column), getattr(removed, PROVEN_AT[column])) for column in COLUMN.values()}
    username = removed.telegram_username
    removed.phone = removed.email = removed.telegram_id = removed.telegram_username = None
    session.flush()  # they are unique, so they are cleared before they move
    got = []
    for kind, column in COLUMN.items():
        value, proven_at = of_removed[column]
        present, present_proven = getattr(kept, column), getattr(kept, PROVEN_AT[column])
        if value is not None and (present is None or (present_proven is None and proven_at is not None)):
            setattr(kept, column, value)
            setattr(kept, PROVEN_AT[column], proven_at)
            if kind is Claim.TELEGRAM:
                kept.telegram_username = username
            got.append(kind)
    session.flush()
    return got


def _close(session: Session, removed: User) -> None:
    """Close the account: it can no longer be used to sign in, and has no name."""
    for table in (SuspendedClaim, AccountExport):
        session.execute(delete(table).where(table.user_id == removed.id))
    delete_sessions_of(session, removed)
    removed.password_hash = removed.name = removed.agency_name = None
    removed.profile = {}
    removed.is_active = False
    end_all_tokens(session, removed)
    removed.deleted_at = utc_now()


def _count(merged: Merged, table: type[Base], rows: int) -> None:
    if rows:
        merged.rows[table.__tablename__] = merged.rows.get(table.__tablename__, 0) + rows


def rows_of_user(session: Session, user_id: int) -> dict[str, int]:
    """The number of rows of each table that would move, for the confirmation."""
    counts: dict[str, int] = {}
    for table, column in ((Lead, Lead.owner_id), *((each.table, getattr(each.table, each.column)) for each in MOVED)):
        is_moved = [column == user_id, *([is_no_sample(table)] if table in (Lead, Property) else [])]
        count = session.scalar(select(func.count()).select_from(table).where(*is_moved)) or 0
        if count:
            counts[table.__tablename__] = counts.get(table.__tablename__, 0) + count
    return counts
