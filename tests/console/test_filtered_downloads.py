"""A download has the filters and order of the list, all of its pages, and nobody else's rows."""

import csv
import io

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from models.market.leads import Lead, archive_lead
from tests.console.conftest import enter
from tests.factories import make_lead, make_property

SERIES = 65  # three pages


@pytest.fixture
def base(town, db):
    """The buyer's leads and properties on several pages, and one of each of another realtor."""
    for number in range(SERIES):
        make_lead(db, town.buyer, client_name=f"Серия {number:02}", budget_max=20_000_000 + number)
        make_property(db, town.buyer, street="Серийная", house_number=str(number), price=9_000_000 + 10_000 * number)
    make_lead(db, town.seller, client_name="Серия чужая")
    make_property(db, town.seller, street="Серийная", house_number="чужой")
    make_lead(db, town.buyer, client_name="=1+1 Серия")
    db.commit()
    return town


def rows_of(answer) -> list[dict]:
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
    if answer.mimetype == "text/csv":
        return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    names, *rows = load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_all_rows_that_pass_the_filter_are_there_in_the_order_of_the_list(client, base, kind):
    enter(client, base.buyer)

    names = [row["client"] for row in rows_of(client.get(f"/console/export/leads.{kind}?q=серия&sort=oldest"))]

    evil = "'=1+1 Серия" if kind == "csv" else "=1+1 Серия"
    assert names == [*(f"Серия {number:02}" for number in range(SERIES)), evil]
    dear = rows_of(client.get(f"/console/export/properties.{kind}?q=серийная&from=9,5+млн&sort=-price"))
    assert [int(row["house"]) for row in dear] == list(range(SERIES - 1, 49, -1))


def test_a_status_and_a_missing_match_filter_as_on_the_page(client, base, db):
    archive_lead(db, db.query(Lead).filter_by(client_name="Серия 07").one())
    db.commit()
    enter(client, base.buyer)

    gone = rows_of(client.get("/console/export/leads.csv?status=ARCHIVED"))
    assert [row["client"] for row in gone] == ["Серия 07"]
    assert rows_of(client.get("/console/export/leads.csv?q=никто")) == []
    assert len(rows_of(client.get("/console/export/leads.csv?from=много"))) == SERIES + 2, (
        "what cannot be read filters nothing"
    )
    assert len(rows_of(client.get("/console/export/leads.csv"))) == SERIES + 2


def test_a_realtor_downloads_what_a_search_shows(visit, base, db):
    """More rows than the page of thirty shows."""
    for number in range(33):
        make_lead(db, base.buyer, client_name=f"Отбор {number:02}")
    db.commit()
    page = visit(base.buyer, "/console/leads")
    expect(page.get_by_text("Download the list:")).to_be_visible()
    page.locator("#b-q").fill("отбор")
    expect(page.get_by_text("Download all filtered rows (33):")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()

    with open(download.value.path(), encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["client"] for row in rows) == [f"Отбор {number:02}" for number in range(33)]
