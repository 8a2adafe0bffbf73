"""The lead generation contract beyond its examples: figures, duplicates, wrong states, bad input, conversion, keys."""

import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.server.app import create_app
from models.accounts.api_keys import create_api_key
from models.core.enums import Origin, Role
from models.leadgen.prospects import Prospect
from models.market.leads import Lead
from tests.api.leadgen import make_ad, make_campaign, make_contact, make_niche, production, send
from tests.factories import make_user
from tests.waiting import wait_for


@pytest.fixture
def client(app_with):
    """A client of a local system, where an API key is optional."""
    return app_with(ENVIRONMENT="local").test_client()


def test_a_campaigns_figures_come_from_its_ads_and_leads(client):
    campaign = make_campaign(client)
    ad = make_ad(client, campaign["id"], spent=10_000)
    send(client, "PATCH", f"/api/ads/{ad['id']}", json={"spent": 15_000})
    for number in range(12):
        lead = make_contact(client, ad_id=ad["id"], phone=f"+770112345{number:02}")
        if number < 4:
            send(
                client,
                "PATCH",
                f"/api/leads/{lead['id']}/status",
                json={"status": ("qualified", "hot", "won")[number % 3]},
            )

    found = send(client, "GET", f"/api/campaigns/{campaign['id']}")

    assert (found["spent"], found["ads_count"], found["leads_count"]) == (15000.0, 1, 12)
    assert found["stats"] == {"total_leads": 12, "qualified_leads": 4, "cpl": 1250.0, "conversion_rate": 33.3}
    [listed] = send(client, "GET", f"/api/campaigns?niche_id={campaign['niche_id']}")
    assert listed.items() <= found.items()


def test_a_niches_stats_are_compared_with_its_targets(client):
    niche = make_niche(client, cpl_target=500, roi_target=300)
    campaign = make_campaign(client, niche_id=niche["id"])
    ad = make_ad(client, campaign["id"], spent=1000, spent_on="2025-01-05")
    path = f"/api/niches/{niche['id']}/stats"
    assert send(client, "GET", path)["targets"] == {
        "cpl_target": 500.0, "cpl_met": None, "roi_target": 300.0, "roi_met": False
    }  # fmt: skip
    lead = make_contact(client, ad_id=ad["id"])
    send(client, "PATCH", f"/api/leads/{lead['id']}/status", json={"status": "won", "revenue": 4000})

    stats = send(client, "GET", path)

    assert stats["total"] == {
        "leads": 1, "qualified": 1, "won": 1, "spend": 1000.0, "revenue": 4000.0, "cpl": 1000.0,
        "conversion_rate": 100.0, "roi": 300.0,
    }  # fmt: skip
    assert (stats["targets"]["cpl_met"], stats["targets"]["roi_met"]) == (False, True)
    assert [row["campaign_id"] for row in stats["by_campaign"]] == [campaign["id"]]
    assert [row["platform"] for row in stats["by_platform"]] == ["olx"]
    assert len(stats["by_day"]) == 2
    early = send(client, "GET", path + "?to=2025-01-31")
    assert (early["total"]["leads"], early["total"]["spend"], early["to"]) == (0, 1000.0, "2025-01-31")


def test_the_same_contact_again_is_a_touch_and_says_so(client):
    ad = make_ad(client)
    first = make_contact(client, 201, ad_id=ad["id"])
    again = make_contact(client, 200, ad_id=ad["id"], phone="8 777 123-45-67", source="olx")

    assert (first["duplicate"], first["touches"], first["phone"]) == (False, 1, "+77771234567")
    assert (again["id"], again["duplicate"], again["touches"]) == (first["id"], True, 2)
    assert len(send(client, "GET", f"/api/leads?niche_id={first['niche_id']}")) == 1


def test_a_niche_with_campaigns_is_archived_and_only_by_force(client):
    campaign = make_campaign(client)
    ad = make_ad(client, campaign["id"])
    lead = make_contact(client, ad_id=ad["id"])
    path = f"/api/niches/{campaign['niche_id']}"

    assert "force=true" in send(client, "DELETE", path, 409)["message"]
    assert send(client, "DELETE", path + "?force=true")["message"] == "Ниша удалена"

    for gone in (path, path + "/stats", f"/api/campaigns/{campaign['id']}", f"/api/campaigns/{campaign['id']}/ads"):
        send(client, "GET", gone, 404)
    assert send(client, "GET", "/api/campaigns") == []
    send(client, "PATCH", f"/api/ads/{ad['id']}", 404, json={"title": "x"})
    make_contact(client, 400, ad_id=ad["id"])
    assert send(client, "GET", f"/api/leads/{lead['id']}")["id"] == lead["id"]  # people are not forgotten


@pytest.mark.parametrize(
    ("made", "path", "steps"),
    [
        (make_campaign, "/api/campaigns/{}/status", ("active", "draft")),
        (make_contact, "/api/leads/{}/status", ("won", "contacted")),
        (make_niche, "/api/niches/{}", ("active", "research")),
    ],
)
def test_a_move_that_makes_no_sense_is_a_conflict_that_names_the_others(client, made, path, steps):
    at = path.format(made(client)["id"])
    send(client, "PATCH", at, json={"status": steps[0]})

    assert "can become" in send(client, "PATCH", at, 409, json={"status": steps[1]})["message"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/niches", {"category": "c"}, "name"),
        ("/api/niches", {"name": " ", "category": "c"}, "name"),
        ("/api/niches", {"name": "n", "category": "c", "cpl_target": -1}, "cpl_target"),
        ("/api/niches", {"name": "n", "category": "c", "owner": 1}, "owner"),
        ("/api/campaigns", {"niche_id": str(uuid.uuid4()), "name": "n", "platform": "olx", "budget": 1}, "niche_id"),
        ("/api/campaigns", {"niche_id": "1", "name": "n", "platform": "olx", "budget": 1}, "niche_id"),
        ("/api/leads", {"name": "n", "source": "radio"}, "source"),
        ("/api/leads", {"name": "n", "source": "olx", "phone": "call me"}, "phone"),
        ("/api/leads", {"name": "n", "source": "olx", "budget": "much"}, "budget"),
        ("/api/leads", {"name": "n", "source": "olx", "ad_id": str(uuid.uuid4())}, "ad_id"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(client, path, body, field):
    assert field in send(client, "POST", path, 400, json=body)["errors"]["json"]
    assert send(client, "GET", path) == []


def test_reversed_dates_are_refused_and_ordered_dates_accepted(client):
    body = {"niche_id": make_niche(client)["id"], "name": "n", "platform": "olx", "budget": 1}
    early, late = "2025-01-01", "2025-02-01"

    refused = send(client, "POST", "/api/campaigns", 400, json=body | {"start_date": late, "end_date": early})

    assert "end_date" in str(refused)
    assert send(client, "GET", "/api/campaigns") == []
    made = send(client, "POST", "/api/campaigns", 201, json=body | {"start_date": early, "end_date": late})
    stats = f"/api/niches/{made['niche_id']}/stats"
    for path in (stats, stats + "/export"):
        assert "to" in send(client, "GET", f"{path}?from={late}&to={early}", 400)["message"]


def test_lists_have_pages(client):
    made = [make_niche(client)["id"] for _ in range(3)]

    pages = [send(client, "GET", f"/api/niches?limit=2&page={page}") for page in (1, 2)]

    assert [row["id"] for page in pages for row in page] == made[::-1]
    send(client, "GET", "/api/niches?limit=101", 400)


def test_a_conversation_is_whole_unless_a_page_or_a_limit_is_named(client):
    at = f"/api/leads/{make_contact(client)['id']}/messages"
    for text in "abc":
        send(client, "POST", at, 201, json={"message": text, "sender": "lead", "platform": "olx"})

    def read(query):
        return "".join(each["message"] for each in send(client, "GET", at + query)["messages"])

    assert [read(query) for query in ("", "?limit=2", "?limit=2&page=2", "?page=1", "?page=2")] == [
        "abc", "ab", "c", "abc", ""
    ]  # fmt: skip


def test_a_lead_becomes_an_exchange_lead_once(client, engine):
    with Session(engine) as session:
        realtor, tenant = (make_user(session, role).id for role in (Role.REALTOR, Role.TENANT))
        session.commit()
    made = make_contact(client, notes="Две комнаты")
    path = f"/api/leads/{made['id']}/convert"
    body = {"realtor_id": str(realtor), "requirements": {"location": {"city": "Алматы"}, "rooms": [2]}}
    send(client, "POST", path, 400, json=body | {"realtor_id": str(tenant)})
    send(
        client,
        "POST",
        path,
        400,
        json=body | {"requirements": {"location": {"city": "Алматы"}, "budget": {"min": 20_000}}},
    )

    answer = send(client, "POST", path, 201, json=body)

    with Session(engine) as session:
        lead = session.get(Lead, int(answer["lead_id"]))
        assert (lead.owner_id, lead.origin, lead.city, lead.rooms) == (realtor, Origin.LEADGEN, "Алматы", [2])
        assert (lead.client_name, lead.client_contacts, lead.notes) == (made["name"], made["phone"], "Две комнаты")
        assert (lead.budget_min, lead.budget_max) == (None, 15_000)
    send(client, "POST", path, 409, json=body)
    assert send(client, "GET", f"/api/leads/{made['id']}")["lead_id"] == answer["lead_id"]


def test_spam_is_not_converted(client, engine):
    made = make_contact(client)
    send(client, "PATCH", f"/api/leads/{made['id']}/status", json={"status": "spam"})
    with Session(engine) as session:
        realtor = make_user(session, Role.REALTOR).id
        session.commit()
    body = {"realtor_id": str(realtor), "requirements": {"location": {"city": "Алматы"}}}

    refused = send(client, "POST", f"/api/leads/{made['id']}/convert", 409, json=body)

    assert "spam" in refused["message"].lower()
    assert send(client, "GET", f"/api/leads/{made['id']}")["lead_id"] is None
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0


def test_in_production_a_valid_key_is_needed(process_environment, engine):
    with Session(engine) as session:
        _, key = create_api_key(session, "test")
        session.commit()
    client = create_app(production(process_environment)).test_client()

    for method, path in (
        ("GET", "/api/niches"),
        ("POST", "/api/leads"),
        ("GET", "/api/events"),
        ("GET", "/api/leads/export"),
    ):
        send(client, method, path, 401)
        send(client, method, path, 401, headers={"X-API-Key": key + "x"})
    assert send(client, "GET", "/api/niches", headers={"X-API-Key": key}) == []
    wait_for(lambda: client.get("/api/health").json["status"] == "healthy")  # its probes have less than a second


def test_a_key_repeated_with_the_same_idempotency_key_makes_one_lead(client, engine):
    with Session(engine) as session:
        _, key = create_api_key(session, "test")
        session.commit()
    body = {"name": "n", "category": "c"}

    for number, proof in enumerate(({"X-API-Key": key}, {}), start=1):  # in local, who sends no key is one caller too
        headers = proof | {"Idempotency-Key": "one"}
        first, second = (send(client, "POST", "/api/niches", 201, json=body, headers=headers) for _ in "12")
        assert first == second
        assert len(send(client, "GET", "/api/niches")) == number
        send(client, "POST", "/api/niches", 409, json=body | {"name": "other"}, headers=headers)


def test_a_message_makes_the_score_stale(client, engine):
    made = make_contact(client)
    send(
        client, "POST", f"/api/leads/{made['id']}/messages", json={"message": "?", "sender": "lead", "platform": "olx"}
    )

    with Session(engine) as session:
        assert session.get(Prospect, uuid.UUID(made["id"])).version == 2
