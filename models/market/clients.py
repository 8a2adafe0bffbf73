"""A realtor's other leads for the same client."""

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, literal_column, select, true
from sqlalchemy.orm import Session

from models.core.enums import Status
from models.market.client_contacts import read_contacts
from models.market.client_keys import ClientContactKey, ClientKey, contact_keys
from models.market.leads import Lead
from models.platform.prepared_statements import PREPARED

#: A lead with one of the keys. Each is looked up by its id: OFFSET 0 keeps the planner, which does not know the values
#: of a prepared statement, from reading all leads of the owner.
_SAME = (
    select(Lead.id)
    .where(
        Lead.id == ClientContactKey.lead_id,
        Lead.owner_id == bindparam("owner_id"),
        Lead.id != bindparam("lead_id"),
        Lead.status == Status.ACTIVE,
        Lead.city_key == bindparam("city_key"),
        Lead.deal_type == bindparam("deal_type", type_=Lead.deal_type.type),
    )
    .offset(literal_column("0"))
    .lateral("same")
)
#: It runs for each view of a lead, and for the warning of every lead that is written with contacts, so it is built
#: once, and planned once per connection.
_OTHER_LEAD = (
    select(_SAME.c.id)
    .select_from(ClientContactKey)
    .join(_SAME, true())
    .where(ClientContactKey.key == any_(bindparam("keys", type_=ARRAY(BigInteger))))
    .order_by(_SAME.c.id)
    .limit(1)
)


def other_lead_of_client(session: Session, lead: Lead) -> int | None:
    """The id of the same realtor's oldest other lead on the market for the same client, in the same town and deal."""
    keys = contact_keys(read_contacts(lead.client_contacts))
    if not keys:
        return None
    of_lead = {"lead_id": lead.id, "owner_id": lead.owner_id, "city_key": lead.city_key, "deal_type": lead.deal_type}
    return session.scalar(_OTHER_LEAD, {"keys": keys, **of_lead}, execution_options=PREPARED)


def delete_client_keys(session: Session, owner_id: int) -> None:
    """Delete the client keys of a user's leads."""
    leads = select(Lead.id).where(Lead.owner_id == owner_id)
    for table in (ClientKey, ClientContactKey):
        session.execute(delete(table).where(table.lead_id.in_(leads)))
