"""With FETCH_PHOTOS, photos of listings have our own addresses in answers and pages."""

from dataclasses import replace

import pytest

from api.http.services import services_of
from models.accounts.uploads import FETCHED, add_upload
from models.accounts.users import User
from models.core.enums import Role
from models.sources.photos import FetchedPhoto, PhotoFault, PhotoState, digest_of
from models.sources.sources import create_source
from tests.factories import make_property
from tests.statements import statements_on

GOOD, MISSING, WAITING = (f"https://photos.example/{name}.jpg" for name in ("good", "missing", "waiting"))
BY_HAND = "/media/uploaded-by-hand-1.jpg"


@pytest.fixture
def me(person):
    return person(Role.REALTOR)


@pytest.fixture
def listing(me, database):
    """A listing with four photos: fetched, broken, not fetched yet and uploaded."""
    owner = database.get(User, me.id)
    upload = add_upload(database, owner, purpose=FETCHED, content_type="image/jpeg", ending="jpg", size=1)
    facts = {"owner_id": owner.id, "host": "photos.example"}
    kept = {"state": PhotoState.FETCHED, "upload_id": upload.id}
    broken = {"state": PhotoState.REFUSED, "reason": PhotoFault.NOT_THERE}
    for address, outcome in ((GOOD, kept), (MISSING, broken), (WAITING, {})):
        database.add(FetchedPhoto(address=address, digest=digest_of(address), **facts, **outcome))
    source = create_source(database, owner, {"name": "feed", "address": "https://feeds.example/feed.xml"})
    found = make_property(
        database, owner, photos=[GOOD, MISSING, WAITING, BY_HAND], source_id=source.id, external_id="007"
    )
    found.here = f"/media/{upload.name}"
    database.commit()
    return found


@pytest.fixture
def fetching(app, listing):
    served = services_of(app)
    served.settings = replace(served.settings, fetch_photos=True)


def test_without_the_setting_answers_name_photos_as_their_owners_did(me, listing):
    assert me("GET", f"/properties/{listing.id}").json["photos"] == listing.photos
    assert me("GET", f"/listings/{listing.id}").json["photos"] == listing.photos


def test_others_see_what_is_here_in_its_order(person, listing, fetching):
    seen = person()("GET", f"/listings/{listing.id}").json

    assert seen["photos"] == [listing.here, BY_HAND]


def test_an_owner_who_sends_back_what_they_read_loses_no_photo(me, listing, fetching):
    assert me("GET", f"/properties/{listing.id}").json["photos"] == [listing.here, MISSING, WAITING, BY_HAND]


def test_a_page_loads_pictures_from_here_alone(client, me, fetching):
    policy = client.get("/console/sign-in").headers["Content-Security-Policy"]

    assert "img-src 'self';" in policy


def test_a_page_may_load_pictures_from_elsewhere_without_the_setting(client):
    policy = client.get("/console/sign-in").headers["Content-Security-Policy"]

    assert "img-src 'self' https: data:;" in policy


def test_a_source_reports_the_progress_of_its_photos_and_the_broken_ones(me, person, listing, fetching):
    answer = me("GET", f"/sources/{listing.source_id}/photos").json

    assert answer == {
        "is_on": True,
        "waiting": 1,
        "fetched": 1,
        "refused": 1,
        "broken": [{"property_id": listing.id, "external_id": "007", "address": MISSING, "reason": "not_there"}],
    }
    assert person(Role.REALTOR)("GET", f"/sources/{listing.source_id}/photos").status_code == 404


def test_a_list_of_listings_is_looked_up_by_one_query(me, person, database, listing, fetching, app):
    owner = database.get(User, me.id)
    for _ in range(5):
        make_property(database, owner, photos=[GOOD])
    database.commit()
    with statements_on(services_of(app).engine) as statements:
        rows = person()("GET", "/listings").json

    assert {tuple(row["photos"]) for row in rows} == {(listing.here, BY_HAND), (listing.here,)}
    assert sum("fetched_photos" in each for each in statements) == 1
