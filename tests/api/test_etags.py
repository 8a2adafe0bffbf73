"""`ETag` and `If-None-Match`: an unchanged answer is not sent again, and every visible change changes the tag."""

import pytest
from sqlalchemy import text

from models.core.enums import DealType
from tests.factories import make_lead, make_property, make_user, token_header
from worker.lists import rescore


@pytest.fixture
def lists(new_worker_session):
    """A buyer's lead with two properties in its list, and the session that created them."""
    with new_worker_session() as session:
        buyer, seller = make_user(session), make_user(session)
        lead = make_lead(session, buyer)
        offers = [make_property(session, seller), make_property(session, seller, price=16_000_000)]
        session.commit()
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()
        yield buyer, lead, offers, session


def test_a_list_that_has_not_changed_is_answered_with_304_and_no_body(client, lists):
    buyer, lead, _, _ = lists
    path, headers = f"/leads/{lead.id}/property-recommendations", token_header(buyer)
    first = client.get(path, headers=headers)

    again = client.get(path, headers=headers | {"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["ETag"].strip('"') in again.headers["ETag"]  # its digest; the rest saves the query next time
    other = client.get(path, headers=headers | {"If-None-Match": '"another"'})
    assert (other.status_code, other.json) == (200, first.json)


@pytest.mark.parametrize(
    ("known", "status"), [('""', 200), ('W/"", "another"', 200), ("*", 304), (", ,", 200), ("unquoted", 200)]
)
def test_a_client_may_name_any_tags(client, lists, known, status):
    buyer, lead, _, _ = lists
    for path in ("/health/live", "/leads", f"/leads/{lead.id}/property-recommendations"):
        assert client.get(path, headers=token_header(buyer) | {"If-None-Match": known}).status_code == status, path


def test_every_visible_change_changes_the_tag(client, lists):
    buyer, lead, (offer, _), session = lists
    path, headers = f"/leads/{lead.id}/property-recommendations", token_header(buyer)

    def tag(path: str = path, **more: str) -> str:
        return client.get(path, headers=headers | more).headers["ETag"]

    tags = [tag(), tag(f"{path}?limit=1"), tag(f"{path}?explain=true")]
    session.execute(text("UPDATE properties SET street = 'Another street' WHERE id = :id"), {"id": offer.id})
    session.commit()
    tags.append(tag())
    acted = client.post(f"{path}/{offer.id}/action", json={"action": "DISLIKE"}, headers=headers)
    assert acted.status_code < 300, acted.json
    tags.append(tag())

    assert len(set(tags)) == len(tags)


def test_a_write_has_no_tag_and_an_error_neither(client, lists):
    buyer, lead, _, _ = lists
    headers = token_header(buyer)
    assert "ETag" not in client.get("/leads/999999", headers=headers).headers
    assert "ETag" not in client.patch(f"/leads/{lead.id}", json={}, headers=headers).headers
    assert client.get("/leads", headers=headers).headers["Cache-Control"] == "no-store"
