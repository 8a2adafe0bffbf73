"""Amounts and numbers: how people write them, what is refused, and that printed amounts can be read again."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.core.amount_words import Bound, Unit
from models.core.amounts import (
    Amount,
    Range,
    print_amount,
    print_number,
    read_amount,
    read_amount_range,
    read_number,
    read_number_range,
    read_whole,
)
from models.core.numbers import UnreadableError, is_unknown
from models.translations.catalogue import catalogue
from tests.models.core.amounts import AMOUNTS, RANGES, REFUSED, REFUSED_RANGES
from tests.sentences import english
from tests.tables import each_of


@each_of(("text", "value", "currency"), AMOUNTS)
def test_an_amount_is_read_as_people_write_it(text, value, currency):
    assert read_amount(text) == Amount(Decimal(value), currency)


@each_of(("text", "code"), REFUSED)
def test_an_invalid_or_ambiguous_amount_is_refused_with_a_reason(text, code):
    with pytest.raises(UnreadableError) as refusal:
        read_amount(text)

    assert refusal.value.code == code
    assert english(refusal.value).endswith((".", "?"))


@each_of(("text", "low", "high", "currency"), RANGES)
def test_a_range_of_amounts_is_read_as_people_write_it(text, low, high, currency):
    expected = Range(low and Decimal(low), high and Decimal(high), currency)

    assert read_amount_range(text) == expected


@each_of(("text", "code"), REFUSED_RANGES)
def test_an_invalid_range_is_refused(text, code):
    with pytest.raises(UnreadableError) as refusal:
        read_amount_range(text)

    assert refusal.value.code == code


def test_the_tables_are_as_long_as_promised():
    assert len(AMOUNTS) + len(REFUSED) + len(RANGES) + len(REFUSED_RANGES) >= 280


def test_an_amount_for_one_end_may_say_which_and_not_the_other():
    assert read_amount("до 20 млн", end=Bound.HIGH).value == 20_000_000
    assert read_amount("от 5 млн", end=Bound.LOW).value == 5_000_000
    for text, end in (("от 5 млн", Bound.HIGH), ("не более 20 млн", Bound.LOW)):
        with pytest.raises(UnreadableError) as refusal:
            read_amount(text, end=end)
        assert refusal.value.code == "number.bound"


@each_of(
    ("text", "unit", "value"),
    [
        ("54,3", Unit.AREA, "54.3"),
        ("54.3", Unit.AREA, "54.3"),
        ("54,3 м²", Unit.AREA, "54.3"),
        ("54,3м2", Unit.AREA, "54.3"),
        ("54,3 м^2", Unit.AREA, "54.3"),
        ("54,3 кв.м", Unit.AREA, "54.3"),
        ("54,3 кв. м.", Unit.AREA, "54.3"),
        ("54.3 m²", Unit.AREA, "54.3"),
        ("54.3 m2", Unit.AREA, "54.3"),
        ("54.3 sqm", Unit.AREA, "54.3"),
        ("54.3 sq. m", Unit.AREA, "54.3"),
        ("54", Unit.AREA, "54"),
        ("1 200 м²", Unit.AREA, "1200"),
        ("6 соток", Unit.AREA, "600"),
        ("0,5 га", Unit.AREA, "5000"),
        ("2,75 м", Unit.METRES, "2.75"),
        ("275 см", Unit.METRES, "2.75"),
        ("2,5 %", Unit.PERCENT, "2.5"),
        ("2,5%", Unit.PERCENT, "2.5"),
        ("3 процента", Unit.PERCENT, "3"),
        ("10 мин", Unit.MINUTES, "10"),
        ("10 мин.", Unit.MINUTES, "10"),
        ("10 minutes", Unit.MINUTES, "10"),
        ("2024 г.", Unit.YEAR, "2024"),
        ("2024 год", Unit.YEAR, "2024"),
        ("3 этаж", Unit.FLOOR, "3"),
        ("3-й этаж", Unit.FLOOR, "3"),
        ("3rd floor", Unit.FLOOR, "3"),
        ("12 500,5", Unit.NONE, "12500.5"),
    ],
)
def test_a_number_may_carry_its_unit(text, unit, value):
    assert read_number(text, unit) == Decimal(value)


@each_of(
    ("text", "unit", "code"),
    [
        ("1,234", Unit.AREA, "number.ambiguous"),
        ("1.234", Unit.AREA, "number.ambiguous"),
        ("45,000 м²", Unit.AREA, "number.ambiguous"),
        ("45 руб", Unit.AREA, "number.not_understood"),
        ("12 млн", Unit.NONE, "number.not_understood"),
        ("2 %", Unit.AREA, "number.not_understood"),
        ("м²", Unit.AREA, "number.not_a_number"),
        ("1.5e2", Unit.AREA, "number.exponent"),
        ("-3", Unit.AREA, "number.negative"),
        ("", Unit.AREA, "number.empty"),
    ],
)
def test_a_number_with_a_strange_unit_or_two_meanings_is_refused(text, unit, code):
    with pytest.raises(UnreadableError) as refusal:
        read_number(text, unit)

    assert refusal.value.code == code


def test_a_file_of_numbers_has_a_decimal_dot_and_still_no_decimal_comma_before_three_digits():
    assert read_number("54.125", machine=True) == Decimal("54.125")
    with pytest.raises(UnreadableError):
        read_number("54,125", machine=True)


def test_a_floor_may_be_below_the_ground_and_is_whole():
    assert read_whole("-2", negative=True) == -2
    assert read_whole("−2 этаж", Unit.FLOOR, negative=True) == -2
    assert read_whole("2.0") == 2
    for text, code in (
        ("2.5", "number.not_whole"),
        *((two, "number.not_understood") for two in ("--5", "- -5", "+-5", "-+5")),
    ):
        with pytest.raises(UnreadableError) as refusal:
            read_whole(text, negative=True)
        assert refusal.value.code == code, text


def test_a_range_of_areas_is_read():
    assert read_number_range("от 40 до 60 м²", Unit.AREA) == Range(Decimal(40), Decimal(60))
    assert read_number_range("не меньше 40 кв.м", Unit.AREA) == Range(Decimal(40), None)
    assert read_number_range("6-10 соток", Unit.AREA) == Range(Decimal(600), Decimal(1000))


@each_of("cell", ["", " ", "-", "—", "–", "н/д", "N/A", "null", "None", "nan", "нет данных", "Не указано", "?"])
def test_a_cell_may_say_that_nothing_is_known(cell):
    assert is_unknown(cell)


exact = st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, allow_infinity=False, places=6)


@given(exact, st.sampled_from([",", "."]))
def test_every_number_that_is_printed_is_read_back(value, mark):
    assert read_number(print_number(value, mark=mark), negative=True) == value


@given(
    st.decimals(min_value=0, max_value=10**15, places=2),
    st.sampled_from(["RUB", "KZT", "USD", "EUR", "AED", "UZS", "TRY", "GBP"]),
    st.sampled_from([",", "."]),
)
def test_every_amount_that_is_printed_is_read_back(value, currency, mark):
    assert read_amount(print_amount(value, currency, mark=mark)) == Amount(value, currency)


@given(
    st.decimals(min_value=0, max_value=10**15, places=2),
    st.sampled_from(["RUB", "KZT", "AED"]),
    st.sampled_from([(",", "млн"), (".", "m")]),
)
def test_a_short_amount_is_read_back_to_a_tenth_of_a_million(value, currency, style):
    mark, millions = style

    read = read_amount(print_amount(value, currency, mark=mark, millions=millions))

    assert read.currency == currency
    assert abs(read.value - value) <= (50_000 if value >= 1_000_000 else 0)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    for read in (read_amount, read_amount_range, read_number, read_whole):
        try:
            read(text)
        except UnreadableError as refusal:
            assert refusal.code in catalogue("en").messages


words = st.sampled_from(
    [*"0123456789 .,-+'", "млн", "тыс", "к", "руб", "$", "от", "до", "и", "не", "более", "м²", "у.е.", "пол"]
)


@given(st.lists(words, max_size=12).map("".join))
def test_no_mixture_of_our_words_breaks_the_reader(text):
    for read in (read_amount, read_amount_range, read_number):
        try:
            read(text)
        except UnreadableError as refusal:
            assert refusal.code in catalogue("en").messages
