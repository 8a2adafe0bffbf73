"""Who is in and who is out, and what that does to what they offer and seek."""

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from models.accounts.users import User, keep_an_admin, lock_user
from models.core.enums import Role
from models.market.leads import Lead
from models.market.properties import Property


def set_active(session: Session, user_id: int, active: bool) -> User:
    """
    Let a user in again, or put them out: their tokens are void and what they offer leaves the market at once. Doing so
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
    """
    Give a user another role; their tokens stay good, for rights are read anew with every request.

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
    """Mark everything the user offers or seeks as changed, so that the lists follow."""
    for table in (Lead, Property):
        session.execute(update(table).where(table.owner_id == user_id).values(updated_at=func.now()))
