"""Identifiers of an account (phone, e-mail address, Telegram account): each is claimed or proven.

A *claim* is a value that somebody entered at registration. A *proof* is a code by SMS, a link by e-mail,
Telegram's signature, or a request of our own bot. At most one account holds an identifier. The effect of proving an
identifier:

| holder | how it is proven | effect |
| --- | --- | --- |
| nobody | in any way | the prover gets a new account (the caller's part) |
| an account that has proven it | in any way | the prover is signed in |
| an account that claims it | with that account's own token | it is proven; nothing else changes |
| an account that claims it and has proven nothing | in any way | the account becomes the prover's, see below |
| an account that claims it and has proven another | in any way | it loses it; the prover gets a new account |

An account that becomes the prover's loses its tokens; its password and other identifiers are suspended. What the
former holder could use without a token ends as well (models.upkeep.end_access).

So a person who registered somebody else's identifier loses the account once the owner has proven it, and an owner who
can prove an identifier is never locked out by others. A suspended claim does not hold its identifier: others may claim
it. It is deleted after 30 days unless the user confirms it: a password by typing it, anything else by one tap, which
makes it a claim again but not a proof.

Two kinds of account are not handed over to a person who proves a mere claim: deactivated accounts, and accounts with
rights over others. In these cases the identifier is removed from the account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.accounts.audit import record
from models.accounts.passwords import password_fits
from models.accounts.sessions import delete_sessions_of
from models.accounts.users import PROVEN_AT, User, end_all_tokens, refuse_taken
from models.core.base import Base, enum_column, rows_changed
from models.core.enums import PRIVILEGED_ROLES
from models.core.errors import ConflictError, InvalidValueError, NotFoundError

#: A suspended claim is deleted after this time without confirmation.
SUSPENDED_KEPT = timedelta(days=30)


class Claim(StrEnum):
    """The parts of an account that can be claimed and suspended. All but the password are identifiers."""

    PHONE = "phone"
    EMAIL = "email"
    TELEGRAM = "telegram"
    PASSWORD = "password"  # noqa: S105  # nosec B105


#: The column of :class:`User` that holds an identifier.
COLUMN = {Claim.PHONE: "phone", Claim.EMAIL: "email", Claim.TELEGRAM: "telegram_id"}

#: A function that ends the former holder's access without a token to an account that is handed over. Callers pass it
#: (models.upkeep.end_access has it), because this folder does not know the other subjects.
EndAccess = Callable[[Session, User], None]


class SuspendedClaim(Base):
    """
    A password or identifier that was suspended when its account passed to the prover of another; it needs the user's
    confirmation.
    """

    __tablename__ = "suspended_claims"
    __table_args__ = (Index("ix_suspended_claims_suspended_at", "suspended_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[Claim] = mapped_column(enum_column(Claim, "kind_is_known"), primary_key=True)
    value: Mapped[str] = mapped_column(String(256))  #: The identifier, or the hash of a password.
    suspended_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class AccountIdentifier:
    """One identifier of an account, as its user sees it."""

    kind: Claim
    value: str | None  #: None for a password.
    state: str  #: "proven", "claimed" or "suspended"


def prove(
    session: Session, proven: Mapping[Claim, str], *, end_access: EndAccess, own: User | None = None
) -> User | None:
    """
    The account of the person who has just proven these identifiers, changed according to the module's table.

    Args:
        proven: The identifiers that were proven together, in normal form. The first determines the account. The others
            count if that same account holds them; a claim of another account is removed only by a separate proof.
        end_access: Called with the account if it is handed over.
        own: The user whose token came with the proof.
    Returns:
        The account, active or not; None if the prover needs a new one, and then the identifiers are free.
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
    _hand_over(session, user, proven, end_access)
    return user


def proven_of(user: User) -> dict[Claim, datetime]:
    """The identifiers that the user has proven, with the times."""
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


def identifiers_of(session: Session, user: User) -> list[AccountIdentifier]:
    """The user's identifiers and password, each proven, claimed or suspended."""
    proven = proven_of(user)
    held = [
        AccountIdentifier(kind, getattr(user, column), "proven" if kind in proven else "claimed")
        for kind, column in COLUMN.items()
        if getattr(user, column) is not None
    ]
    if user.password_hash is not None:
        held.append(AccountIdentifier(Claim.PASSWORD, None, "claimed"))
    query = select(SuspendedClaim).where(SuspendedClaim.user_id == user.id).order_by(SuspendedClaim.kind)
    suspended = [
        AccountIdentifier(row.kind, None if row.kind is Claim.PASSWORD else row.value, "suspended")
        for row in session.scalars(query)
    ]
    return held + suspended


def restore_claim(session: Session, user: User, kind: Claim, password: str | None = None) -> None:
    """
    Restore a suspended claim to the account. An identifier is then only a claim; a password works as before.

    Args:
        password: Needed to confirm a password, because only the person who set it can type it. A tap alone could give
            access to the person who registered the account before its owner.
    Raises:
        NotFoundError: No claim of this kind is suspended.
        InvalidValueError: The password is not the one suspended.
        ConflictError: Another account holds the identifier, or the account now holds another one.
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


def drop_claim(session: Session, user: User, kind: Claim) -> None:
    """Delete a suspended claim; raises NotFoundError."""
    row = session.get(SuspendedClaim, (user.id, kind))
    if row is None:
        raise NotFoundError("suspended claim")
    session.delete(row)
    session.flush()
    record(session, "claim_dropped", actor_id=user.id, table_name="users", row_id=user.id, kind=kind)


def delete_old_suspended_claims(session: Session, now: datetime) -> int:
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


def _hand_over(session: Session, user: User, proven: Mapping[Claim, str], end_access: EndAccess) -> None:
    """Transfer an account without any proven identifier to the prover."""
    end_all_tokens(session, user)
    delete_sessions_of(session, user)  # the stranger's places are not known places of the prover
    end_access(session, user)
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
