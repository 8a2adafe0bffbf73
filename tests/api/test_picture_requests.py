"""Requests with pictures: how many they may hold, by whichever operation or page, and what they occupy meanwhile."""

import io

import pytest
from limits import parse
from sqlalchemy.orm import object_session

from api.http import uploads
from api.http.services import services_of
from models.accounts.users import User
from models.core.enums import Role
from models.platform import images
from models.platform.images import CleanFile
from tests.api.portal_form import FORM
from tests.console.conftest import PASSWORD_HASH, enter
from tests.factories import make_property, make_user, token_header

MEGAPIXEL = 1_000_000


@pytest.fixture
def owner(database) -> User:
    user = make_user(
        database,
        Role.REALTOR,
        phone="+77011234567",
        email="a@example.com",
        password_hash=PASSWORD_HASH,
        telegram_id=None,
    )
    make_property(database, user)
    database.commit()
    return user


@pytest.fixture
def headers(database, owner) -> dict[str, str]:
    made = token_header(owner)
    database.commit()  # making it has asked the database for the time
    return made


@pytest.fixture
def decoded(app, monkeypatch) -> list[int]:
    """For each picture that is decoded, how many connections of the application are in use; pictures have 1 MP."""
    found, pool = [], services_of(app).sessions.kw["bind"].pool

    def clean(_stream) -> CleanFile:
        found.append(pool.checkedout())
        return CleanFile(b"clean", "jpg", MEGAPIXEL)

    monkeypatch.setattr(images, "clean_image", clean)
    return found


def files(name: str, count: int) -> dict[str, list]:
    return {name: [(io.BytesIO(b"a picture"), f"{number}.jpg") for number in range(count)]}


def profile(client, owner, headers, count):
    form = {"phone": owner.phone} | files("licenses", count)
    return client.put("/users/update", data=form, headers=headers)


def portal(client, _owner, headers, count):
    return client.post("/properties/create", data=FORM | files("images", count), headers=headers)


def page(client, owner, headers, count):
    csrf = enter(client, owner)
    object_session(owner).commit()  # making the cookie has read the user
    [listing] = client.get("/properties", headers=headers).json["properties"]
    path = f"/console/properties/{listing['property_id']}/photos"
    return client.post(path, data={"csrf": csrf} | files("photos", count))


DOORS = [profile, portal, page]


@pytest.mark.parametrize("door", DOORS)
def test_the_pictures_of_a_request_are_limited_in_all(client, owner, headers, decoded, monkeypatch, door):
    monkeypatch.setattr(uploads, "MAX_PIXELS_OF_REQUEST", 2 * MEGAPIXEL)

    assert door(client, owner, headers, 6).status_code in (200, 413)  # a page keeps the pictures before the limit
    assert len(decoded) == 3  # the third is the first beyond it


@pytest.mark.parametrize("door", DOORS)
def test_the_pictures_of_a_user_are_limited_over_all_requests(client, owner, headers, decoded, monkeypatch, door):
    monkeypatch.setattr(uploads, "PICTURES_OF_USER", parse("5 per 10 minutes"))

    assert door(client, owner, headers, 4).status_code in (200, 201, 303)
    assert door(client, owner, headers, 4).status_code == 429
    assert len(decoded) == 5


@pytest.mark.parametrize("door", DOORS)
def test_no_connection_is_held_while_a_picture_is_decoded(client, owner, headers, decoded, door):
    assert door(client, owner, headers, 2).status_code in (200, 201, 303)
    assert decoded == [0, 0]
