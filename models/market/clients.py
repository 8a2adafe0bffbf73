"""A realtor's other leads for the same client."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.core.enums import Status
from models.market.client_keys import ClientContactKey, ClientKey, contact_keys
from models.market.leads import Lead


def other_lead_of_client(session: Session, lead: Lead) -> int | None:
    """The id of the same realtor's oldest other lead on the market for the same client, in the same town and deal."""
    keys = contact_keys(lead.client_contacts)
    if not keys:
        return None
    return session.scalar(
        select(Lead.id)
        .join(ClientContactKey, ClientContactKey.lead_id == Lead.id)
        .where(
            ClientContactKey.key.in_(keys),
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
    for table in (ClientKey, ClientContactKey):
        session.execute(delete(table).where(table.lead_id.in_(leads)))
