"""A tenant's preferences: each user's single lead for the feed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Origin, Status
from models.core.locks import lock_until_commit
from models.market.leads import Lead, create_lead, replace_lead


def preference_of(session: Session, user: User) -> Lead | None:
    """The user's preferences; None if they were never set or have been archived."""
    return session.scalar(_preferences(user).where(Lead.status == Status.ACTIVE))


def lock_preference(session: Session, user: User) -> Lead | None:
    """
    Like :func:`preference_of`, for a change that depends on the present values: no other request changes the user's
    preferences until the transaction ends.
    """
    _wait_for_turn(session, user)
    return session.scalar(_preferences(user).where(Lead.status == Status.ACTIVE).with_for_update())


def save_preference(session: Session, user: User, fields: Mapping[str, Any]) -> Lead:
    """Create or replace the user's preferences; simultaneous calls run one after another and create one row."""
    _wait_for_turn(session, user)
    lead = session.scalar(_preferences(user).with_for_update())
    if lead is None:
        return create_lead(session, user, Origin.TINDER, fields)
    replace_lead(session, lead, {**fields, "status": Status.ACTIVE})
    return lead


def _preferences(user: User) -> Select[Lead]:
    return select(Lead).where(Lead.owner_id == user.id, Lead.origin == Origin.TINDER)


def _wait_for_turn(session: Session, user: User) -> None:
    # Not a lock of the row, which may not exist yet.
    lock_until_commit(session, f"preference:{user.id}")
