"""Photos fetched from a real server on this machine, whose answers are correct, slow, wrong or redirects."""

import io
import random
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import delete, event, func, select, update

from models.accounts.uploads import FETCHED, Upload, bytes_of
from models.core.enums import Role
from models.market.advert_groups import AdvertGroup
from models.sources.photos import BATCH, MAX_ATTEMPTS, FetchedPhoto, PhotoFault, PhotoState, delete_unused_photos
from models.upkeep.erasure import erase_user, export_user
from tests.factories import make_property, make_user
from tests.sites import Site
from worker.celery_app import task_context
from worker.celery_app.task_context import client, session_factory, settings
from worker.jobs import accounts, photos
from worker.market.grouping import group_property, regroup_all
from worker.tasks import find_due_photos


def picture(colour=(200, 30, 30), kind="JPEG", size=(60, 40)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


@pytest.fixture
def site():
    server = Site()
    server.put(picture(), "/good.jpg")
    server.put(picture((0, 90, 0), "PNG"), "/other.png")
    server.put(b"<html>not here</html>", "/page.jpg", Content_Type="image/jpeg")
    yield server
    server.close()


@pytest.fixture
def sessions(new_worker_session, monkeypatch):
    """The worker's functions in this process, allowed to fetch from it, without pauses."""
    monkeypatch.setenv("FEED_PRIVATE_ADDRESSES", "1")
    monkeypatch.setenv("FETCH_PHOTOS", "1")
    task_context.settings.cache_clear()
    monkeypatch.setattr(photos, "REST_SECONDS", 0)
    return new_worker_session


@pytest.fixture
def database(sessions):
    with sessions() as session:
        yield session


@pytest.fixture
def owner(database):
    user = make_user(database, Role.REALTOR)
    database.commit()
    return user


def listing(database, owner, *addresses, **columns):
    listing = make_property(database, owner, photos=list(addresses), **columns)
    database.commit()
    return listing


def fetch():
    """Do the workers' work until nothing is due."""
    for photo_id in photos.find_photos(session_factory()):
        while photo_id is not None:
            photo_id = photos.fetch_photos(session_factory(), settings(), photo_id)


def outcomes(database):
    """Path -> state, or the reason of a refusal."""
    database.expire_all()
    rows = database.scalars(select(FetchedPhoto))
    return {row.address.rpartition("/")[2]: row.reason if row.state == "refused" else row.state for row in rows}


def paths(site):
    return [path for path, _ in site.requests]


def test_good_photos_are_kept_as_uploads_and_broken_ones_are_marked(sessions, database, owner, site, monkeypatch):
    monkeypatch.setattr(photos, "LARGEST_PHOTO", 1 << 20)
    site.put(b"\xff\xd8" + b"x" * (2 << 20), "/huge.jpg")
    site.put(b"", "/moved.jpg", status=302, Location=site.url("/good.jpg"))
    names = ("good.jpg", "missing.jpg", "page.jpg", "huge.jpg", "other.png", "moved.jpg")
    listing(database, owner, *(site.url(f"/{name}") for name in names))
    fetch()

    assert outcomes(database) == {
        "good.jpg": PhotoState.FETCHED,
        "missing.jpg": PhotoFault.NOT_THERE,
        "page.jpg": PhotoFault.NOT_AN_IMAGE,
        "huge.jpg": PhotoFault.TOO_LARGE,
        "other.png": PhotoState.FETCHED,
        "moved.jpg": PhotoState.FETCHED,
    }
    kept = database.scalars(select(Upload).order_by(Upload.id)).all()
    assert [(row.purpose, row.owner_id) for row in kept] == [(FETCHED, owner.id)] * 3
    assert bytes_of(database, owner) == 0 and bytes_of(database, owner, fetched=True) > 0
    assert (
        database.scalars(select(FetchedPhoto.photo_hash).where(FetchedPhoto.upload_id.is_not(None))).all() != [None] * 3
    )


def test_an_address_is_fetched_once_for_all_listings_and_not_again(sessions, database, owner, site):
    first = listing(database, owner, site.url("/good.jpg"), site.url("/good.jpg"))
    listing(database, owner, site.url("/good.jpg"))
    fetch()
    first.price += 1
    database.commit()
    fetch()

    assert paths(site) == ["/good.jpg"]


def test_a_photo_at_a_private_address_is_not_requested(sessions, database, owner, site, monkeypatch):
    monkeypatch.setenv("FEED_PRIVATE_ADDRESSES", "0")
    task_context.settings.cache_clear()
    listing(database, owner, site.url("/good.jpg"), site.url("/other.png", host="localhost"))
    fetch()

    assert outcomes(database) == {"good.jpg": PhotoFault.PRIVATE, "other.png": PhotoFault.PRIVATE}
    assert site.requests == []


def test_a_redirect_to_a_private_address_is_not_followed(sessions, database, owner, site, monkeypatch):
    from worker.jobs import guarded_connections

    # This machine counts as public under its first address only.
    monkeypatch.setattr(guarded_connections, "is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setenv("FEED_PRIVATE_ADDRESSES", "0")
    task_context.settings.cache_clear()
    site.put(b"", "/moved.jpg", status=302, Location=site.url("/good.jpg", host="127.0.0.2"))
    listing(database, owner, site.url("/moved.jpg"))
    fetch()

    assert outcomes(database) == {"moved.jpg": PhotoFault.PRIVATE}
    assert paths(site) == ["/moved.jpg"]


def test_a_slow_photo_is_tried_a_few_times_and_then_left(sessions, database, owner, site, monkeypatch):
    monkeypatch.setattr(photos, "LONGEST_PHOTO", 0.2)
    body = picture(size=(400, 400))
    site.answers["/slow.jpg"] = lambda _: (200, {"Drip": "1", "Content-Length": str(len(body))}, body)
    listing(database, owner, site.url("/slow.jpg"))
    for attempt in range(1, MAX_ATTEMPTS + 2):
        fetch()
        row = database.scalars(select(FetchedPhoto)).one()
        database.refresh(row)
        assert (row.attempts, row.reason) == (min(attempt, MAX_ATTEMPTS), PhotoFault.TOO_SLOW)
        database.execute(update(FetchedPhoto).values(next_try_at=func.now()))
        database.commit()

    assert row.state is PhotoState.REFUSED
    assert len(site.requests) <= MAX_ATTEMPTS  # fewer if the time was over before the request was sent


def test_a_host_that_asks_for_rest_gets_it(sessions, database, owner, site):
    site.put(b"", "/busy.jpg", status=429, Retry_After="3600")
    listing(database, owner, site.url("/busy.jpg"), site.url("/good.jpg"))
    fetch()
    fetch()

    assert paths(site) == ["/busy.jpg"]
    wait = select(func.min(FetchedPhoto.next_try_at) - func.now())
    assert 3500 < database.scalar(wait).total_seconds() <= 3600
    assert set(outcomes(database).values()) == {PhotoState.WAITING}


def test_a_host_that_fails_is_left_alone_for_a_while(sessions, database, owner, site):
    for number in range(6):
        site.put(b"", f"/{number}.jpg", status=503)
    listing(database, owner, *(site.url(f"/{number}.jpg") for number in range(6)))
    fetch()
    fetch()

    assert len(site.requests) == photos.MAX_FAILURES


def test_no_two_tasks_ask_a_host_at_once(sessions, database, owner, site):
    listing(database, owner, site.url("/good.jpg"))
    (photo_id,) = photos.find_photos(session_factory())
    with photos._only_one(session_factory(), "127.0.0.1") as mine:
        assert mine
        assert photos.fetch_photos(session_factory(), settings(), photo_id) is None

    assert site.requests == []
    fetch()
    assert outcomes(database) == {"good.jpg": PhotoState.FETCHED}


def test_a_photo_that_is_deleted_once_it_is_claimed_does_not_stop_the_others(
    sessions, database, owner, site, monkeypatch
):
    listing(database, owner, site.url("/good.jpg"), site.url("/other.png"))
    (photo_id,) = photos.find_photos(session_factory())
    claim = photos.claim_photo

    def claim_and_lose(session, host):
        photo = claim(session, host)
        monkeypatch.setattr(photos, "claim_photo", claim)
        event.listen(session, "after_commit", lambda _: delete_row(photo), once=True)
        return photo

    def delete_row(photo):
        database.execute(delete(FetchedPhoto).where(FetchedPhoto.id == photo.id))
        database.commit()

    monkeypatch.setattr(photos, "claim_photo", claim_and_lose)
    photos.fetch_photos(session_factory(), settings(), photo_id)

    assert list(outcomes(database).values()) == [PhotoState.FETCHED]


def test_a_task_hands_over_when_its_time_is_over(sessions, database, owner, site, monkeypatch):
    monkeypatch.setattr(photos, "TASK_SECONDS", -1)
    listing(database, owner, site.url("/good.jpg"))
    (photo_id,) = photos.find_photos(session_factory())

    assert photos.fetch_photos(session_factory(), settings(), photo_id) == photo_id
    assert database.scalars(select(FetchedPhoto.attempts)).one() == 0


def test_a_worker_killed_over_a_photo_tries_it_again_and_then_leaves_it(sessions, database, owner, site, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    listing(database, owner, site.url("/good.jpg"))
    with monkeypatch.context() as broken:
        broken.setattr(photos.Storage, "put", killed)
        for _ in range(MAX_ATTEMPTS - 1):
            with pytest.raises(KeyboardInterrupt):
                fetch()
            assert outcomes(database) == {"good.jpg": PhotoState.WAITING}
            assert database.scalar(select(func.count(Upload.id))) == 0
            database.execute(update(FetchedPhoto).values(next_try_at=func.now()))
            database.commit()
    fetch()
    assert outcomes(database) == {"good.jpg": PhotoState.FETCHED}

    database.execute(update(FetchedPhoto).values(state="waiting", next_try_at=func.now(), attempts=MAX_ATTEMPTS))
    database.commit()
    fetch()
    assert outcomes(database) == {"good.jpg": PhotoFault.DAMAGED}


def test_a_photo_that_no_listing_names_goes_with_its_file(sessions, database, owner, site, monkeypatch):
    found = listing(database, owner, site.url("/good.jpg"), site.url("/other.png"))
    fetch()
    stored = photos.Storage(settings().media_url)
    mine = set(database.scalars(select(Upload.name)))
    found.photos = [site.url("/other.png")]
    database.commit()
    fetch()
    monkeypatch.setattr(accounts, "ORPHANED_AFTER", -accounts.ORPHANED_AFTER)
    accounts.remove_orphans()

    assert outcomes(database) == {"other.png": PhotoState.FETCHED}
    assert {name for name, _ in stored.names()} & mine == set(database.scalars(select(Upload.name)))


def test_a_photo_stays_that_a_listing_names_by_our_own_address(sessions, database, owner, site):
    found = listing(database, owner, site.url("/good.jpg"))
    fetch()
    name = database.scalars(select(Upload.name)).one()
    found.photos = [f"/media/{name}"]
    database.commit()
    fetch()

    assert outcomes(database) == {"good.jpg": PhotoState.FETCHED}
    assert delete_unused_photos(database) == 0


def test_listings_are_looked_through_in_batches_of_any_number(sessions, database, owner, site, monkeypatch):
    monkeypatch.setattr(photos, "BATCH", 2)
    monkeypatch.setattr("models.sources.photos.BATCH", 2)
    for number in range(4):
        listing(database, owner, site.url(f"/{number}.jpg"))
    photos.find_photos(session_factory())

    assert len(outcomes(database)) == 4 and BATCH > 2


def test_nothing_is_noted_without_the_setting(sessions, database, owner, site, monkeypatch):
    monkeypatch.setenv("FETCH_PHOTOS", "0")
    task_context.settings.cache_clear()
    listing(database, owner, site.url("/good.jpg"))
    find_due_photos()

    assert outcomes(database) == {}


def test_an_erased_owner_leaves_no_photo_and_an_export_lists_them(sessions, database, owner, site):
    listing(database, owner, site.url("/good.jpg"))
    fetch()
    (exported,) = export_user(database, owner)["fetched_photos"]
    assert exported["address"] == site.url("/good.jpg") and "digest" not in exported
    erase_user(database, owner)
    database.commit()

    assert outcomes(database) == {}


def view(quality, seed=1):
    """A picture with visible content, compressed with the given quality."""
    file = io.BytesIO()
    Image.frombytes("L", (8, 8), random.Random(seed).randbytes(64)).resize((320, 240)).save(
        file, "JPEG", quality=quality
    )
    return file.getvalue()


def test_photos_that_have_come_join_adverts_of_one_home(sessions, database, owner, site, monkeypatch):
    """The photos are fetched after the adverts were grouped without them; a plan and another view join nothing."""
    for quality, path in ((90, "/mine.jpg"), (40, "/theirs.jpg")):
        site.put(view(quality), path)
    site.put(view(90, seed=2), "/elsewhere.jpg")
    other, third = make_user(database, Role.REALTOR), make_user(database, Role.REALTOR)
    mine = listing(database, owner, site.url("/mine.jpg"), area=60, price=12_000_000)
    theirs = listing(database, other, site.url("/theirs.jpg"), area=Decimal("60.4"), price=14_000_000)
    plan = {site.url("/theirs.jpg"): "plan"}
    listing(
        database, third, *plan, site.url("/elsewhere.jpg"), area=Decimal("60.7"), price=14_500_000, photo_kinds=plan
    )
    regroup_all(database)
    assert database.scalars(select(AdvertGroup)).all() == []
    changed = []
    monkeypatch.setattr(client(), "property_changed", changed.append)
    fetch()
    for property_id in changed:
        group_property(database, property_id)

    assert set(changed) >= {mine.id, theirs.id}
    assert set(database.scalars(select(AdvertGroup.property_id))) == {mine.id, theirs.id}


def test_photos_of_a_home_that_nobody_else_offers_ask_for_no_grouping(sessions, database, owner, site, monkeypatch):
    monkeypatch.setattr(client(), "property_changed", lambda _: pytest.fail("grouped for nothing"))
    mine = listing(database, owner, site.url("/good.jpg"))
    group_property(database, mine.id)
    fetch()

    assert outcomes(database) == {"good.jpg": PhotoState.FETCHED}
