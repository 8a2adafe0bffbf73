"""Helpers for tests of the feed: listings, a preference, a stored list, and the entries shown."""

from sqlalchemy import delete

from models.core.base import utc_now
from models.market.leads import Lead
from models.ranking.recommendations import LeadRecommendations

CITY = "Зурбаган"


class Recorder:
    """Replaces the worker's client; records the leads for which rescoring was requested."""

    def __init__(self):
        self.leads = []

    def lead_changed(self, lead_id):
        self.leads.append(lead_id)

    def property_changed(self, property_id):
        pass

    def notification_stored(self, notification_id):
        pass


def made(owner, **changes):
    body = {"title": "Дом", "city": CITY, "deal_type": "rent", "property_type": "flat", "price": 100, **changes}
    answer = owner("POST", "/listings", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["id"]


def prefer(tenant, **changes):
    body = {
        "city": CITY, "deal_type": "rent", "property_type": "flat", "price_min": 50, "price_max": 200, **changes
    }  # fmt: skip
    return tenant("POST", "/preferences", json=body).json["id"]


def store_list(database, lead_id, property_ids):
    """Store a list of the lead's present version, as a worker would."""
    database.execute(delete(LeadRecommendations))
    lead = database.get(Lead, lead_id, populate_existing=True)
    database.add(
        LeadRecommendations(
            lead_id=lead_id,
            property_ids=property_ids,
            scores=[100.0 - rank * 0.5 for rank in range(len(property_ids))],
            version=lead.version,
            city_key=lead.city_key,
            deal_type=lead.deal_type,
            computed_at=utc_now(),
        )
    )
    database.commit()


def shown(tenant):
    answer = tenant("GET", "/feed/next")
    assert answer.status_code == 200, answer.text
    return answer.json and answer.json["id"]


def act(tenant, listing, action="dislike"):
    return tenant("POST", "/feed/action", json={"listing_id": listing, "action": action, "source": "web"})
