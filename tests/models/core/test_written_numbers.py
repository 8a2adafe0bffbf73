"""A table of amounts, rooms and areas as people write them: each is read with its meaning, or refused."""

from decimal import Decimal

from models.core.amount_words import Unit
from models.core.amounts import Amount, Range, read_amount, read_amount_range, read_number_range
from models.core.numbers import UnreadableError
from models.core.rooms import read_rooms
from tests.models.core.written_numbers import AMOUNTS, RANGES
from tests.models.core.written_rooms import AREAS, ROOMS
from tests.tables import each_of


def rows(table):
    return [[cell.strip() for cell in line.split(" |")] for line in table.strip().splitlines()]


def number(cell):
    return Decimal(cell) if cell else None


def read_or_refused(read, text):
    try:
        return read(text)
    except UnreadableError:
        return "!"


@each_of(("text", "meaning"), rows(AMOUNTS))
def test_an_amount_is_read_as_it_is_meant_or_refused(text, meaning):
    value, _, currency = meaning.partition(" ")
    meant = "!" if value == "!" else Amount(Decimal(value), currency or None)

    assert read_or_refused(read_amount, text) == meant


@each_of(("text", "low", "high", "currency"), rows(RANGES))
def test_a_range_of_money_is_read_as_it_is_meant_or_refused(text, low, high, currency):
    meant = "!" if low == "!" else Range(number(low), number(high), currency or None)

    assert read_or_refused(read_amount_range, text) == meant


@each_of(("phrase", "rooms"), rows(ROOMS))
def test_rooms_in_words_are_read_as_they_are_meant_or_refused(phrase, rooms):
    meant = "!" if rooms == "!" else [int(count) for count in rooms.split(",") if count]

    assert read_or_refused(read_rooms, phrase) == meant


@each_of(("text", "metres"), rows(AREAS))
def test_an_area_is_read_as_it_is_meant_or_refused(text, metres):
    low, dash, high = metres.partition("-")
    meant = "!" if metres == "!" else Range(number(low), number(high if dash else low))

    assert read_or_refused(lambda area: read_number_range(area, Unit.AREA), text) == meant


def test_the_tables_are_as_long_as_promised():
    assert len(rows(AMOUNTS)) + len(rows(RANGES)) >= 250 and len(rows(ROOMS)) >= 200
