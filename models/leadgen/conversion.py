"""Conversion of a prospect into a lead of the exchange, at most once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from models.accounts import audit
from models.accounts.users import active_user
from models.core.enums import Origin, Role
from models.core.errors import ConflictError, InvalidValueError
from models.leadgen.prospects import Prospect, ProspectStatus
from models.market.leads import Lead, create_lead

#: Roles that may own leads of the exchange.
LEAD_OWNERS = frozenset({Role.REALTOR, Role.AGENCY})


def convert(session: Session, prospect: Prospect, realtor_id: int, wishes: Mapping[str, Any]) -> Lead:
    """
    Create a lead of the realtor from a locked prospect; *wishes* are columns of :class:`Lead`.

    Columns that *wishes* leave out come from the prospect: name, phone, notes, and its budget as the maximum.

    Raises:
        ConflictError: The prospect is a lead already, or is spam.
        InvalidValueError: There is no such active realtor, or the budgets contradict each other.
    """
    if prospect.lead_id is not None:
        raise ConflictError("prospect.converted")
    if prospect.status is ProspectStatus.SPAM:
        raise ConflictError("prospect.spam")
    realtor = active_user(session, realtor_id)
    if realtor is None or realtor.role not in LEAD_OWNERS:
        raise InvalidValueError("realtor_id", "realtor.not_active")
    known = {
        "client_name": prospect.name,
        "client_contacts": prospect.phone,
        "notes": prospect.notes,
        "budget_max": prospect.budget,
    }
    fields = known | {name: value for name, value in wishes.items() if value is not None}
    if (fields.get("budget_min") or 0) > (fields["budget_max"] if fields["budget_max"] is not None else float("inf")):
        raise InvalidValueError("requirements.budget.min", "prospect.budget_too_small")
    lead = create_lead(session, realtor, Origin.LEADGEN, fields)
    prospect.lead_id = lead.id
    audit.record(session, "prospect_converted", table_name="prospects", row_id=prospect.id, lead_id=lead.id)
    session.flush()
    return lead
