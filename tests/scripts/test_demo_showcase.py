"""The demo's showcase: pictures, price histories, homes in several adverts, an agency, an answered selection."""

import io
from random import Random

import pytest
from PIL import Image
from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts.uploads import Upload
from models.accounts.users import User, user_by_login
from models.agencies.members import members_of, membership_of
from models.agenda.tasks import LeadTask
from models.core.enums import ActionKind
from models.deals.selections import Selection
from models.market.advert_groups import AdvertGroup
from models.market.price_history import PropertyPrice, price_history
from models.market.properties import Property
from models.platform.storage import Storage
from scripts.demo import make_demo
from scripts.demo.drawings import drawn_house, drawn_plan
from scripts.demo.people import LOGIN_EMAIL
from scripts.demo.showcase import DRAWN, add_showcase
from worker.market.grouping import regroup_all


@pytest.fixture
def storage(tmp_path) -> Storage:
    return Storage((tmp_path / "media").as_uri())


@pytest.fixture
def realtor(session: Session, storage, monkeypatch) -> User:
    """The known realtor of a demo with the whole showcase."""
    monkeypatch.setenv("ENVIRONMENT", "local")
    make_demo(session, Console(quiet=True), leads=150, properties=400, own=60)
    add_showcase(session, storage)
    session.commit()
    user = user_by_login(session, LOGIN_EMAIL)
    assert user is not None
    return user


def test_homes_have_pictures_and_plans_of_their_own(session, storage, realtor):
    pictured = session.scalars(select(Property).where(func.cardinality(Property.photos) > 0)).all()
    links = [link for home in pictured for link in home.photos]
    sizes = []
    for link in links:
        with storage.open(link.removeprefix("/media/")) as file:
            sizes.append(Image.open(io.BytesIO(file.read())).size)

    assert len(pictured) == DRAWN and len(set(links)) == 2 * DRAWN == len(sizes)
    assert {kind for home in pictured for kind in home.photo_kinds.values()} == {"facade", "plan"}
    assert session.scalar(select(func.sum(Upload.size))) < 1_000_000


def test_prices_have_histories_that_end_at_the_present_one(session, realtor):
    changed = session.scalars(select(Property).where(Property.id.in_(select(PropertyPrice.property_id)))).all()

    assert len(changed) > 20
    for home in changed:
        prices = price_history(session, home)
        assert len(prices) >= 2 and prices[-1]["price"] == home.price
        assert [each["at"] for each in prices] == sorted(each["at"] for each in prices)
        assert prices[0]["at"] == home.created_at


def test_homes_in_several_adverts_are_joined(session, realtor):
    regroup_all(session)
    sizes = session.scalars(select(func.count()).select_from(AdvertGroup).group_by(AdvertGroup.group_id)).all()

    assert len(sizes) >= 20


def test_a_client_has_answered_a_selection(session, realtor):
    [selection] = session.scalars(select(Selection)).all()

    assert [home.answer for home in selection.homes] == [ActionKind.LIKE, ActionKind.DISLIKE, ActionKind.LIKE, None]
    assert selection.homes[0].question


def test_the_realtor_heads_an_agency_and_has_something_to_do(session, realtor):
    agency_role = membership_of(session, realtor)

    assert agency_role is not None and agency_role.is_head
    assert len(session.execute(members_of(agency_role.agency)).all()) == 3
    assert session.scalar(select(func.count()).select_from(LeadTask)) == 3


def test_a_seed_draws_the_same_again():
    assert drawn_house(Random(1), 9) == drawn_house(Random(1), 9) != drawn_house(Random(2), 9)
    assert drawn_plan(Random(1), 2) == drawn_plan(Random(1), 2) != drawn_plan(Random(1), 3)
