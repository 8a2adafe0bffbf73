"""
Ends the access without a token that a former holder may have to an account that passes to another person (see
models.accounts.identity): otherwise the person who registered it would go on receiving its data.

The new holder, who may be the same honest person, can switch everything on again.
"""

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.accounts.bot_links import unlink
from models.accounts.users import User
from models.agencies.members import leave_agency, membership_of
from models.agenda.settings import close_calendar
from models.sources.outgoing import close_outgoing_feed
from models.sources.tables import Source, SourceState
from models.webhooks.tables import DisabledReason, Endpoint


def end_standing_access(session: Session, user: User) -> None:
    """End everything of the account that reaches others, or that others feed, without a token."""
    unlink(session, user)
    close_calendar(session, user)
    close_outgoing_feed(session, user)
    statement = update(Endpoint).where(Endpoint.owner_id == user.id, Endpoint.is_enabled)
    session.execute(statement.values(is_enabled=False, disabled_reason=DisabledReason.OWNER))
    fetched = update(Source).where(Source.owner_id == user.id, Source.address.is_not(None))
    session.execute(fetched.values(state=SourceState.PAUSED))
    joined = membership_of(session, user)
    if joined is not None and not joined.is_head:  # the head reads the agents' rows
        leave_agency(session, user)
