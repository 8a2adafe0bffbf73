"""Activate and deactivate users, with the effect on their leads and properties."""

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from models.accounts.users import User, end_all_tokens, lock_user, require_another_admin
from models.core.enums import Role
from models.market.leads import Lead
from models.market.properties import Property


def set_active(session: Session, user_id: int, active: bool) -> User:
    """
    Activate or deactivate a user. A deactivated user's tokens become invalid and their rows leave the market at once. A
    repeated call changes nothing.

    Raises:
        NotFoundError: No such user, or one who was deleted.
        ConflictError: It is the last active administrator.
    """
    user = lock_user(session, user_id)
    if user.is_active == active:  # otherwise all their rows would be scored again without need
        return user
    if not active:
        require_another_admin(session, user)
        end_all_tokens(session, user)
    user.is_active = active
    session.flush()
    touch_market(session, user.id)
    return user


def set_role(session: Session, user_id: int, role: Role) -> User:
    """Change a user's role; their tokens stay valid, because rights are checked with every request.

    Raises:
        NotFoundError: No such user, or one who was deleted.
        ConflictError: It is the last active administrator.
    """
    user = lock_user(session, user_id)
    if role is not Role.ADMIN:
        require_another_admin(session, user)
    user.role = role
    session.flush()
    return user


def touch_market(session: Session, user_id: int) -> None:
    """Mark all of the user's leads and properties as changed, so that the lists are updated."""
    for table in (Lead, Property):
        session.execute(update(table).where(table.owner_id == user_id).values(updated_at=func.now()))
