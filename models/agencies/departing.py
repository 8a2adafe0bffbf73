"""Memberships of accounts that are deleted, or merged into another account of the same person."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.agencies.members import lock_agency, make_head
from models.agencies.tables import Agency, AgencyMember
from models.core.enums import Role


def erase_membership(session: Session, user: User) -> None:
    """Remove a user from their agency. If it loses its head, the longest-standing member becomes head."""
    agency = _agency_of(session, user.id)
    if agency is None:
        return
    session.execute(delete(AgencyMember).where(AgencyMember.user_id == user.id))
    if agency.head_id != user.id:
        return
    query = select(User.id).join(AgencyMember, AgencyMember.user_id == User.id)
    heir_id = session.scalar(
        query.where(AgencyMember.agency_id == agency.id, User.role == Role.REALTOR)
        .order_by(User.is_active.desc(), AgencyMember.joined_at, User.id)
        .limit(1)
    )
    if heir_id is None:
        session.delete(agency)
        session.flush()
    else:
        make_head(session, agency, heir_id, actor_id=None)


def merge_memberships(session: Session, removed: User, kept: User) -> None:
    """
    Move a membership to the account that stays. If both accounts are members, the membership of the one that stays
    counts.
    """
    agency = _agency_of(session, removed.id)
    if agency is None:
        return
    agency_id = session.scalar(select(AgencyMember.agency_id).where(AgencyMember.user_id == kept.id))
    if kept.role is not Role.REALTOR or agency_id not in (None, agency.id):
        erase_membership(session, removed)
        return
    if agency_id is None:
        session.execute(update(AgencyMember).where(AgencyMember.user_id == removed.id).values(user_id=kept.id))
    else:
        session.execute(delete(AgencyMember).where(AgencyMember.user_id == removed.id))
    if agency.head_id == removed.id:
        make_head(session, agency, kept.id, actor_id=None)


def _agency_of(session: Session, user_id: int) -> Agency | None:
    agency_id = session.scalar(select(AgencyMember.agency_id).where(AgencyMember.user_id == user_id))
    return None if agency_id is None else lock_agency(session, agency_id)
