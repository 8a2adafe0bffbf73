"""Requests of the portal: leads that buyers keep themselves."""

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models.accounts.users import User
from models.core.enums import Origin
from models.core.errors import NotFoundError
from models.market.leads import Lead, leads_of, owned_lead


def requests_of(owner: User) -> Select[Lead]:
    """The owner's requests, open and closed, newest first."""
    return leads_of(owner).where(Lead.origin == Origin.PORTAL)


def owned_request(session: Session, owner: User, request_id: int, *, lock: bool = False) -> Lead:
    """
    One of the owner's requests, open or closed.

    Raises:
        NotFoundError: It is absent, somebody else's, or a lead of another contract.
    """
    try:
        lead = owned_lead(session, owner, request_id, lock=lock)
    except NotFoundError:
        raise NotFoundError("request") from None
    if lead.origin is not Origin.PORTAL:
        raise NotFoundError("request")
    return lead
