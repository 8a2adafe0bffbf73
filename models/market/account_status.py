"""Activate and deactivate users, with the effect on their leads and properties."""

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from models.accounts.users import User, keep_an_admin, lock_user
from models.core.enums import Role
from models.market.leads import Lead
from models.market.properties import Property


def set_active(session: Session, user_id: int, active: bool) -> User:
    """
    Activate or deactivate a user: a deactivated one's tokens are void and their rows leave the market at once. Doing so
    twice changes nothing.

    Raises:
        NotFoundError: No such user, or one who was deleted.
        ConflictError: It is the last active administrator.
    """
    user = lock_user(session, user_id)
    if user.is_active == active:  # all that they offer would be scored again for nothing
        return user
    if not active:
        keep_an_admin(session, user)
        user.token_version += 1
    user.is_active = active
    session.flush()
    touch_market(session, user.id)
    return user


def set_role(session: Session, user_id: int, role: Role) -> User:
    """Change a user's role; their tokens stay valid, because rights are read with every request.

    Raises:
        NotFoundError: No such user, or one who was deleted.
        ConflictError: It is the last active administrator.
    """
    user = lock_user(session, user_id)
    if role is not Role.ADMIN:
        keep_an_admin(session, user)
    user.role = role
    session.flush()
    return user


def touch_market(session: Session, user_id: int) -> None:
    """Mark all of the user's leads and properties as changed, so that the lists follow."""
    for table in (Lead, Property):
        session.execute(update(table).where(table.owner_id == user_id).values(updated_at=func.now()))
