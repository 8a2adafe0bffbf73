"""Identifiers of an account (phone, e-mail address, Telegram account): each is claimed or proven.

A *claim* is what somebody wrote at a registration. A *proof* is a code by SMS, a link by e-mail, Telegram's signature,
or the word of our own bot. One account at most holds an identifier. What a proof of an identifier does:

| who holds it | the proof comes | then |
| --- | --- | --- |
| nobody | anyhow | the prover gets a new account (the caller's part) |
| an account that has proven it | anyhow | the prover is let in |
| an account that claims it | with that account's own token | it is proven; nothing else changes |
| an account that claims it and has proven nothing | anyhow | the account becomes the prover's, as said below |
| an account that claims it and has proven another | anyhow | the identifier leaves it; the prover gets a new account |

An account that becomes the prover's loses its tokens; its password and other identifiers are suspended.

So whoever registered an identifier of somebody else's before its owner came is out once the owner has proven it, and no
identifier that its owner can prove keeps the owner out. A suspended claim holds no identifier: others may claim it.
It is dropped after 30 days unless the user confirms it: the password by typing it, any other by one tap, which makes it
a claim again and never more.

Two kinds of account are not handed over to who proves a mere claim: one that is switched off, and one that has rights
over others. There the identifier leaves the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.audit import record
from models.accounts.passwords import password_fits
from models.accounts.sessions import forget_sessions_of
from models.accounts.users import PROVEN_AT, User, refuse_taken
from models.core.base import Base, rows_changed, words
from models.core.enums import PRIVILEGED_ROLES
from models.core.errors import ConflictError, InvalidValueError, NotFoundError

#: A suspended claim that is not confirmed for so long is dropped.
SUSPENDED_KEPT = timedelta(days=30)


class Claim(StrEnum):
    """The parts of an account that can be claimed and suspended. All but the password are identifiers."""

    PHONE = "phone"
    EMAIL = "email"
    TELEGRAM = "telegram"
    PASSWORD = "password"  # noqa: S105  # nosec B105


#: The column of :class:`User` that holds an identifier.
COLUMN = {Claim.PHONE: "phone", Claim.EMAIL: "email", Claim.TELEGRAM: "telegram_id"}


class SuspendedClaim(Base):
    """
    A password or identifier that was suspended when its account passed to the prover of another; it needs the user's
    confirmation.
    """

    __tablename__ = "suspended_claims"
    __table_args__ = (Index("ix_suspended_claims_suspended_at", "suspended_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[Claim] = mapped_column(words(Claim, "kind_is_known"), primary_key=True)
    value: Mapped[str] = mapped_column(String(256))  #: The identifier; of a password its hash.
    suspended_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class Known:
    """One identifier of an account, as its user sees it."""

    kind: Claim
    value: str | None  #: None of a password.
    state: str  #: "proven", "claimed" or "suspended"


def prove(session: Session, proven: Mapping[Claim, str], *, own: User | None = None) -> User | None:
    """
    The account of whoever has just proven these identifiers, changed as the module's table says.

    Args:
        proven: What was proven at once, in normal form. The first one says whose account it is; others count where that
            same account holds them, and leave a claim of another account only by a proof of their own.
        own: The user whose token came with the proof.
    Returns:
        The account, active or not; None if the prover needs a new one. Its new identifiers are then free.
    """
    (kind, value), *_ = proven.items()
    user = _holder(session, kind, value)
    if user is None:
        return None
    is_own = own is not None and own.id == user.id
    if is_own or any(proven.get(known) == getattr(user, COLUMN[known]) for known in proven_of(user)):
        _note_proven(session, user, proven)
        return user
    if proven_of(user) or not user.is_active or user.role in PRIVILEGED_ROLES:
        release(session, user, kind)
        return None
    _hand_over(session, user, proven)
    return user


def proven_of(user: User) -> dict[Claim, datetime]:
    """The identifiers that the user has proven, and when."""
    return {kind: at for kind, column in COLUMN.items() if (at := getattr(user, PROVEN_AT[column])) is not None}


def set_proven(session: Session, user: User, kind: Claim, value: str | None = None) -> None:
    """
    Record that the user has proven an identifier; with *value* the user holds it from now on (raises ConflictError).
    """
    with refuse_taken(session):
        if value is not None:
            setattr(user, COLUMN[kind], value)
        setattr(user, PROVEN_AT[COLUMN[kind]], func.now())
    session.refresh(user)


def release(session: Session, user: User, kind: Claim) -> None:
    """Remove a claimed identifier from an account because somebody else has proven it."""
    setattr(user, COLUMN[kind], None)
    if kind is Claim.TELEGRAM:
        user.telegram_username = None
    session.flush()
    record(session, "identifier_released", table_name="users", row_id=user.id, kind=kind)


def known_of(session: Session, user: User) -> list[Known]:
    """The user's identifiers and password, each proven, claimed or suspended."""
    proven = proven_of(user)
    held = [
        Known(kind, getattr(user, column), "proven" if kind in proven else "claimed")
        for kind, column in COLUMN.items()
        if getattr(user, column) is not None
    ]
    if user.password_hash is not None:
        held.append(Known(Claim.PASSWORD, None, "claimed"))
    query = select(SuspendedClaim).where(SuspendedClaim.user_id == user.id).order_by(SuspendedClaim.kind)
    suspended = [
        Known(row.kind, None if row.kind is Claim.PASSWORD else row.value, "suspended")
        for row in session.scalars(query)
    ]
    return held + suspended


def confirm(session: Session, user: User, kind: Claim, password: str | None = None) -> None:
    """
    Take a suspended claim back into the account. An identifier is a mere claim then; a password is as good as before.

    Args:
        password: Needed to confirm a password: whoever types it has set it. A tap alone could let in whoever claimed
            the account before its owner came.
    Raises:
        NotFoundError: Nothing of this kind is suspended.
        InvalidValueError: The password is not the one suspended.
        ConflictError: Somebody else holds the identifier, or the account holds another one by now.
    """
    session.refresh(user, with_for_update=True)
    row = session.get(SuspendedClaim, (user.id, kind))
    if row is None:
        raise NotFoundError("suspended claim")
    if kind is Claim.PASSWORD:
        if not password_fits(password or "", row.value):
            raise InvalidValueError("password", "password.not_the_former")
        user.password_hash = user.password_hash or row.value
    else:
        if getattr(user, COLUMN[kind]) is not None:
            raise ConflictError("claim.replaced")
        with refuse_taken(session):
            setattr(user, COLUMN[kind], row.value)
    session.delete(row)
    session.flush()
    record(session, "claim_confirmed", actor_id=user.id, table_name="users", row_id=user.id, kind=kind)


def drop(session: Session, user: User, kind: Claim) -> None:
    """Delete a suspended claim; raises NotFoundError."""
    row = session.get(SuspendedClaim, (user.id, kind))
    if row is None:
        raise NotFoundError("suspended claim")
    session.delete(row)
    session.flush()
    record(session, "claim_dropped", actor_id=user.id, table_name="users", row_id=user.id, kind=kind)


def forget_suspended(session: Session, now: datetime) -> int:
    """Delete the suspended claims that were not confirmed in time; returns their number."""
    return rows_changed(
        session.execute(delete(SuspendedClaim).where(SuspendedClaim.suspended_at < now - SUSPENDED_KEPT))
    )


def _holder(session: Session, kind: Claim, value: str) -> User | None:
    """The holder of an identifier, locked: of two simultaneous proofs the later one sees the result of the earlier."""
    query = select(User).where(getattr(User, COLUMN[kind]) == value).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def _note_proven(session: Session, user: User, proven: Mapping[Claim, str]) -> None:
    for kind, value in proven.items():
        if getattr(user, COLUMN[kind]) == value and kind not in proven_of(user):
            set_proven(session, user, kind)


def _hand_over(session: Session, user: User, proven: Mapping[Claim, str]) -> None:
    """Transfer an account without any proven identifier to the prover."""
    user.token_version += 1
    forget_sessions_of(session, user)  # where the stranger signed in is no place of the prover's
    claims = {kind: getattr(user, column) for kind, column in COLUMN.items()} | {Claim.PASSWORD: user.password_hash}
    for kind, value in claims.items():
        if value is None or proven.get(kind) == value:
            continue
        session.merge(SuspendedClaim(user_id=user.id, kind=kind, value=value, suspended_at=func.now()))
        if kind is Claim.PASSWORD:
            user.password_hash = None
        else:
            setattr(user, COLUMN[kind], None)
    if user.telegram_id is None:
        user.telegram_username = None
    session.flush()
    record(session, "account_handed_over", table_name="users", row_id=user.id, by=sorted(proven))
    _note_proven(session, user, proven)
