"""The realtor's own actions on the homes of a selection, beside the client's answers."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import ActionKind, Side
from models.deals.actions import Action
from models.market.leads import Lead


def marks_of(session: Session, lead: Lead, property_ids: Iterable[int]) -> dict[int, ActionKind]:
    """Property id -> the last action of the lead's side on it; properties without one are left out."""
    query = select(Action.property_id, Action.kind).where(
        Action.lead_id == lead.id, Action.side == Side.LEAD, Action.property_id.in_(list(property_ids))
    )
    return dict(session.execute(query).all())
