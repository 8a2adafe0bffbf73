"""Currencies by code, word and sign; ways to pay in words."""

import pytest

from models.core.currencies import CURRENCY_PHRASES, currency_code, iso_currencies, read_currency
from models.core.enums import PaymentMethod
from models.core.numbers import UnreadableError
from models.core.payment import read_payment
from tests.tables import each_of

CASH, MORTGAGE, EXCHANGE = PaymentMethod.CASH, PaymentMethod.MORTGAGE, PaymentMethod.EXCHANGE


@each_of(
    ("text", "code"),
    [
        *(
            ("RUB", "RUB"),
            ("rub", "RUB"),
            ("Rub", "RUB"),
            (" RUB ", "RUB"),
            ("RUR", "RUB"),
            ("rur", "RUB"),
            ("₽", "RUB"),
        ),
        *(("рубли", "RUB"), ("Рублей", "RUB"), ("руб", "RUB"), ("руб.", "RUB"), ("р.", "RUB"), ("р", "RUB")),
        *(
            ("российский рубль", "RUB"),
            ("рубли РФ", "RUB"),
            ("рубли (RUB)", "RUB"),
            ("RUB (₽)", "RUB"),
            ("roubles", "RUB"),
        ),
        *(
            ("тенге", "KZT"),
            ("теңге", "KZT"),
            ("тг", "KZT"),
            ("тг.", "KZT"),
            ("₸", "KZT"),
            ("kzt", "KZT"),
            ("КZT", "KZT"),
        ),
        *(
            ("$", "USD"),
            ("US$", "USD"),
            ("доллар", "USD"),
            ("доллары США", "USD"),
            ("долл.", "USD"),
            ("dollars", "USD"),
        ),
        *(("евро", "EUR"), ("€", "EUR"), ("Euro", "EUR"), ("дирхам", "AED"), ("дирхамы ОАЭ", "AED"), ("aed", "AED")),
        *(
            ("белорусские рубли", "BYN"),
            ("сум", "UZS"),
            ("лари", "GEL"),
            ("драм", "AMD"),
            ("манат", "AZN"),
            ("сом", "KGS"),
        ),
        *(("лира", "TRY"), ("£", "GBP"), ("фунты стерлингов", "GBP"), ("юань", "CNY"), ("бат", "THB"), ("грн", "UAH")),
    ],
)
def test_a_currency_is_known_by_code_word_and_sign(text, code):
    assert read_currency(text) == code


@each_of(
    ("text", "code"),
    [
        *(
            (each, "currency.unknown")
            for each in ("RUS", "ZZZ", "XXX", "DEM", "USDT", "ракушки", "", "12", "рубли и тенге")
        ),
        *((each, "amount.units") for each in ("у.е.", "у. е.", "уе", "y.e.")),
        *((each, "currency.ambiguous") for each in ("кроны", "франк", "peso")),
        *((each, "amount.currencies") for each in ("RUB/USD", "$ €", "рубли (USD)")),
    ],
)
def test_a_text_with_no_currency_or_several_is_refused(text, code):
    with pytest.raises(UnreadableError) as refusal:
        read_currency(text)

    assert refusal.value.code == code


def test_every_word_stands_for_a_code_of_iso_4217():
    assert set(CURRENCY_PHRASES.values()) <= iso_currencies()


def test_every_code_is_three_capitals_and_reads_as_itself():
    for code in iso_currencies():
        assert currency_code(code.lower()) == code
        assert len(code) == 3 and code.isascii() and code.isupper()


@each_of(
    ("text", "methods"),
    [
        *(
            (each, {CASH})
            for each in ("наличные", "Наличными", "за наличные", "cash", "in cash", "100% оплата", "Full payment")
        ),
        *((each, {MORTGAGE}) for each in ("ипотека", "в ипотеку", "ипотека одобрена", "военная ипотека", "mortgage")),
        *((each, {MORTGAGE}) for each in ("с ипотекой", "ипотека + маткапитал", "ипотека, ещё не одобрена")),
        *((each, {EXCHANGE}) for each in ("обмен", "на обмен", "trade-in", "трейд-ин")),
        *((each, {CASH, MORTGAGE}) for each in ("наличные или ипотека", "ипотека/наличные", "наличные; ипотека")),
        *((each, {CASH}) for each in ("наличные, без ипотеки", "не ипотека, наличные")),
        *(
            (each, set())
            for each in ("без ипотеки", "рассрочка", "в рассрочку", "бартер", "по любви", "", "любой способ")
        ),
    ],
)
def test_ways_to_pay_are_read(text, methods):
    assert read_payment(text) == methods


@each_of(
    "text",
    [
        "ипотека Сбербанк под 5",
        "наличные через посредника",
        "ипотеку не дают",
        "не ипотека, а наличные",
        "кроме наличные без",
    ],
)
def test_ways_to_pay_understood_in_part_are_refused(text):
    with pytest.raises(UnreadableError) as refusal:
        read_payment(text)

    assert refusal.value.code == "number.not_understood"
