"""The database stores the words of listings, split once: one table for the market, another for archived listings."""

from sqlalchemy import text

from models.core.enums import AddressPrecision, Status
from tests.factories import make_property, make_user


def kept(session, listing):
    """(words on the market, words in the archive) of a listing; None if there are none."""
    session.flush()
    query = "SELECT (SELECT words::text FROM {} WHERE property_id = :id)"
    values = {"id": listing.id}
    return tuple(session.scalar(text(query.format(name)), values) for name in ("listing_words", "archived_words"))


def fresh(session, listing):
    query = text("SELECT home_words(properties)::text FROM properties WHERE id = :id")
    return session.scalar(query, {"id": listing.id})


def test_words_follow_a_listing_to_the_archive_and_back(session):
    listing = make_property(session, make_user(session), description="Светлая квартира с эркером")
    words, archived = kept(session, listing)
    assert "эркер" in words and archived is None

    listing.status = Status.ARCHIVED
    assert kept(session, listing) == (None, words)
    listing.status = Status.ACTIVE
    assert kept(session, listing) == (words, None)


def test_words_are_those_of_the_present_text_however_status_and_text_change(session):
    listing = make_property(
        session, make_user(session), description="Светлая квартира с эркером", location="Садовая, 5"
    )
    changes = [
        {"status": Status.ARCHIVED, "description": "Камин"},  # at once
        {"description": "Сауна"},  # in the archive
        {"address_precision": AddressPrecision.DISTRICT},
        {"status": Status.ACTIVE},
        {"address_precision": None, "status": Status.ARCHIVED},
        {"status": Status.ACTIVE, "street": "Лесная"},
        {"price": listing.price + 1},
        {"owner_id": make_user(session).id, "status": Status.ARCHIVED},
        {"owner_id": make_user(session).id},
    ]
    for change in changes:
        for name, value in change.items():
            setattr(listing, name, value)
        words = kept(session, listing)
        expected = fresh(session, listing)
        assert words == ((expected, None) if listing.status is Status.ACTIVE else (None, expected)), change


def test_no_index_takes_the_words_apart_a_second_time(session):
    definitions = session.scalars(text("SELECT indexdef FROM pg_indexes WHERE tablename = 'properties'")).all()

    assert [each for each in definitions if "to_tsvector" in each or "_words(" in each] == []
