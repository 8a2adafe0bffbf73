"""API keys for one niche see and write only its rows, in every operation."""

import re
import uuid

import pytest
from sqlalchemy.orm import Session

from api.http import access
from models.accounts.api_keys import create_api_key
from models.core.enums import Role
from models.leadgen.prospects import Prospect
from tests.api.leadgen import make_ad, make_campaign, make_contact, make_niche, send
from tests.factories import make_user

REQUIREMENTS = {"location": {"city": "Алматы"}}


@pytest.fixture
def client(app_with):
    return app_with(ENVIRONMENT="local").test_client()


@pytest.fixture
def niches(client) -> list[dict[str, str]]:
    """Two niches, each with a campaign, an ad and a prospect: their ids by the names of path parameters."""
    made = []
    for number in range(2):
        niche = make_niche(client)["id"]
        campaign = make_campaign(client, niche_id=niche)["id"]
        ad = make_ad(client, campaign)["id"]
        lead = make_contact(client, ad_id=ad, phone=f"+770112345{number:02}")["id"]
        made.append({"niche_id": niche, "campaign_id": campaign, "ad_id": ad, "lead_id": lead})
    make_contact(client, phone="+77011234599")  # of no niche
    return made


@pytest.fixture
def key(engine, niches) -> dict[str, str]:
    """The header with a key of the first niche."""
    with Session(engine) as session:
        _, made = create_api_key(session, "agency", uuid.UUID(niches[0]["niche_id"]))
        session.commit()
    return {"X-API-Key": made}


def bodies(engine) -> dict[str, object]:
    with Session(engine) as session:
        realtor = make_user(session, Role.REALTOR).id
        session.commit()
    return {
        "PATCH /api/niches/<uuid:niche_id>": {"name": "taken"},
        "PATCH /api/campaigns/<uuid:campaign_id>/status": {"status": "active"},
        "POST /api/campaigns/<uuid:campaign_id>/ads": {"title": "x"},
        "PATCH /api/ads/<uuid:ad_id>": {"title": "taken"},
        "PATCH /api/leads/<uuid:lead_id>/status": {"status": "spam"},
        "POST /api/leads/<uuid:lead_id>/messages": {"message": "?", "sender": "bot", "platform": "olx"},
        "POST /api/leads/<uuid:lead_id>/convert": {"realtor_id": str(realtor), "requirements": REQUIREMENTS},
    }


def test_a_key_of_one_niche_does_not_find_what_is_anothers(client, engine, niches, key):
    body_of = bodies(engine)
    seen = 0
    for method, path, facts in access.operations(client.application):
        if facts.access.name != "api key" or "<uuid:" not in path:
            continue
        url = re.sub(r"<uuid:(\w+)>", lambda part: niches[1][part[1]], path)
        send(client, method, url, 404, json=body_of.get(f"{method} {path}"), headers=key)
        seen += 1
    assert seen >= 14
    untouched = send(client, "GET", f"/api/leads/{niches[1]['lead_id']}")
    assert (untouched["status"], untouched["conversations"], untouched["lead_id"]) == ("new", [], None)


def test_lists_and_exports_hold_the_keys_niche_alone(client, niches, key):
    own = niches[0]
    for path, name in (("/api/niches", "niche_id"), ("/api/campaigns", "campaign_id"), ("/api/leads", "lead_id")):
        assert [row["id"] for row in send(client, "GET", path, headers=key)] == [own[name]], path
    other = niches[1]["niche_id"]
    assert send(client, "GET", f"/api/campaigns?niche_id={other}", headers=key) == []
    assert send(client, "GET", f"/api/leads?niche_id={other}", headers=key) == []
    exported = client.get("/api/leads/export", headers=key).text.splitlines()
    assert len(exported) == 2 and exported[1].startswith(own["lead_id"])


def test_a_key_of_one_niche_writes_into_it_alone(client, engine, niches, key):
    own, other = niches
    campaign = {"name": "n", "platform": "olx", "budget": 1}
    send(client, "POST", "/api/campaigns", 201, json=campaign | {"niche_id": own["niche_id"]}, headers=key)
    send(client, "POST", "/api/campaigns", 400, json=campaign | {"niche_id": other["niche_id"]}, headers=key)
    contact = {"name": "n", "source": "olx"}
    send(client, "POST", "/api/leads", 201, json=contact | {"ad_id": own["ad_id"]}, headers=key)
    for ad in ({"ad_id": other["ad_id"]}, {}):
        send(client, "POST", "/api/leads", 400, json=contact | ad, headers=key)
        file = "name,source,ad_id\nn,olx," + ad.get("ad_id", "")
        send(client, "POST", "/api/leads/import", 400, data=file, content_type="text/csv", headers=key)
    with Session(engine) as session:
        assert session.query(Prospect).count() == 4


def test_a_key_of_one_niche_decides_nothing_about_niches(client, niches, key):
    own = f"/api/niches/{niches[0]['niche_id']}"

    send(client, "POST", "/api/niches", 403, json={"name": "n", "category": "c"}, headers=key)
    send(client, "PATCH", own, 403, json={"name": "n"}, headers=key)
    send(client, "DELETE", own, 403, headers=key)

    assert send(client, "GET", own, headers=key)["name"] == "Ремонт"


def test_live_events_are_those_of_the_keys_niche(client, niches, key):
    """The reader missed both events; it requests all since the beginning, and gets those of its niche."""
    for each in (niches[1], niches[0]):
        path = f"/api/leads/{each['lead_id']}/status"
        send(client, "PATCH", path, json={"status": "contacted"})

    answer = client.get("/api/events?last_event_id=0-0", headers=key, buffered=False)
    received = []
    for part in answer.response:
        text = part.decode() if isinstance(part, bytes) else part
        received.append(text)
        if "lead.status" in text:
            break
    answer.close()

    assert niches[0]["lead_id"] in received[-1]
    assert niches[1]["niche_id"] not in "".join(received)
