"""Values that programs send and people do not type, in fields that a random form rarely gives them."""

import io
from typing import Any

import pytest

from models.accounts.links import link_of, request_email_link
from models.core.base import database_now
from models.market.leads import Lead
from models.market.properties import Property
from tests.console.conftest import csrf_of_session, enter
from tests.factories import SECRET, make_lead

ENDLESS_NUMBER = "9" * 5000  # Python refuses to convert more than 4,300 digits
DEEP_JSON = "[" * 20_000
LONG_TEXT = "я" * 5000
#: Rounded to hundredths, it is too large for a column of money.
BARELY_TOO_MUCH = "999999999999999,999"


@pytest.fixture
def ids(town, db) -> dict[str, Any]:
    lead = make_lead(db, town.seller)
    db.commit()
    return {
        "user": town.tenant.id,
        "lead": lead.id,
        "lead_version": db.get(Lead, lead.id).version,
        "property": town.properties[0].id,
        "property_version": db.get(Property, town.properties[0].id).version,
    }


@pytest.mark.parametrize(
    ("who", "path", "form"),
    [
        ("admin", "/console/users/{user}/merge", {"into": ENDLESS_NUMBER}),
        ("seller", "/console/leads/{lead}/edit", {"client_name": "Анна", "was": DEEP_JSON}),  # as without it
        ("seller", "/console/undo", {"what": "LEAD-tagged-00-{lead}"}),  # a tag of U+0000
        ("seller", "/console/leads/{lead}/quick",
         {"version": "{lead_version}", "amount": BARELY_TOO_MUCH, "status": "ACTIVE", "tags": ""}),
        ("seller", "/console/properties/{property}/quick",
         {"version": "{property_version}", "amount": BARELY_TOO_MUCH, "status": "ACTIVE", "tags": ""}),
        ("seller", "/console/properties/several", {"id": "{property}", "do": "price", "by": "+999999987499999,999"}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_an_odd_value_is_no_error_of_ours(client, town, ids, who, path, form):
    enter(client, getattr(town, who))
    sent = {name: value.format(**ids) for name, value in form.items()}

    answer = client.post(path.format(**ids), data=sent | {"csrf": csrf_of_session(client)})

    assert answer.status_code in (303, 400, 404), answer.text


@pytest.mark.parametrize(("field", "status"), [("source", 303), ("city", 400)])
def test_a_long_text_beside_a_file_is_no_error_of_ours(client, town, field, status):
    enter(client, town.seller)
    file = (io.BytesIO(b"city,price\nAlmaty,5\n"), "a.csv")

    answer = client.post(
        "/console/sources/file", data={"csrf": csrf_of_session(client), "file": file, field: LONG_TEXT}
    )

    assert answer.status_code == status, answer.text


def test_a_program_that_checks_a_link_does_not_use_it_up(client, town, db):
    row = request_email_link(db, town.tenant.email, network=None, device=None, now=database_now(db))
    address = f"/console/sign-in/email?link={link_of(row, SECRET)}"
    db.commit()

    checked = client.head(address)

    assert (checked.status_code, "Set-Cookie" in checked.headers and "session" in checked.headers["Set-Cookie"]) == (
        200,
        False,
    )
    csrf = client.get(address).text.split('name="csrf" value="')[1].split('"')[0]
    assert (
        client.post("/console/sign-in/email", data={"csrf": csrf, "link": address.partition("=")[2]}).status_code == 303
    )


@pytest.mark.parametrize("path", ["/console/leads/new", "/console/preferences", "/console/team", "/console/sign-up"])
def test_head_is_answered_as_get_is(client, town, path):
    enter(client, town.seller)

    assert client.head(path).status_code == client.get(path).status_code
