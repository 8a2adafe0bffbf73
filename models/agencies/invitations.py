"""Invitations into an agency: links created by the head, each for one realtor."""

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from models.accounts.audit import record
from models.accounts.users import User
from models.agencies.members import (
    MAX_MEMBERS,
    add_member,
    check_realtor,
    count_members,
    headed_agency,
    lock_agency,
    membership_of,
    notify_member,
)
from models.agencies.tables import MAX_NAME, Agency, AgencyInvitation
from models.core.base import database_now, rows_changed
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.core.link_tokens import is_token

TOKEN_BYTES = 24
LIFETIME = timedelta(days=7)
MAX_OPEN = 50  #: Invitations of one agency at once.


class Invited(NamedTuple):
    """The agency and head of an invitation."""

    agency: Agency
    head: User


def invite(session: Session, head: User, label: str = "") -> str:
    """Create an invitation; returns the token of its link, which cannot be read again.

    Args:
        label: A note about the invited person, which only the head sees; may be empty.
    Raises:
        NotFoundError, NotAllowedError: See :func:`models.agencies.members.headed_agency`.
        InvalidValueError: The label is too long or holds what cannot be printed.
        ConflictError: :data:`MAX_OPEN` are open.
    """
    agency = headed_agency(session, head, lock=True)
    words = " ".join(label.split())
    if len(words) > MAX_NAME or not words.isprintable():
        raise InvalidValueError("label", "agency.label_too_long", max=MAX_NAME)
    delete_expired_invitations(session)
    count = select(func.count()).select_from(AgencyInvitation).where(AgencyInvitation.agency_id == agency.id)
    if (session.scalar(count) or 0) >= MAX_OPEN:
        raise ConflictError("agency.too_many_invitations")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = database_now(session) + LIFETIME
    row = AgencyInvitation(agency_id=agency.id, digest=_digest(token), label=words or None, expires_at=expires_at)
    session.add(row)
    session.flush()
    record(session, "agency_invited", actor_id=head.id, table_name="agency_invitations", row_id=row.id)
    return token


def open_invitations(agency: Agency) -> Select[AgencyInvitation]:
    """Select an agency's invitations that can still be accepted, the newest first."""
    conditions = (AgencyInvitation.agency_id == agency.id, AgencyInvitation.expires_at > func.now())
    return select(AgencyInvitation).where(*conditions).order_by(AgencyInvitation.id.desc())


def withdraw_invitation(session: Session, head: User, invitation_id: int) -> None:
    """Revoke an invitation. Raises NotFoundError if the head's agency has none with this id."""
    agency = headed_agency(session, head, lock=True)
    conditions = (AgencyInvitation.id == invitation_id, AgencyInvitation.agency_id == agency.id)
    if not rows_changed(session.execute(delete(AgencyInvitation).where(*conditions))):
        raise NotFoundError("agency_invitation")
    record(session, "agency_invitation_withdrawn", actor_id=head.id, row_id=invitation_id)


def read_invitation(session: Session, token: str) -> Invited:
    """The agency and head of an invitation, for anybody who has the link.

    Raises:
        NotFoundError: There is no such link; it was used or revoked, or has expired; or the head is not active.
    """
    agency_id = _agency_id(session, token)
    agency = None if agency_id is None else session.get(Agency, agency_id)
    head = None if agency is None else session.get(User, agency.head_id)
    if agency is None or head is None or not head.is_active:
        raise NotFoundError("agency_invitation")
    return Invited(agency, head)


def accept_invitation(session: Session, user: User, token: str, head_id: int) -> Agency:
    """Join an agency by a link, which nobody else can use afterwards.

    Args:
        head_id: The head whose name the user was shown.
    Raises:
        NotFoundError: See :func:`read_invitation`.
        NotAllowedError: The user is not a realtor.
        ConflictError: The user is in an agency, it has another head by now, or it is full.
    """
    check_realtor(user)
    if membership_of(session, user) is not None:
        raise ConflictError("agency.already_member")
    agency_id = _agency_id(session, token)
    agency = None if agency_id is None else lock_agency(session, agency_id)
    # Of two simultaneous uses of a link, the second waits for the lock and deletes nothing.
    taken = delete(AgencyInvitation).where(
        AgencyInvitation.digest == _digest(token), AgencyInvitation.expires_at > func.now()
    )
    if agency is None or not rows_changed(session.execute(taken)):
        raise NotFoundError("agency_invitation")
    if agency.head_id != head_id or not session.get_one(User, agency.head_id).is_active:
        raise ConflictError("agency.head_changed")
    if count_members(session, agency.id) >= MAX_MEMBERS:
        raise ConflictError("agency.full")
    add_member(session, agency.id, user)
    record(session, "agency_joined", actor_id=user.id, table_name="agencies", row_id=agency.id)
    notify_member(session, agency.head_id, agency, "joined", f"{user.id}", member_id=user.id)
    return agency


def delete_expired_invitations(session: Session) -> int:
    """Delete expired invitations; returns their number."""
    return rows_changed(session.execute(delete(AgencyInvitation).where(AgencyInvitation.expires_at <= func.now())))


def _agency_id(session: Session, token: str) -> int | None:
    if not is_token(token):
        return None
    conditions = (AgencyInvitation.digest == _digest(token), AgencyInvitation.expires_at > func.now())
    return session.scalar(select(AgencyInvitation.agency_id).where(*conditions))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
