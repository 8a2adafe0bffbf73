"""A market is loaded from rows equal to those of the database, and loading restores the garbage collector's state."""

import gc
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from models.market.properties import Property
from tests.factories import make_property, make_user
from worker.market.garbage import without_garbage_collection
from worker.market.load import PROPERTY_COLUMNS
from worker.market.plain_rows import PlainRows

#: JSON as PostgreSQL stores it, including values that the fast decoder does not support.
DOCUMENTS = (
    "{}",
    '{"kitchen_area": 9.5, "lifts_per_entrance": 2, "note": "\\u044f \\"x\\"", "none": null, "yes": true}',
    '{"huge": 1' + "0" * 400 + ', "beyond all floats": 1e400}',
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_plain_rows_hold_what_the_objects_do(session, document):
    listing = make_property(session, make_user(session), area=Decimal("40.50"))
    session.flush()
    session.execute(
        text("UPDATE properties SET attributes = CAST(:document AS jsonb) WHERE id = :id"),
        {"document": document, "id": listing.id},
    )
    session.refresh(listing)

    plain_rows = PlainRows(PROPERTY_COLUMNS)
    query = select(*plain_rows.selected).where(Property.id == listing.id)
    [row] = plain_rows.of(session.execute(query).all())

    assert {column.key: getattr(row, column.key) for column in PROPERTY_COLUMNS} == {
        column.key: getattr(listing, column.key) for column in PROPERTY_COLUMNS
    }


def test_no_rows_are_no_plain_rows():
    assert PlainRows(PROPERTY_COLUMNS).of([]) == []


def test_the_collector_is_paused_within_and_goes_on_after_a_failure():
    with pytest.raises(ZeroDivisionError), without_garbage_collection():
        with without_garbage_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
        _ = 1 / 0
    assert gc.isenabled()
