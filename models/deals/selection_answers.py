"""A client's answers to a selection (models.deals.selections), given anonymously by its link.

A client's like is only a mark: the other realtor is not notified; the lead's realtor may turn it into a like. A dislike
removes the home from the lead's list, like the realtor's own dislike, and the ranking learns from it. It never changes
a pair on which the realtor has acted or that has a match. If the client takes the dislike back, the home returns.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.notifications import Notification, NotificationType, notify
from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import ActionKind, Side, Status
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.deals.actions import Action
from models.deals.match_table import Match
from models.deals.matches import act
from models.deals.selections import (
    MAX_ANSWERS,
    MAX_QUESTION,
    Selection,
    SelectionHome,
    is_offered,
    opened_selection,
)
from models.deals.undoing import undo_action
from models.market.leads import Lead
from models.market.properties import Property


def answer_home(session: Session, token: str, property_id: int, answer: ActionKind | None) -> None:
    """Store the client's answer about a home, replacing an earlier one; None deletes it.

    Raises:
        NotFoundError: The link is not that of a selection, or the home is not in the selection.
        ConflictError: The home has left the market, or the link has received :data:`MAX_ANSWERS` answers.
    """

    def change(home: SelectionHome, lead: Lead, owner: User, listing: Property, now: datetime) -> bool:
        if home.answer is answer:
            return False
        if home.put_aside_at is not None:
            _bring_back(session, owner, home, lead.id)
            home.put_aside_at = None
        home.answer, home.answered_at = answer, now
        if answer is ActionKind.DISLIKE and _may_dislike(session, lead, listing):
            act(session, owner, Side.LEAD, lead_id=lead.id, property_id=listing.id, kind=ActionKind.DISLIKE)
            home.put_aside_at = now
        return True

    _take(session, token, property_id, change)


def ask_about_home(session: Session, token: str, property_id: int, question: str) -> None:
    """Store the client's question about a home, replacing an earlier one; an empty one deletes it.

    Args:
        question: At most :data:`MAX_QUESTION` characters.
    Raises:
        InvalidValueError: It is longer.
        NotFoundError, ConflictError: As for :func:`answer_home`.
    """
    text = question.replace("\r\n", "\n").replace("\x00", "").strip() or None
    if text is not None and len(text) > MAX_QUESTION:
        raise InvalidValueError("question", "text.too_long", max=MAX_QUESTION)

    def change(home: SelectionHome, _lead: Lead, _owner: User, _found: Property, now: datetime) -> bool:
        if home.question == text:
            return False
        home.question, home.answered_at = text, now
        return True

    _take(session, token, property_id, change)


def _take(
    session: Session,
    token: str,
    property_id: int,
    change: Callable[[SelectionHome, Lead, User, Property, datetime], bool],
) -> None:
    selection, lead, owner = opened_selection(session, token, lock=True)
    home = next((each for each in selection.homes if each.property_id == property_id), None)
    if home is None:
        raise NotFoundError("selection")
    listing = session.get_one(Property, property_id)
    if not is_offered(session, lead, listing):
        raise ConflictError("selection.home_gone")
    if selection.answers_taken >= MAX_ANSWERS:
        raise ConflictError("selection.answers_spent")
    if not change(home, lead, owner, listing, database_now(session)):
        return
    selection.answers_taken += 1
    session.flush()
    session.info.setdefault("changed_for_users", set()).add(owner.id)
    _notify_owner(session, owner, selection)


def _may_dislike(session: Session, lead: Lead, listing: Property) -> bool:
    """Whether a dislike would be the lead side's first action on the pair."""
    if lead.owner_id == listing.owner_id or lead.status is not Status.ACTIVE:
        return False
    action = select(Action.id).where(Action.lead_id == lead.id, Action.property_id == listing.id)
    action = action.where(Action.side == Side.LEAD)
    match = select(Match.id).where(Match.lead_id == lead.id, Match.property_id == listing.id)
    return session.scalar(action) is None and session.scalar(match) is None


def _bring_back(session: Session, owner: User, home: SelectionHome, lead_id: int) -> None:
    """Take back the dislike made by the client's answer, unless the realtor has acted on the pair since."""
    query = select(Action.id).where(
        Action.lead_id == lead_id,
        Action.property_id == home.property_id,
        Action.side == Side.LEAD,
        Action.kind == ActionKind.DISLIKE,
        Action.acted_at == home.put_aside_at,
    )
    if session.scalar(query) is not None:
        undo_action(session, owner, Side.LEAD, lead_id=lead_id, property_id=home.property_id)


def _notify_owner(session: Session, owner: User, selection: Selection) -> None:
    """Notify the realtor, once until it is read, because a client answers home by home."""
    unread = select(func.count()).where(
        Notification.user_id == owner.id,
        Notification.type == NotificationType.SELECTION_ANSWERED,
        Notification.read_at.is_(None),
        Notification.data["selection_id"].astext == str(selection.id),
    )
    if not session.scalar(unread):
        notify(
            session,
            owner.id,
            NotificationType.SELECTION_ANSWERED,
            f"selection:{selection.id}:{selection.answers_taken}",
            data={"selection_id": str(selection.id), "lead_id": str(selection.lead_id)},
        )
