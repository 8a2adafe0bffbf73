"""A realtor's other leads for the same client."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.core.enums import Status
from models.market.client_keys import ClientKey, client_key
from models.market.leads import Lead


def other_lead_of_client(session: Session, lead: Lead) -> int | None:
    """The id of the same realtor's oldest other lead on the market for the same client, in the same town and deal."""
    key = client_key(lead.client_contacts)
    if key is None:
        return None
    return session.scalar(
        select(Lead.id)
        .join(ClientKey, ClientKey.lead_id == Lead.id)
        .where(
            ClientKey.key == key,
            Lead.owner_id == lead.owner_id,
            Lead.id != lead.id,
            Lead.status == Status.ACTIVE,
            Lead.city_key == lead.city_key,
            Lead.deal_type == lead.deal_type,
        )
        .order_by(Lead.id)
        .limit(1)
    )


def forget_clients(session: Session, owner_id: int) -> None:
    """Delete the client keys of a user's leads."""
    leads = select(Lead.id).where(Lead.owner_id == owner_id)
    session.execute(delete(ClientKey).where(ClientKey.lead_id.in_(leads)))
