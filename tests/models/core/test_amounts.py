"""Amounts and numbers: how people write them, what is refused, and that what we print is read back."""

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
from models.core.numbers import MESSAGES, UnreadableError, is_unknown

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"

#: What is written, the amount, its currency (None: not named).
AMOUNTS = [
    # digits and what stands between them
    ("0", "0", None),
    ("45", "45", None),
    ("45000000", "45000000", None),
    ("12500000.50", "12500000.5", None),
    ("12500000,5", "12500000.5", None),
    ("12 500 000", "12500000", None),
    (f"12{NBSP}500{NBSP}000", "12500000", None),
    (f"12{THIN}500{THIN}000", "12500000", None),
    (f"12{NARROW}500{NARROW}000", "12500000", None),
    ("12\u2007500\u2007000", "12500000", None),
    ("12\u200b500\u200b000", "12500000", None),
    ("\ufeff12 500 000", "12500000", None),
    ("12  500  000", "12500000", None),
    ("\t12 500 000\n", "12500000", None),
    ("12'500'000", "12500000", None),
    ("12’500’000", "12500000", None),
    ("12`500`000", "12500000", None),
    ("12'500", "12500", None),
    ("1.234.567", "1234567", None),
    ("12.500.000", "12500000", None),
    ("1,234,567", "1234567", None),
    ("12,500,000", "12500000", None),
    ("12,500,000.50", "12500000.5", None),
    ("12.500.000,50", "12500000.5", None),
    ("1,234.56", "1234.56", None),
    ("1.234,56", "1234.56", None),
    ("12 500 000,50", "12500000.5", None),
    ("12 500 000.50", "12500000.5", None),
    ("12 500,00", "12500", None),
    ("12,50", "12.5", None),
    ("12,5", "12.5", None),
    ("0,125", "0.125", None),
    ("0.125", "0.125", None),
    ("1234,567", "1234.567", None),
    (".5", "0.5", None),
    ("+5", "5", None),
    ("007", "7", None),
    ("12 500 000,-", "12500000", None),
    ("12500000.-", "12500000", None),
    ("12 500 000,— ₽", "12500000", "RUB"),
    ("10 000 000 000 000 000", "10000000000000000", None),
    # multipliers
    ("12,5 млн", "12500000", None),
    ("12.5 млн", "12500000", None),
    ("12,5 млн.", "12500000", None),
    ("12,5млн", "12500000", None),
    ("12,5 МЛН", "12500000", None),
    (f"12,5{NBSP}млн", "12500000", None),
    ("20 млн", "20000000", None),
    ("3,650 млн", "3650000", None),
    ("3.650 млн", "3650000", None),
    ("0,500 млн", "500000", None),
    ("12 миллионов", "12000000", None),
    ("1 миллион", "1000000", None),
    ("миллион", "1000000", None),
    ("полтора миллиона", "1500000", None),
    ("полмиллиона", "500000", None),
    ("пол-миллиона", "500000", None),
    ("двадцать миллионов", "20000000", None),
    ("двадцать пять миллионов", "25000000", None),
    ("сто двадцать пять тысяч", "125000", None),
    ("2 млн 300 тыс", "2300000", None),
    ("2 млн. 300 тыс. руб.", "2300000", "RUB"),
    ("1 млрд 200 млн", "1200000000", None),
    ("1.2 млрд", "1200000000", None),
    ("1,2 миллиарда", "1200000000", None),
    ("450 тыс", "450000", None),
    ("450 тыс.", "450000", None),
    ("450 тысяч", "450000", None),
    ("450 тыщ", "450000", None),
    ("450тыс", "450000", None),
    ("450 т.р.", "450000", "RUB"),
    ("450 тр", "450000", "RUB"),
    ("450 т. руб.", "450000", "RUB"),
    ("12 500 тыс", "12500000", None),
    ("12 500 тыс. руб", "12500000", "RUB"),
    ("60к", "60000", None),
    ("60 К", "60000", None),
    ("60k", "60000", None),
    ("60 K", "60000", None),
    ("60 кк", "60000000", None),
    ("12 лямов", "12000000", None),
    ("12лям", "12000000", None),
    ("2.5M", "2500000", None),
    ("2.5 m", "2500000", None),
    ("2.5mln", "2500000", None),
    ("2.5 million", "2500000", None),
    ("20м", "20000000", None),
    ("1.2bn", "1200000000", None),
    ("45 млн тг", "45000000", "KZT"),
    ("45 мың теңге", "45000", "KZT"),
    # currencies
    ("12 500 000 ₽", "12500000", "RUB"),
    ("12 500 000₽", "12500000", "RUB"),
    ("₽12 500 000", "12500000", "RUB"),
    ("12 500 000 руб", "12500000", "RUB"),
    ("12 500 000 руб.", "12500000", "RUB"),
    ("12 500 000 р.", "12500000", "RUB"),
    ("12500000р", "12500000", "RUB"),
    ("12500000p", "12500000", "RUB"),
    ("12 500 000 pуб", "12500000", "RUB"),  # a Latin p
    ("12 500 000 рублей", "12500000", "RUB"),
    ("12 500 000 RUB", "12500000", "RUB"),
    ("12 500 000 rub", "12500000", "RUB"),
    ("12 500 000 RUR", "12500000", "RUB"),
    ("RUB 12 500 000", "12500000", "RUB"),
    ("12 500 000 ₽ (RUB)", "12500000", "RUB"),
    ("12 500 000 российских рублей", "12500000", "RUB"),
    ("2 руб 50 коп", "2.5", "RUB"),
    ("12,5 млн руб", "12500000", "RUB"),
    ("12,5 млн.руб.", "12500000", "RUB"),
    ("12,5 млн ₽", "12500000", "RUB"),
    ("45 000 000 тенге", "45000000", "KZT"),
    ("45 000 000 тг", "45000000", "KZT"),
    ("45 000 000 ₸", "45000000", "KZT"),
    ("45 000 000 KZT", "45000000", "KZT"),
    ("45 000 000 КZT", "45000000", "KZT"),  # a Cyrillic К
    ("45 млн. тенге", "45000000", "KZT"),
    ("$500 000", "500000", "USD"),
    ("$ 500 000", "500000", "USD"),
    ("500 000 $", "500000", "USD"),
    ("500 000$", "500000", "USD"),
    ("500k$", "500000", "USD"),
    ("$500k", "500000", "USD"),
    ("$1.2M", "1200000", "USD"),
    ("US$ 500 000", "500000", "USD"),
    ("USD 500k", "500000", "USD"),
    ("500k usd", "500000", "USD"),
    ("500 тыс. долл.", "500000", "USD"),
    ("500 тысяч долларов", "500000", "USD"),
    ("500 тыс долларов США", "500000", "USD"),
    ("500 тыс баксов", "500000", "USD"),
    ("500 dollars", "500", "USD"),
    ("€450 000", "450000", "EUR"),
    ("450 000 €", "450000", "EUR"),
    ("450 000 евро", "450000", "EUR"),
    ("450 тыс. EUR", "450000", "EUR"),
    ("aed 300 000", "300000", "AED"),
    ("300 000 AED", "300000", "AED"),
    ("300 тыс. дирхам", "300000", "AED"),
    ("300 000 дирхамов ОАЭ", "300000", "AED"),
    ("1,5 млн лир", "1500000", "TRY"),
    ("£750 000", "750000", "GBP"),
    ("100 000 белорусских рублей", "100000", "BYN"),
    ("700 млн сум", "700000000", "UZS"),
    ("250 000 лари", "250000", "GEL"),
    ("12 500 000 UZS", "12500000", "UZS"),
    ("2 млн грн", "2000000", "UAH"),
    # words that change nothing
    ("цена 12 млн", "12000000", None),
    ("Цена: 12 500 000 руб.", "12500000", "RUB"),
    ("12 млн, торг", "12000000", None),
    ("12 млн торг уместен", "12000000", None),
    ("бюджет 12 млн", "12000000", None),
    ("45 000 ₽/мес.", "45000", "RUB"),
    ("45 000 руб. в месяц", "45000", "RUB"),
    ("45 000 per month", "45000", None),
    ("200 000 тг/мес", "200000", "KZT"),
    ("12млн500тыс", "12500000", None),
    ("три миллиона пятьсот тысяч", "3500000", None),
    ("15,000,000 тг", "15000000", "KZT"),
    ("AED 1,250,000", "1250000", "AED"),
    ("€1,2 млн", "1200000", "EUR"),
    ("1 млн $", "1000000", "USD"),
    ("45т.р./мес", "45000", "RUB"),
    ("45 тыс/мес", "45000", None),
    ("двенадцать миллионов", "12000000", None),
    ("1.2mln usd", "1200000", "USD"),
    ("45,5 тыс. тенге", "45500", "KZT"),
]

REFUSED = [
    ("45,000", "number.ambiguous"),
    ("1,234", "number.ambiguous"),
    ("1.234", "number.ambiguous"),
    ("450,000 ₽", "number.ambiguous"),
    ("$500,000", "number.ambiguous"),
    ("USD 500,000", "number.ambiguous"),
    ("1,250 тыс", "number.ambiguous"),
    ("1.5e6", "number.exponent"),
    ("1e6", "number.exponent"),
    ("15E+6", "number.exponent"),
    ("1,5е6", "number.exponent"),  # a Cyrillic е
    ("2.5e-3", "number.exponent"),
    ("договорная", "amount.no_price"),
    ("Договорная", "amount.no_price"),
    ("цена договорная", "amount.no_price"),
    ("по договорённости", "amount.no_price"),
    ("по запросу", "amount.no_price"),
    ("price on request", "amount.no_price"),
    ("POA", "amount.no_price"),
    ("-5", "number.negative"),
    ("−5", "number.negative"),
    ("– 12 500 000 ₽", "number.negative"),
    ("1000 у.е.", "amount.units"),
    ("1000 у. е.", "amount.units"),
    ("1000 уе", "amount.units"),
    ("1000 y.e.", "amount.units"),
    ("12 млн крон", "currency.ambiguous"),
    ("500 000 франков", "currency.ambiguous"),
    ("200 000 ₽ за м²", "amount.per_unit"),
    ("200 000 ₽/м²", "amount.per_unit"),
    ("200 000 руб/кв.м", "amount.per_unit"),
    ("2 500 ₽ в сутки", "amount.per_unit"),
    ("2 500 ₽/сут.", "amount.per_unit"),
    ("500 000 за сотку", "amount.per_unit"),
    ("500 $ руб", "amount.currencies"),
    ("$500 000 KZT", "amount.currencies"),
    ("12 50 000", "number.groups"),
    ("1234 567", "number.groups"),
    ("12.50.000", "number.groups"),
    ("12,50,000", "number.groups"),
    ("1,23,456.7", "number.groups"),
    ("12, 5", "number.groups"),
    ("+7 701 123 45 67", "number.groups"),
    ("", "number.empty"),
    ("   ", "number.empty"),
    ("-", "number.empty"),
    ("—", "number.empty"),
    ("много", "number.not_a_number"),
    ("руб", "number.not_a_number"),
    ("тыс", "number.not_a_number"),
    ("k", "number.not_a_number"),
    ("NaN", "number.not_a_number"),
    ("Infinity", "number.not_a_number"),
    ("٤٥", "number.not_a_number"),
    ("1_000", "number.not_understood"),
    ("0x1F", "number.not_understood"),
    ("12½", "number.not_understood"),
    ("5%", "number.not_understood"),
    ("1/2", "number.not_understood"),
    ("12 млн попугаев", "number.not_understood"),
    ("около 12 млн", "number.not_understood"),
    ("12 млн или 13 млн", "number.not_understood"),
    ("1 млн 200", "number.not_understood"),
    ("12 млн 15 млн", "number.not_understood"),
    ("12 млн RUS", "number.not_understood"),
    ("12 млн ZZZ", "number.not_understood"),
    ("2+1", "number.range"),
    ("10-15 млн", "number.range"),
    ("до 20 млн", "number.range"),
    ("от 10 до 15 млн", "number.range"),
    ("9" * 200, "number.too_long"),
    ("~12 млн", "number.not_understood"),
    ("12+ млн", "number.not_understood"),
    ("12 500 000 + коммуналка", "number.not_understood"),
    ("1 .5 млн", "number.groups"),
    ("1.234.56", "number.groups"),
    ("12.5.2024", "number.groups"),
    ("100.000", "number.ambiguous"),
    ("100.000 ₽", "number.ambiguous"),
    ("бесплатно", "number.not_a_number"),
    ("от 12 млн", "number.range"),
    ("12 млн и выше", "number.range"),
]

#: What is written, both ends, the currency.
RANGES = [
    ("20 млн", "20000000", "20000000", None),
    ("от 10 до 15 млн", "10000000", "15000000", None),
    ("От 10 До 15 Млн", "10000000", "15000000", None),
    ("10-15 млн", "10000000", "15000000", None),
    ("10 – 15 млн ₽", "10000000", "15000000", "RUB"),
    ("10—15 млн", "10000000", "15000000", None),
    ("10..15 млн", "10000000", "15000000", None),
    ("10…15 млн", "10000000", "15000000", None),
    ("10 млн – 15 млн", "10000000", "15000000", None),
    ("10 млн ₽ – 15 млн ₽", "10000000", "15000000", "RUB"),
    ("с 10 по 15 млн", "10000000", "15000000", None),
    ("10 до 15 млн", "10000000", "15000000", None),
    ("800 тыс - 1,5 млн", "800000", "1500000", None),
    ("800 000 – 1 млн", "800000", "1000000", None),
    ("12 500 000 – 15 000 000", "12500000", "15000000", None),
    ("0 – 15 млн", "0", "15000000", None),
    ("до 20 млн", None, "20000000", None),
    ("до 20 млн руб.", None, "20000000", "RUB"),
    ("до миллиона", None, "1000000", None),
    ("не более 20 млн", None, "20000000", None),
    ("не больше 20 млн", None, "20000000", None),
    ("не дороже 20 000 000 руб", None, "20000000", "RUB"),
    ("не выше 20 млн", None, "20000000", None),
    ("дешевле 20 млн", None, "20000000", None),
    ("максимум 20 млн", None, "20000000", None),
    ("20 млн максимум", None, "20000000", None),
    ("max 20 млн", None, "20000000", None),
    ("≤ 20 млн", None, "20000000", None),
    ("<= 20 млн", None, "20000000", None),
    ("в пределах 20 млн", None, "20000000", None),
    ("бюджет до 20 млн", None, "20000000", None),
    ("up to 20m", None, "20000000", None),
    ("up to $500k", None, "500000", "USD"),
    ("under 500k usd", None, "500000", "USD"),
    ("at most 20 million", None, "20000000", None),
    ("no more than 20 million", None, "20000000", None),
    ("20 млн дейін", None, "20000000", None),
    ("от 5 млн", "5000000", None, None),
    ("не менее 5 млн", "5000000", None, None),
    ("не дешевле 5 млн", "5000000", None, None),
    ("минимум 5 млн", "5000000", None, None),
    ("свыше 5 млн", "5000000", None, None),
    ("5 млн и выше", "5000000", None, None),
    ("5 млн и более", "5000000", None, None),
    ("5 млн+", "5000000", None, None),
    ("from 5m", "5000000", None, None),
    ("at least 5 million", "5000000", None, None),
    ("≥ 5 млн", "5000000", None, None),
    ("between 10 and 15 million", "10000000", "15000000", None),
    ("между 10 и 15 млн", "10000000", "15000000", None),
    ("$100k-$200k", "100000", "200000", "USD"),
    ("100-200k USD", "100000", "200000", "USD"),
    ("от 45 до 60 тыс тенге в месяц", "45000", "60000", "KZT"),
    ("до 20 млн, от 10 млн", "10000000", "20000000", None),
    ("не более 20 млн не менее 10 млн", "10000000", "20000000", None),
]

REFUSED_RANGES = [
    ("15-10 млн", "number.reversed"),
    ("от 15 до 10 млн", "number.reversed"),
    ("800 - 1 млн", "number.reversed"),
    ("10 и 15 млн", "number.not_understood"),
    ("10 млн 20 млн", "number.not_understood"),
    ("до до", "number.not_a_number"),
    ("до 20 млн от", "number.not_understood"),
    ("10-15-20 млн", "number.not_understood"),
    ("от 10 до 15 млн или больше", "number.not_understood"),
    ("до 20 млн до 30 млн", "number.not_understood"),
    ("от -5", "number.negative"),
    ("-5 - 10", "number.negative"),
    ("от 10 тыс $ до 15 тыс ₽", "amount.currencies"),
    ("до 45,000", "number.ambiguous"),
]


@pytest.mark.parametrize(("text", "value", "currency"), AMOUNTS)
def test_an_amount_is_read_as_people_write_it(text, value, currency):
    assert read_amount(text) == Amount(Decimal(value), currency)


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_is_no_amount_or_could_be_two_is_refused_with_a_sentence(text, code):
    with pytest.raises(UnreadableError) as refusal:
        read_amount(text)

    assert refusal.value.code == code
    assert refusal.value.message.endswith((".", "?"))


@pytest.mark.parametrize(("text", "low", "high", "currency"), RANGES)
def test_a_range_of_amounts_is_read_as_people_write_it(text, low, high, currency):
    expected = Range(low and Decimal(low), high and Decimal(high), currency)

    assert read_amount_range(text) == expected


@pytest.mark.parametrize(("text", "code"), REFUSED_RANGES)
def test_a_range_that_is_none_is_refused(text, code):
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
    with pytest.raises(UnreadableError) as refusal:
        read_whole("2.5")
    assert refusal.value.code == "number.not_whole"


def test_a_range_of_areas_is_read():
    assert read_number_range("от 40 до 60 м²", Unit.AREA) == Range(Decimal(40), Decimal(60))
    assert read_number_range("не меньше 40 кв.м", Unit.AREA) == Range(Decimal(40), None)
    assert read_number_range("6-10 соток", Unit.AREA) == Range(Decimal(600), Decimal(1000))


@pytest.mark.parametrize(
    "cell", ["", " ", "-", "—", "–", "н/д", "N/A", "null", "None", "nan", "нет данных", "Не указано", "?"]
)
def test_a_cell_may_say_that_nothing_is_known(cell):
    assert is_unknown(cell)


def test_every_refusal_has_a_sentence_that_takes_its_facts():
    for code in MESSAGES:
        facts = dict.fromkeys(("text", "part", "first", "second"), "x")
        assert UnreadableError(code, **facts).message


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
            assert refusal.code in MESSAGES


words = st.sampled_from(
    [*"0123456789 .,-+'", "млн", "тыс", "к", "руб", "$", "от", "до", "и", "не", "более", "м²", "у.е.", "пол"]
)


@given(st.lists(words, max_size=12).map("".join))
def test_no_mixture_of_our_words_breaks_the_reader(text):
    for read in (read_amount, read_amount_range, read_number):
        try:
            read(text)
        except UnreadableError as refusal:
            assert refusal.code in MESSAGES
