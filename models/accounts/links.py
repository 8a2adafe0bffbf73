"""One-time links: links by e-mail, which prove the address, and administrators' invitations.

A link contains the row's id and 192 bits, an HMAC of the row's random seed with a key that is not in the database. So a
stolen database gives no access, and the worker that sends a link needs only the row's id. A link works once.

It must not be visible whether an address is registered: every request writes a row, sends a task and counts against the
requester. A row without a user (nobody has the address, or its mails are used up) is a decoy, for which no mail is
sent. A new link does not invalidate earlier ones, so the owner of an address can also sign in by a link that somebody
else requested for it.
"""

import base64
import hashlib
import hmac
import math
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, and_, delete, select, text, update
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.identity import Claim, EndAccess, prove, set_proven
from models.accounts.phone_codes import Delivery
from models.accounts.sessions import known_place
from models.accounts.users import User, create_user
from models.core.base import Base, Id, enum_column, rows_changed
from models.core.enums import Role
from models.core.errors import NotFoundError, NotSignedInError, TooManyError
from models.core.locks import lock_until_commit

EMAIL_LIFETIME = timedelta(minutes=30)
INVITATION_LIFETIME = timedelta(days=7)
#: Mails to one address, counted separately for requests from known and from other places: (maximum number, period).
EMAIL_LIMITS = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
#: Mails requested from one network.
NETWORK_LIMITS = ((20, timedelta(minutes=10)), (100, timedelta(days=1)))
#: Rows are needed to count mails, for at most a day.
KEPT = timedelta(days=1)

REFUSED = "link.refused"
_SHAPE = re.compile(r"([1-9][0-9]{0,17})\.([A-Za-z0-9_-]{32})")


class OneTimeLink(Base):
    """One link. With neither `is_sendable` nor a role it is a decoy."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        Index("ix_one_time_links_email", "email", "made_at"),
        Index("ix_one_time_links_network", "network", "made_at"),
        Index("ix_one_time_links_made_at", "made_at"),
    )

    id: Mapped[Id]
    #: The address to which it is sent, or which an administrator invites.
    email: Mapped[str | None] = mapped_column(String(254))
    role: Mapped[Role | None] = mapped_column(enum_column(Role, "role_is_known"))  #: An invited user's role.
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  #: The administrator who invites.
    network: Mapped[str | None] = mapped_column(INET)  #: The requester's network.
    is_known: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    is_sendable: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    #: The requester's language, a code of ISO 639-1; null: unknown.
    language: Mapped[str | None] = mapped_column(String(2))
    seed: Mapped[bytes] = mapped_column(LargeBinary(16))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    delivery: Mapped[Delivery] = mapped_column(enum_column(Delivery, "delivery_is_known"), default=Delivery.QUEUED)


def request_email_link(
    session: Session,
    email: str,
    *,
    network: str | None,
    device: str | None,
    language: str | None = None,
    now: datetime,
) -> OneTimeLink:
    """Request a link for *email* (in normal form).

    Args:
        network, device: The requester's place; see models.accounts.sessions.known_place.
        language: The requester's language, for the mail to a user who never chose one.
    Returns:
        The row; a decoy if nobody has the address or its mails are used up.
    Raises:
        TooManyError: The requesting network has used up its mails.
    """
    # Requests that count against the same limit are serialised, so that all of them count; always in this order.
    for name in (f"email-link:{email}", *([] if network is None else [f"links-of-network:{network}"])):
        lock_until_commit(session, name)
    user = session.scalar(select(User).where(User.email == email))
    is_known = known_place(session, user, network, device) is not None
    from_here = OneTimeLink.network == network if network is not None else OneTimeLink.network.is_(None)
    _check(session, and_(OneTimeLink.email == email, from_here), EMAIL_LIMITS, now)
    if network is not None:
        _check(session, from_here, NETWORK_LIMITS, now)
    sent = and_(OneTimeLink.email == email, OneTimeLink.is_sendable, OneTimeLink.is_known.is_(is_known))
    is_spent = _free_from(session, sent, EMAIL_LIMITS, now) is not None
    may_enter = user is not None and (user.is_active or user.email_proven_at is None)
    row = _new(session, now, EMAIL_LIFETIME, email=email, network=network, is_known=is_known)
    row.is_sendable, row.language = may_enter and not is_spent, language
    session.flush()
    return row


def use_email_link(
    session: Session, link: str, secret: str, now: datetime, *, end_access: EndAccess, own: User | None = None
) -> User:
    """
    Use a link sent by e-mail and return its active user. See models.accounts.identity for the account that it signs in
    to.

    Args:
        end_access: See :func:`models.accounts.identity.prove`.
        own: The user whose token came with the link.

    Raises:
        NotSignedInError: The link is wrong, used or too old, or its user is deactivated.
    """
    row = _valid(session, link, secret, now)
    if row.role is not None or row.email is None or not row.is_sendable:
        raise NotSignedInError(REFUSED)
    user = prove(session, {Claim.EMAIL: row.email}, end_access=end_access, own=own)
    if user is None:
        user = create_user(session, role=Role.TENANT, email=row.email)
        set_proven(session, user, Claim.EMAIL)
    if not user.is_active:
        raise NotSignedInError(REFUSED)
    row.used_at = now
    session.flush()
    return user


def invite(session: Session, admin: User, role: Role, email: str | None, now: datetime) -> OneTimeLink:
    """Create an invitation to become a user with this role; the administrator passes on its link."""
    row = _new(session, now, INVITATION_LIFETIME, email=email, role=role, made_by=admin.id)
    session.flush()
    return row


def invitation_of(session: Session, link: str, secret: str, now: datetime) -> OneTimeLink:
    """
    The invitation of an unused link; raises NotFoundError, also if the user who invited is no longer an active
    administrator.
    """
    try:
        row = _valid(session, link, secret, now)
    except NotSignedInError:
        row = None
    admin = None if row is None or row.made_by is None else session.get(User, row.made_by)
    if row is None or row.role is None or admin is None or admin.role is not Role.ADMIN or not admin.is_active:
        raise NotFoundError("invitation")
    return row


def accept(session: Session, row: OneTimeLink, *, name: str, email: str, password_hash: str, now: datetime) -> User:
    """
    Create the user of an invitation. An address that the administrator entered counts as proven, because the
    administrator vouches for it.

    Raises:
        ConflictError: Another user already has the address.
    """
    user = create_user(session, role=row.role, name=name, email=email, password_hash=password_hash)
    if row.email == email:
        set_proven(session, user, Claim.EMAIL)
    row.used_at = now
    session.flush()
    return user


def link_of(row: OneTimeLink, secret: str) -> str:
    """The token in a link: the row's id and its 192 bits."""
    digest = hmac.digest(secret.encode(), b"one-time-link:" + row.seed, hashlib.sha256)[:24]
    return f"{row.id}.{base64.urlsafe_b64encode(digest).decode()}"


def claim_mail(session: Session, link_id: int, now: datetime) -> OneTimeLink | None:
    """Claim a queued link for sending; None if it is a decoy, too old, claimed or sent. See codes.claim_delivery."""
    return session.scalar(
        update(OneTimeLink)
        .where(
            OneTimeLink.id == link_id,
            OneTimeLink.delivery == Delivery.QUEUED,
            OneTimeLink.is_sendable,
            OneTimeLink.expires_at > now,
        )
        .values(delivery=Delivery.SENDING)
        .returning(OneTimeLink)
    )


def waiting_links(session: Session, now: datetime, *, min_wait: timedelta) -> list[int]:
    """Ids of links that nobody has claimed for sending: their messages were lost, or no worker runs."""
    query = select(OneTimeLink.id).where(
        OneTimeLink.delivery == Delivery.QUEUED,
        OneTimeLink.is_sendable,
        OneTimeLink.expires_at > now,
        OneTimeLink.made_at < now - min_wait,
    )
    return list(session.scalars(query.order_by(OneTimeLink.id)))


def delete_old_links(session: Session, now: datetime) -> int:
    """Delete the links that are no longer valid and no longer counted; returns their number."""
    old = and_(OneTimeLink.made_at < now - KEPT, OneTimeLink.expires_at < now)
    return rows_changed(session.execute(delete(OneTimeLink).where(old)))


def _new(session: Session, now: datetime, lifetime: timedelta, **fields: object) -> OneTimeLink:
    row = OneTimeLink(seed=secrets.token_bytes(16), made_at=now, expires_at=now + lifetime, **fields)
    session.add(row)
    return row


def _valid(session: Session, link: str, secret: str, now: datetime) -> OneTimeLink:
    """The locked row of an unused link; raises NotSignedInError."""
    shape = _SHAPE.fullmatch(link)
    row = (
        session.scalar(select(OneTimeLink).where(OneTimeLink.id == int(shape[1])).with_for_update()) if shape else None
    )
    expected = link_of(row or OneTimeLink(id=0, seed=bytes(16)), secret)
    fits = hmac.compare_digest(expected.encode(), link.encode())
    if row is None or not fits or row.used_at is not None or now >= row.expires_at:
        raise NotSignedInError(REFUSED)
    return row


def _check(session: Session, condition: ColumnElement[bool], limits: tuple, now: datetime) -> None:
    moment = _free_from(session, condition, limits, now)
    if moment is not None:
        wait = math.ceil((moment - now).total_seconds())
        raise TooManyError("link.too_many", max(1, wait))


def _free_from(session: Session, condition: ColumnElement[bool], limits: tuple, now: datetime) -> datetime | None:
    """When the next mail that meets *condition* is allowed; None: now. Takes equally long in both cases."""
    moments = []
    for maximum, window in limits:
        query = select(OneTimeLink.made_at).where(condition, OneTimeLink.made_at > now - window)
        moment = session.scalar(query.order_by(OneTimeLink.made_at.desc()).offset(maximum - 1).limit(1))
        moments += [moment + window] if moment is not None else []
    return max(moments, default=None)
