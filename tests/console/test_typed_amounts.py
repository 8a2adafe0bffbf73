"""Amounts as people type them into forms and filters, and as pages print them."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from api.console.kit import formatting, i18n
from models.core.amounts import read_amount, read_amount_range, read_number
from models.market.leads import Lead
from tests.console.conftest import enter
from tests.console.test_pages import LEAD_FORM

RUSSIAN = {"Accept-Language": "ru"}
ENGLISH = {"Accept-Language": "en"}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("amount", [0, 7, 450_000, 999_999, 1_000_000, 12_500_000, 12_345_678.9, 1_200_000_000])
@pytest.mark.parametrize("currency", ["RUB", "KZT", "USD", "EUR", "AED"])
def test_forms_can_read_the_amounts_that_pages_print(language, amount, currency):
    i18n._language.set(language)
    for short in (False, True):
        read = read_amount(formatting.money(amount, currency, short=short))

        assert read.currency == currency
        assert float(read.value) == pytest.approx(amount, abs=50_000 if short and amount >= 1_000_000 else 0.005)
    assert read_number(formatting.number(amount, 2)) == Decimal(str(amount))
    low, high = formatting.money(amount, currency), formatting.money(amount + 1, currency)
    text = formatting.span(Decimal(amount), Decimal(amount) + 1, lambda value: formatting.money(value, currency))
    assert read_amount_range(text).high is not None and (low in text or not amount) and high in text


def test_an_amount_that_is_typed_in_words_is_that_amount(client, town, db):
    csrf = enter(client, town.buyer)
    money = {"requirements.budget.min": "от 10 млн", "requirements.budget.max": "15,5 млн ₽"}

    client.post("/console/leads/new", data=LEAD_FORM | money | {"csrf": csrf}, headers=RUSSIAN)

    made = db.scalars(select(Lead).order_by(Lead.id.desc()).limit(1)).one()
    assert (made.budget_min, made.budget_max) == (10_000_000, 15_500_000)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("450,000", "можно понять двояко; напишите 450000 или 450,0000"),
        ("1.5e6", "Напишите 1.5e6 всеми цифрами."),
        ("договорная", "«договорная» — это не цена"),
        ("много", "Это не число: много."),
        ("от 10 млн", "это другой конец"),
        ("500 тыс. $", "Суммы здесь в RUB"),
        ("1000 у.е.", "«у.е.» — это не валюта"),
        ("-5", "не может быть отрицательным"),
        ("12 млн и собака", "что значит «и собака»?"),
    ],
)
def test_an_amount_that_cannot_be_read_says_why_beside_its_field(client, town, db, typed, expected):
    csrf = enter(client, town.buyer)
    before = db.scalar(select(func.count(Lead.id)))

    answer = client.post(
        "/console/leads/new", data=LEAD_FORM | {"requirements.budget.max": typed, "csrf": csrf}, headers=RUSSIAN
    )

    assert answer.status_code == 400 and db.scalar(select(func.count(Lead.id))) == before
    assert expected in re.search(r'id="requirements-budget-max-error">([^<]+)<', answer.text)[1]
    assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize("price", ["20 млн", "20,0 млн ₽", "до 20 млн", "20 000 000"])
def test_a_filter_takes_an_amount_in_words(client, town, price):
    enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}"

    page = client.get(path, query_string={"price": price}, headers=RUSSIAN).text

    assert 'id="f-price-error"' not in page and "Под фильтры ничего не подходит" not in page
    assert "Под фильтры ничего не подходит" in client.get(path, query_string={"price": "1 тыс"}, headers=RUSSIAN).text


@pytest.mark.parametrize(
    ("name", "typed"), [("price", "двенадцать лимонадов"), ("price", "450,000"), ("score", "много"), ("rooms", "пара")]
)
def test_a_filter_that_cannot_be_read_says_so(client, town, name, typed):
    enter(client, town.buyer)

    page = client.get(f"/console/leads/{town.lead.id}", query_string={name: typed}, headers=RUSSIAN)

    assert page.status_code == 200
    assert f'id="f-{name}-error" role="alert"' in page.text


def test_an_amount_typed_as_english_pages_show_it_is_that_amount(client, town, db):
    csrf = enter(client, town.buyer)
    money = {"requirements.budget.min": "10,000,000", "requirements.budget.max": "15,000,000.50"}

    client.post("/console/leads/new", data=LEAD_FORM | money | {"csrf": csrf}, headers=ENGLISH)

    made = db.scalars(select(Lead).order_by(Lead.id.desc()).limit(1)).one()
    assert (made.budget_min, float(made.budget_max)) == (10_000_000, 15_000_000.5)
    page = client.get(f"/console/leads/{town.lead.id}?price=1,000,000", headers=ENGLISH).text
    assert "Nothing matches these filters" in page
