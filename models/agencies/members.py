"""Members of an agency: found it, leave, remove a member, transfer the headship, dissolve it.

Every change locks the agency's row first, so that changes of one agency, and of its members' rows
(:mod:`models.agencies.reassigning`), run one after another.
"""

from typing import NamedTuple

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.accounts.audit import record
from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.agencies.tables import MAX_NAME, Agency, AgencyInvitation, AgencyMember
from models.core.base import rows_changed
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, NotAllowedError, NotFoundError

MAX_MEMBERS = 300


class Membership(NamedTuple):
    """A user's membership of an agency."""

    agency: Agency
    is_head: bool


def membership_of(session: Session, user: User) -> Membership | None:
    """The user's membership; None without one."""
    query = select(Agency).join(AgencyMember, AgencyMember.agency_id == Agency.id)
    agency = session.scalar(query.where(AgencyMember.user_id == user.id))
    return None if agency is None else Membership(agency, agency.head_id == user.id)


def members_of(agency: Agency) -> Select[User, AgencyMember]:
    """Select (user, membership) of an agency, the head first, then in the order of joining."""
    return (
        select(User, AgencyMember)
        .join(AgencyMember, AgencyMember.user_id == User.id)
        .where(AgencyMember.agency_id == agency.id)
        .order_by(User.id != agency.head_id, AgencyMember.joined_at, User.id)
    )


def create_agency(session: Session, user: User, name: str) -> Agency:
    """Found an agency with the user as its head.

    Raises:
        NotAllowedError: The user is not a realtor.
        ConflictError: The user is in an agency.
        InvalidValueError: See :func:`rename_agency`.
    """
    check_realtor(user)
    agency = Agency(name=_read_name(name), head_id=user.id)
    if membership_of(session, user) is not None:
        raise ConflictError("agency.already_member")
    # Of two simultaneous requests the second waits here, and then has nothing to insert.
    made = insert(Agency).values(name=agency.name, head_id=user.id)
    agency_id = session.scalar(made.on_conflict_do_nothing(index_elements=[Agency.head_id]).returning(Agency.id))
    if agency_id is None:
        raise ConflictError("agency.already_member")
    add_member(session, agency_id, user)
    record(session, "agency_created", actor_id=user.id, table_name="agencies", row_id=agency_id)
    return session.get_one(Agency, agency_id)


def rename_agency(session: Session, head: User, name: str) -> None:
    """Rename the agency.

    Raises:
        NotFoundError, NotAllowedError: See :func:`headed_agency`.
        InvalidValueError: The name is empty, too long, or holds what cannot be printed.
    """
    headed_agency(session, head, lock=True).name = _read_name(name)
    session.flush()


def leave_agency(session: Session, user: User) -> None:
    """
    Leave an agency; the user's leads and properties stay the user's.

    Raises:
        NotFoundError: The user is in no agency.
        ConflictError: The user is its head, who hands the headship over or dissolves it.
    """
    agency = _own_agency(session, user)
    if agency.head_id == user.id:
        raise ConflictError("agency.head_cannot_leave")
    _drop_member(session, agency, user.id)
    record(session, "agency_left", actor_id=user.id, table_name="agencies", row_id=agency.id)
    notify_member(session, agency.head_id, agency, "left", f"{user.id}", member_id=user.id)


def remove_member(session: Session, head: User, user_id: int) -> None:
    """Remove a member, who keeps their leads and properties; the head no longer sees them.

    Raises:
        NotFoundError, NotAllowedError: See :func:`headed_agency`; or the user is not a member of it.
        ConflictError: It is the head.
    """
    agency = headed_agency(session, head, lock=True)
    if user_id == head.id:
        raise ConflictError("agency.head_cannot_leave")
    _drop_member(session, agency, user_id)
    record(session, "agency_member_removed", actor_id=head.id, table_name="users", row_id=user_id, agency=agency.id)
    notify_member(session, user_id, agency, "removed", f"{head.id}", member_id=head.id)


def hand_over(session: Session, head: User, user_id: int) -> None:
    """Make another member the head. Open invitations are revoked, because they name the former head.

    Raises:
        NotFoundError, NotAllowedError: See :func:`headed_agency`; or the user is not an active member of it.
    """
    agency = headed_agency(session, head, lock=True)
    query = select(User).join(AgencyMember, AgencyMember.user_id == User.id)
    new_head = session.scalar(
        query.where(AgencyMember.agency_id == agency.id, User.id == user_id, User.is_active, User.role == Role.REALTOR)
    )
    if new_head is None:
        raise NotFoundError("member")
    if new_head.id != head.id:
        make_head(session, agency, new_head.id, actor_id=head.id)


def dissolve_agency(session: Session, head: User) -> None:
    """
    End an agency whose only member is its head.

    Raises:
        NotFoundError, NotAllowedError: See :func:`headed_agency`.
        ConflictError: It has other members.
    """
    agency = headed_agency(session, head, lock=True)
    if count_members(session, agency.id) > 1:
        raise ConflictError("agency.has_members")
    record(session, "agency_dissolved", actor_id=head.id, table_name="agencies", row_id=agency.id)
    session.delete(agency)
    session.flush()


def headed_agency(session: Session, user: User, *, lock: bool = False) -> Agency:
    """
    The agency that the user heads.

    Raises:
        NotFoundError: The user is in no agency.
        NotAllowedError: Another member is its head.
    """
    agency = _own_agency(session, user, lock=lock)
    if agency.head_id != user.id:
        raise NotAllowedError("agency.head_only")
    return agency


def lock_agency(session: Session, agency_id: int) -> Agency | None:
    """The agency, read again and locked until the transaction ends; None if it no longer exists."""
    query = select(Agency).where(Agency.id == agency_id).with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def add_member(session: Session, agency_id: int, user: User) -> None:
    """Add a user to an agency. Raises ConflictError if the user is in one, even since a moment ago."""
    row = insert(AgencyMember).values(user_id=user.id, agency_id=agency_id)
    added = session.scalar(row.on_conflict_do_nothing().returning(AgencyMember.user_id))
    if added is None:
        raise ConflictError("agency.already_member")


def count_members(session: Session, agency_id: int) -> int:
    """The number of an agency's members, including its head."""
    query = select(func.count()).select_from(AgencyMember).where(AgencyMember.agency_id == agency_id)
    return session.scalar(query) or 0


def check_realtor(user: User) -> None:
    """Raise NotAllowedError if the user is not a realtor."""
    if user.role is not Role.REALTOR:
        raise NotAllowedError("agency.realtors_only")


def make_head(session: Session, agency: Agency, user_id: int, *, actor_id: int | None) -> None:
    """Transfer the headship of a locked agency, revoke its invitations, and notify the new head."""
    before, agency.head_id = agency.head_id, user_id
    session.execute(delete(AgencyInvitation).where(AgencyInvitation.agency_id == agency.id))
    session.flush()
    record(
        session,
        "agency_head_changed",
        actor_id=actor_id,
        table_name="agencies",
        row_id=agency.id,
        former=before,
        head=user_id,
    )
    notify_member(session, user_id, agency, "head", f"{before}", member_id=before)


def notify_member(session: Session, to: int, agency: Agency, variant: str, about: str, **data: int) -> None:
    """Notify a user of news of the agency; repeated news is sent each time."""
    moment = session.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0
    subject = f"agency:{agency.id}:{variant}:{about}:{int(moment * 1000)}"
    notify(session, to, NotificationType.AGENCY_NEWS, subject, data=data, variant=variant, agency=agency.name)


def _own_agency(session: Session, user: User, *, lock: bool = True) -> Agency:
    """The user's agency, read after locking it."""
    agency_id = session.scalar(select(AgencyMember.agency_id).where(AgencyMember.user_id == user.id))
    if agency_id is None:
        raise NotFoundError("agency")
    agency = lock_agency(session, agency_id) if lock else session.get(Agency, agency_id)
    # Somebody may have been removed while this waited for the lock.
    still = session.scalar(
        select(AgencyMember.user_id).where(AgencyMember.user_id == user.id, AgencyMember.agency_id == agency_id)
    )
    if agency is None or still is None:
        raise NotFoundError("agency")
    return agency


def _drop_member(session: Session, agency: Agency, user_id: int) -> None:
    """Remove a member; raises NotFoundError if the user is not one."""
    deleted = delete(AgencyMember).where(AgencyMember.user_id == user_id, AgencyMember.agency_id == agency.id)
    if not rows_changed(session.execute(deleted)):
        raise NotFoundError("member")


def _read_name(text: str) -> str:
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise InvalidValueError("name", "agency.name_empty")
    if len(name) > MAX_NAME:
        raise InvalidValueError("name", "agency.name_too_long", max=MAX_NAME)
    return name
