"""Erase and export a user's personal data.

:data:`ERASERS` and :data:`EXPORTERS` at the end of this module list the subjects; a new table with personal data joins
both.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, inspect, or_, select, update
from sqlalchemy.orm import Session

from models.accounts.account_exports import AccountExport
from models.accounts.audit import AuditEntry
from models.accounts.bot_links import unlink
from models.accounts.bot_tables import BotChat, BotDraft, BotMessage
from models.accounts.identity import Claim, SuspendedClaim
from models.accounts.links import OneTimeLink
from models.accounts.notifications import Notification
from models.accounts.phone_codes import PhoneCode
from models.accounts.sessions import AccountSession, delete_sessions_of
from models.accounts.uploads import Upload
from models.accounts.users import User, end_all_tokens, require_another_admin
from models.agencies.departing import erase_membership
from models.agencies.former_owner_notes import FormerOwnerNotes, erase_former_owner_notes
from models.agencies.tables import Agency, AgencyInvitation, AgencyMember
from models.agenda.following import LeadFollow, erase_follows
from models.agenda.history import LeadChange, erase_changes
from models.agenda.settings import AgendaSettings, erase_settings
from models.agenda.shortlist import ShortlistedHome, erase_shortlists
from models.agenda.tasks import LeadTask, erase_tasks
from models.core.base import Base, utc_now
from models.core.enums import Side, Status
from models.deals.actions import Action
from models.deals.answer_templates import AnswerTemplate, erase_templates
from models.deals.chats import erase_messages, messages_by
from models.deals.feed_history import erase_feed_actions, favorites_by, feed_actions_by, inquiries_by
from models.deals.home_views import HomeView
from models.deals.match_table import Match
from models.deals.matches import match_ids_of
from models.deals.selections import Selection, SelectionHome, erase_selections, selection_ids_of
from models.market.base_views import BaseView
from models.market.clients import delete_client_keys
from models.market.documents import Document, document_ids_of, erase_documents
from models.market.leads import Lead
from models.market.price_history import PropertyPrice
from models.market.properties import Property
from models.market.search.saved import SavedSearch, erase_searches
from models.market.tags import LeadTag, PropertyTag, erase_tags
from models.platform.idempotency import IdempotentAnswer
from models.sources.outgoing import OutgoingFeed
from models.sources.photos import FetchedPhoto
from models.sources.tables import Import, Source
from models.upkeep.samples import SampleSet, remove_samples
from models.webhooks.tables import Delivery, Endpoint, Event

#: Columns that an export leaves out: secrets and bookkeeping.
HIDDEN = {
    "password_hash",
    "token_version",
    "seed",
    "jti",
    "digest",
    "version",
    "changed_in",
    "fingerprint",
    "body",
    "content_hash",
    "secret",
    "old_secret",
    "calendar_token",
}


def erase_user(session: Session, user: User) -> None:
    """
    Delete a user in the caller's transaction.

    Tokens become invalid, the user's leads and properties leave the market, and personal data is erased. The user's row
    is kept without a name, so that other users' matches and chats keep their references.

    The caller removes the content of the user's files, whose rows still exist.

    Raises:
        ConflictError: It is the last active administrator.
    """
    session.refresh(user, with_for_update=True)
    require_another_admin(session, user)
    for eraser in ERASERS:
        eraser(session, user)
    user.name = user.email = user.phone = user.telegram_id = user.telegram_username = None
    user.agency_name = user.password_hash = None
    user.profile = {}
    user.notification_switches = {}
    user.time_zone = None
    user.is_active = False
    end_all_tokens(session, user)
    user.deleted_at = utc_now()
    session.flush()


def holdings_of(session: Session, user: User) -> dict[str, int]:
    """The user's rows that leave the market with them: noun -> number, without zeros."""
    counts = {
        "lead": select(func.count()).where(Lead.owner_id == user.id, Lead.status == Status.ACTIVE),
        "property": select(func.count()).where(Property.owner_id == user.id, Property.status == Status.ACTIVE),
        "match": select(func.count()).where(Match.id.in_(match_ids_of(user))),
    }
    holdings = {noun: session.scalar(query) or 0 for noun, query in counts.items()}
    return {noun: count for noun, count in holdings.items() if count}


def export_user(session: Session, user: User) -> dict[str, Any]:
    """Return everything that is stored about a user, as JSON-ready data by subject."""
    return {"user": _row(user)} | {subject: export(session, user) for subject, export in EXPORTERS.items()}


def _erase_bot_chat(session: Session, user: User) -> None:
    unlink(session, user)


def _erase_samples(session: Session, user: User) -> None:
    remove_samples(session, user)  # the caller removes all files of the user


def _erase_leads(session: Session, user: User) -> None:
    # The client's name and contacts are a third person's data; the requirements alone identify nobody.
    session.execute(
        update(Lead)
        .where(Lead.owner_id == user.id)
        .values(
            status=Status.ARCHIVED,
            left_with_match_id=None,
            client_name=None,
            client_contacts=None,
            notes=None,
            private_notes=None,
            additional_requirements=None,
            wishes=[],  # they quote the text
            attributes={},
        )
    )


def _erase_client_keys(session: Session, user: User) -> None:
    delete_client_keys(session, user.id)


def _erase_properties(session: Session, user: User) -> None:
    session.execute(
        update(Property)
        .where(Property.owner_id == user.id)
        .values(
            status=Status.ARCHIVED,
            left_with_match_id=None,
            house_number=None,
            location=None,
            title=None,
            description=None,
            photos=[],
            attributes={},
            search_text="",
            photo_kinds={},
            stations=[],
            latitude=None,
            longitude=None,
            facts={},
            read_facts=[],  # they quote the text
            withdrawn_at=None,
        )
    )


def _erase_sources(session: Session, user: User) -> None:
    # Sources are deleted with the reports of their imports; the listings are kept without a source.
    session.execute(delete(Source).where(Source.owner_id == user.id))
    session.execute(delete(OutgoingFeed).where(OutgoingFeed.owner_id == user.id))
    session.execute(delete(FetchedPhoto).where(FetchedPhoto.owner_id == user.id))


def _erase_webhooks(session: Session, user: User) -> None:
    # Webhooks are deleted with their logs, and pending deliveries are not sent.
    session.execute(delete(Endpoint).where(Endpoint.owner_id == user.id))
    session.execute(delete(Event).where(Event.owner_id == user.id))


def _erase_actions(session: Session, user: User) -> None:
    session.execute(
        update(Action).where(_acted_by(user)).values(notes=None).execution_options(synchronize_session=False)
    )


def _erase_traces(session: Session, user: User) -> None:
    session.execute(delete(Notification).where(Notification.user_id == user.id))
    session.execute(delete(AccountExport).where(AccountExport.user_id == user.id))
    session.execute(delete(BaseView).where(BaseView.user_id == user.id))
    session.execute(delete(HomeView).where(HomeView.viewer_id == user.id))
    # Stored answers repeat the user's requests and answers.
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.caller == f"user:{user.id}"))
    delete_sessions_of(session, user)
    # Without an address, a comparison with it would select the links of everybody who has none.
    links = [OneTimeLink.made_by == user.id, *([OneTimeLink.email == user.email] if user.email else [])]
    session.execute(delete(OneTimeLink).where(or_(*links)))
    session.execute(delete(SuspendedClaim).where(SuspendedClaim.user_id == user.id))
    session.execute(delete(PhoneCode).where(or_(PhoneCode.user_id == user.id, PhoneCode.phone == user.phone)))
    # The entries stay; the addresses that the actions came from are erased.
    session.execute(update(AuditEntry).where(AuditEntry.actor_id == user.id).values(address=None))


def _acted_by(user: User) -> ColumnElement[bool]:
    leads = _lead_ids_of(user)
    properties = select(Property.id).where(Property.owner_id == user.id)
    by_lead = (Action.side == Side.LEAD) & Action.lead_id.in_(leads)
    return by_lead | ((Action.side == Side.PROPERTY) & Action.property_id.in_(properties))


def _lead_ids_of(user: User) -> Select[int]:
    return select(Lead.id).where(Lead.owner_id == user.id)


def _rows_of(
    table: type[Base], condition: Callable[[User], ColumnElement[bool]]
) -> Callable[[Session, User], list[dict[str, Any]]]:
    """Return an exporter of the rows of *table* that meet *condition*, in order of their primary keys."""

    def rows_of_user(session: Session, user: User) -> list[dict[str, Any]]:
        query = select(table).where(condition(user)).order_by(*inspect(table).primary_key)
        return [_row(row) for row in session.scalars(query)]

    return rows_of_user


def _suspended_claims(session: Session, user: User) -> list[dict]:
    query = select(SuspendedClaim).where(SuspendedClaim.user_id == user.id).order_by(SuspendedClaim.kind)
    return [_row(row) | ({"value": None} if row.kind is Claim.PASSWORD else {}) for row in session.scalars(query)]


def _row(row: Base) -> dict[str, Any]:
    names = [column.key for column in row.__mapper__.column_attrs if column.key not in HIDDEN]
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


#: Each erases one subject of a user's data, in the caller's transaction.
ERASERS: list[Callable[[Session, User], None]] = [
    _erase_samples,  # before the leads and properties that stay
    _erase_leads,
    erase_selections,
    erase_searches,
    erase_changes,  # after the leads, because erasing a lead is recorded as a change
    erase_tasks,
    erase_shortlists,
    erase_documents,
    erase_follows,
    erase_settings,
    _erase_client_keys,
    _erase_properties,
    erase_tags,
    _erase_sources,
    _erase_webhooks,
    _erase_actions,
    _erase_traces,
    _erase_bot_chat,
    erase_feed_actions,
    erase_messages,
    erase_templates,
    erase_membership,
    erase_former_owner_notes,
]

#: Subject -> the function that returns a user's data about it, JSON-ready.
EXPORTERS: dict[str, Callable[[Session, User], Any]] = {
    "leads": _rows_of(Lead, lambda user: Lead.owner_id == user.id),
    "properties": _rows_of(Property, lambda user: Property.owner_id == user.id),
    "former_prices": _rows_of(
        PropertyPrice,
        lambda user: PropertyPrice.property_id.in_(select(Property.id).where(Property.owner_id == user.id)),
    ),
    "fetched_photos": _rows_of(FetchedPhoto, lambda user: FetchedPhoto.owner_id == user.id),
    "lead_tags": _rows_of(LeadTag, lambda user: LeadTag.lead_id.in_(_lead_ids_of(user))),
    "property_tags": _rows_of(
        PropertyTag,
        lambda user: PropertyTag.property_id.in_(select(Property.id).where(Property.owner_id == user.id)),
    ),
    "sample_data": _rows_of(SampleSet, lambda user: SampleSet.user_id == user.id),
    "sources": _rows_of(Source, lambda user: Source.owner_id == user.id),
    "outgoing_feeds": _rows_of(OutgoingFeed, lambda user: OutgoingFeed.owner_id == user.id),
    "imports": _rows_of(Import, lambda user: Import.source_id.in_(select(Source.id).where(Source.owner_id == user.id))),
    "webhooks": _rows_of(Endpoint, lambda user: Endpoint.owner_id == user.id),
    "webhook_events": _rows_of(Event, lambda user: Event.owner_id == user.id),
    "webhook_deliveries": _rows_of(
        Delivery, lambda user: Delivery.endpoint_id.in_(select(Endpoint.id).where(Endpoint.owner_id == user.id))
    ),
    "actions": _rows_of(Action, _acted_by),
    "selections": _rows_of(Selection, lambda user: Selection.id.in_(selection_ids_of(user))),
    "selection_homes": _rows_of(SelectionHome, lambda user: SelectionHome.selection_id.in_(selection_ids_of(user))),
    "base_views": _rows_of(BaseView, lambda user: BaseView.user_id == user.id),
    "lead_changes": _rows_of(LeadChange, lambda user: LeadChange.lead_id.in_(_lead_ids_of(user))),
    "tasks": _rows_of(LeadTask, lambda user: LeadTask.lead_id.in_(_lead_ids_of(user))),
    "shortlisted_homes": _rows_of(ShortlistedHome, lambda user: ShortlistedHome.lead_id.in_(_lead_ids_of(user))),
    "documents": _rows_of(Document, lambda user: Document.id.in_(document_ids_of(user))),
    "lead_follows": _rows_of(LeadFollow, lambda user: LeadFollow.lead_id.in_(_lead_ids_of(user))),
    "agenda": _rows_of(AgendaSettings, lambda user: AgendaSettings.user_id == user.id),
    "home_views": _rows_of(HomeView, lambda user: HomeView.viewer_id == user.id),
    "matches": _rows_of(Match, lambda user: Match.id.in_(match_ids_of(user))),
    "notifications": _rows_of(Notification, lambda user: Notification.user_id == user.id),
    "bot_chats": _rows_of(BotChat, lambda user: BotChat.user_id == user.id),
    "bot_drafts": _rows_of(BotDraft, lambda user: BotDraft.user_id == user.id),
    "bot_messages": _rows_of(BotMessage, lambda user: BotMessage.chat_id == user.telegram_id),
    "files": _rows_of(Upload, lambda user: Upload.owner_id == user.id),
    "sessions": _rows_of(AccountSession, lambda user: AccountSession.user_id == user.id),
    "suspended_claims": _suspended_claims,
    "codes": _rows_of(PhoneCode, lambda user: PhoneCode.user_id == user.id),
    "audit": _rows_of(AuditEntry, lambda user: AuditEntry.actor_id == user.id),
    "agency_memberships": _rows_of(AgencyMember, lambda user: AgencyMember.user_id == user.id),
    "headed_agencies": _rows_of(Agency, lambda user: Agency.head_id == user.id),
    "agency_invitations": _rows_of(
        AgencyInvitation,
        lambda user: AgencyInvitation.agency_id.in_(select(Agency.id).where(Agency.head_id == user.id)),
    ),
    "put_aside_words": _rows_of(FormerOwnerNotes, lambda user: FormerOwnerNotes.owner_id == user.id),
    "answer_templates": _rows_of(AnswerTemplate, lambda user: AnswerTemplate.owner_id == user.id),
    "feed_actions": feed_actions_by,
    "favorites": favorites_by,
    "saved_searches": _rows_of(SavedSearch, lambda user: SavedSearch.user_id == user.id),
    "inquiries": inquiries_by,
    "chat_messages": messages_by,
}
