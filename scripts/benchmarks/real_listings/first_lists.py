"""The time from the answer to a new lead's POST until its recommendations can be read, over HTTP."""

import time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.exchange.schemas import WANTED_TYPES, requirements_of
from models.core.enums import DealType, Origin, Status
from models.market.leads import Lead
from models.market.places import City
from models.ranking.recommendations import LeadRecommendations
from scripts.benchmarks.load.caller import Caller, Tally
from scripts.benchmarks.real_listings.market import Person

#: The pauses between two polls, and between two leads.
POLL_SECONDS, PAUSE_SECONDS = 0.01, 0.3
#: A list that takes longer to appear is a failure.
WAIT_LIMIT_SECONDS = 60
#: Values for fields that the contract requires and a stored lead may lack; none of them breaks a deal.
DEFAULTS: dict[str, Any] = {
    "area": {"min": 0, "max": 1000},
    "budget": {"min": 0},
    "property_class": "COMFORT",
    "condition": "FINISHING",
    "payment_method": "CASH",
    "additional_requirements": "",
}


def bodies(session: Session, town: City, count: int) -> list[dict[str, Any]]:
    """Bodies of `POST /leads` like *count* of the city's leads that have recommendations, spread over all of them."""
    query = (
        select(Lead)
        .join(LeadRecommendations, LeadRecommendations.lead_id == Lead.id)
        .where(
            Lead.city_key == town.key,
            Lead.deal_type == DealType.SALE,
            Lead.origin == Origin.DEMO,
            Lead.status == Status.ACTIVE,
            Lead.budget_max.is_not(None),
            Lead.property_type.in_(WANTED_TYPES),
            func.cardinality(LeadRecommendations.property_ids) > 0,
        )
        .order_by(func.hashint8(Lead.id))
        .limit(count)
    )
    return [
        {"client_name": "Measured", "requirements": _sent(requirements_of(lead))} for lead in session.scalars(query)
    ]


def _sent(requirements: dict[str, Any]) -> dict[str, Any]:
    """Turn requirements as the API returns them into requirements as it accepts them."""
    sent = {}
    for name, value in requirements.items():
        if name in ("currency", "deal_type"):
            continue
        default = DEFAULTS.get(name)
        if isinstance(default, dict):
            value = default | {end: float(amount) for end, amount in value.items() if amount is not None}
            # A stated minimum may exceed the default maximum.
            value["max"] = max(value.values())
        sent[name] = default if value is None else value
    return sent


def wait_for_first_lists(server: str, person: Person, wanted: list[dict[str, Any]], times: Tally) -> list[float]:
    """Post the bodies one after another. Returns the seconds from each answer to the list, `inf` without a list."""
    caller = Caller(times)
    waits: list[float] = []
    for body in wanted:
        answer = caller.call("POST /leads", server, "POST", "/leads", person.token, body)
        began = time.perf_counter()
        if answer is None:
            return waits
        path = f"/leads/{answer['lead_id']}/property-recommendations?limit=1"
        while not _has_list(caller, server, path, person.token):
            if time.perf_counter() - began > WAIT_LIMIT_SECONDS:
                began = -float("inf")
                break
            time.sleep(POLL_SECONDS)
        waits.append(time.perf_counter() - began)
        time.sleep(PAUSE_SECONDS)
    return waits


def _has_list(caller: Caller, server: str, path: str, token: str) -> bool:
    page = caller.call("its list", server, "GET", path, token)
    return bool(page and page["total"])
