"""Completing a deal over HTTP: both rows leave all lists, and an objection brings them back."""

import pytest

from models.core.enums import ActionKind, DealType, Side
from models.deals.matches import act
from tests.factories import make_lead, make_property, make_user, token_header
from worker.lists import rescore


@pytest.fixture
def deal(new_worker_session):
    """An accepted match of a buyer and a seller, and another buyer in whose list the property is."""
    with new_worker_session() as session:
        buyer, seller, third = (make_user(session) for _ in range(3))
        lead, other = make_lead(session, buyer), make_lead(session, third)
        listing = make_property(session, seller)
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        pair = {"lead_id": lead.id, "property_id": listing.id, "kind": ActionKind.LIKE}
        act(session, buyer, Side.LEAD, **pair)
        match = act(session, seller, Side.PROPERTY, **pair)
        session.commit()
    return {"buyer": buyer, "seller": seller, "third": third, "lead": lead, "other": other, "found": listing}, match.id


def test_a_completed_deal_leaves_all_lists_and_an_objection_brings_it_back(client, deal):
    it, match_id = deal
    headers = {name: token_header(it[name]) for name in ("buyer", "seller", "third")}

    def offered() -> list[str]:
        answer = client.get(f"/leads/{it['other'].id}/property-recommendations", headers=headers["third"]).json
        return [entry["property_id"] for entry in answer["recommendations"]]

    def statuses() -> tuple[str, str]:
        lead = client.get(f"/leads/{it['lead'].id}", headers=headers["buyer"]).json
        found = client.get(f"/properties/{it['found'].id}", headers=headers["seller"]).json
        return lead["status"], found["status"]

    assert offered() == [str(it["found"].id)]
    done = client.post(f"/matches/{match_id}/complete", headers=headers["buyer"]).json
    assert (done["status"], done["objection_until"] > done["completed_at"]) == ("COMPLETED", True)
    assert (offered(), statuses()) == ([], ("ARCHIVED", "ARCHIVED"))

    assert client.post(f"/matches/{match_id}/object", headers=headers["buyer"]).status_code == 403
    undone = client.post(f"/matches/{match_id}/object", headers=headers["seller"]).json
    assert (undone["status"], undone["completed_at"], undone["objection_until"]) == ("ACCEPTED", None, None)
    assert (offered(), statuses()) == ([str(it["found"].id)], ("ACTIVE", "ACTIVE"))


def test_clients_of_the_contract_get_the_two_notification_types_that_they_know(client, deal):
    it, match_id = deal
    header = token_header(it["seller"])
    client.post(f"/matches/{match_id}/complete", headers=token_header(it["buyer"]))

    def listed(query: str = "") -> tuple[list[str], int]:
        answer = client.get(f"/notifications{query}", headers=header).json
        assert answer["total"] == len(answer["notifications"])
        return [row["type"] for row in answer["notifications"]], answer["unread_count"]

    assert listed() == (["CONTACT_SHARED", "NEW_MATCH"], 2)
    assert listed("?all=true") == (["DEAL_COMPLETED", "CONTACT_SHARED", "NEW_MATCH", "NEW_LIKE"], 4)


def test_an_archived_row_is_restored_under_its_id(client, deal):
    it, _ = deal
    for method, path, owner in (
        ("POST", f"/leads/{it['lead'].id}", it["buyer"]),
        ("PUT", f"/properties/{it['found'].id}", it["seller"]),
    ):
        header = token_header(owner)
        assert client.open(f"{path}/archive", method=method, headers=header).json["status"] == "ARCHIVED"
        restored = client.open(f"{path}/restore", method=method, headers=header).json
        assert (restored["status"], restored["match_count"]) == ("ACTIVE", 1)
