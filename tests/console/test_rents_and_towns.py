"""Every page shows a home in the same way: a rent is by the month, and a town has its name in the reader's language."""

import io
import re

import pytest
from pypdf import PdfReader
from sqlalchemy import update

from api.console.kit.formatting import price_of
from models.core.enums import DealType
from models.market.leads import Lead
from models.market.properties import Property
from models.market.town_names import town_name
from models.translations.bot_cards import caption
from tests.console.conftest import enter
from tests.console.page_rows import rows_for_pages
from tests.console.test_every_page import PAGES

#: A rent as every page prints it, and the budget of a lead.
RENT, BUDGET = "77\u00a0777\u00a0₽", "до 88\u00a0888\u00a0₽"
_TAG = re.compile(r"<[^>]*>")
#: Texts of rows, and values in forms, which are shown as they were typed.
_TYPED = re.compile(r"<(title|option|textarea)\b.*?</\1>", re.DOTALL)


@pytest.fixture
def shown(town, db):
    """Rows for all pages, each for rent in a town whose name was typed in English."""
    rows = rows_for_pages(db, town)
    for table, amounts in ((Property, {"price": 77_777}), (Lead, {"budget_min": None, "budget_max": 88_888})):
        db.execute(
            update(table)
            .where(table.city_key == "geo:524901")
            .values(deal_type=DealType.RENT, city="Moscow", **amounts)
        )
    db.commit()
    return rows


@pytest.mark.parametrize("who", [who for who in PAGES if who != "admin "], ids=str)
def test_every_page_shows_a_rent_by_the_month_and_a_town_by_its_name(client, town, shown, who):
    if who:
        enter(client, getattr(town, who))
    found, rents = [], 0
    for path in PAGES[who]:
        path, _, status = path.partition(" ")
        if status or path == "/console/sign-in/telegram":  # which is there if a bot is configured
            continue
        answer = client.get(path.format(**shown).replace("lang=en", ""), headers={"Accept-Language": "ru"})
        assert answer.status_code == 200, path
        text = answer.text
        text = re.sub(r"[ \n]+", " ", _TAG.sub(" ", _TYPED.sub("", text)))
        text = text.replace("Город : Москва → Moscow", "")  # the history shows what was typed
        for amount in (RENT, BUDGET):
            for after in text.split(amount)[1:]:
                rents += 1
                if not after.lstrip().startswith("в месяц"):
                    found.append((path, amount, after[:40]))
        found += [(path, text[max(0, each.start() - 60) : each.end() + 20]) for each in re.finditer("Moscow", text)]

    assert not found, "\n".join(map(str, found))
    assert rents > 0 or who == "tenant"


def test_the_file_and_the_card_of_a_home_show_them_too(client, town, db, shown):
    file = client.get(f"/s/{shown['selection']}/pdf", headers={"Accept-Language": "ru"}).data
    printed = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages).split())
    assert RENT.replace("\u00a0", " ") + " в месяц" in printed.replace("\u00a0", " ")
    assert "Москва" in printed

    card = caption("kk", db.get(Property, shown["property"]), "Мәскеу")
    assert "айына 77" in card


def test_a_sale_price_is_shown_without_a_period(town, app):
    with app.test_request_context(headers={"Accept-Language": "ru"}):
        assert price_of(town.properties[0]).endswith("₽")


@pytest.mark.parametrize(
    ("written", "key", "language", "expected"),
    [
        ("Astana", "geo:1526273", "ru", "Астана"),
        ("Нур-Султан", "geo:1526273", "en", "Astana"),
        ("Москва", "geo:524901", "kk", "Мәскеу"),
        ("Astana", "sample:7:geo:1526273", "ru", "Астана"),
        ("Марьино", "geo:524901", "en", "Марьино"),  # a part of the town: its name tells more than the town's
        ("Сочи, Адлер", "geo:491422", "en", "Сочи, Адлер"),
        ("Новый Зурбаган", "name:новый зурбаган", "en", "Новый Зурбаган"),
        ("Зурбаган", "geo:524901", "ru", "Зурбаган"),  # an unknown town that an operator has merged
    ],
)
def test_a_town_has_its_name_in_the_readers_language_unless_the_text_says_more(written, key, language, expected):
    assert town_name(written, key, language) == expected
