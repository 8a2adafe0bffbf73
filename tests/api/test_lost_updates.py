"""`If-Match`: an editor who has not seen the latest state of a row does not overwrite it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.core.enums import Role
from tests.factories import lead_body, property_body

LISTING = {"title": "Flat", "city": "Алматы", "deal_type": "sale", "property_type": "flat", "price": 5_000_000}
#: A body for each kind of row, and a field of it in which the editors differ.
BODIES = {
    "leads": (lead_body(), "client_name"),
    "properties": (property_body(), "description"),
    "listings": (LISTING, "title"),
}


@pytest.fixture
def owner(person):
    return person(Role.REALTOR)


@pytest.fixture(params=BODIES)
def row(request, owner):
    """The path of a row of the owner's, and a function that gives a body with these words."""
    body, field = BODIES[request.param]
    made = owner("POST", f"/{request.param}", json=body).json
    identifier = next(value for name, value in made.items() if name.endswith("id"))
    return f"/{request.param}/{identifier}", lambda words: body | {field: words}


def test_the_second_of_two_editors_is_refused_until_they_have_read_the_change(owner, row):
    path, body = row
    tag = {"If-Match": owner("GET", path).headers["ETag"]}
    assert owner("PUT", path, json=body("first"), headers=tag).status_code == 200
    present = owner("GET", path)

    refused = owner("PUT", path, json=body("second"), headers=tag)

    assert (refused.status_code, refused.json["error_code"]) == (412, "row.changed_meanwhile")
    assert owner("GET", path).json == present.json
    again = owner("PUT", path, json=body("second"), headers={"If-Match": present.headers["ETag"]})
    assert again.status_code == 200, again.json


@pytest.mark.parametrize(
    ("tags", "status"),
    [("*", 200), ("W/{tag}", 200), ('"another", {tag}', 200), ('"another"', 412), ('"v1.another"', 412), ("", 412)],
)
def test_one_tag_of_the_present_version_suffices(owner, row, tags, status):
    path, body = row
    owner("PUT", path, json=body("first"))
    tag = owner("GET", path).headers["ETag"]
    assert owner("PUT", path, json=body("second"), headers={"If-Match": tags.format(tag=tag)}).status_code == status


def test_a_listing_that_has_changed_since_it_was_read_is_not_withdrawn(owner):
    path = f"/listings/{owner('POST', '/listings', json=LISTING).json['id']}"
    tag = {"If-Match": owner("GET", path).headers["ETag"]}
    owner("PUT", path, json=LISTING | {"price": 4_000_000})

    assert owner("DELETE", path, headers=tag).status_code == 412
    assert owner("GET", path).status_code == 200


def test_of_simultaneous_editors_with_one_tag_one_succeeds(owner, row):
    path, body = row
    tag = {"If-Match": owner("GET", path).headers["ETag"]}

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda words: owner("PUT", path, json=body(words), headers=tag), "abcd"))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
