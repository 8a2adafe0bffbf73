"""Lists as files: their content, that no cell is a formula, and that our own importer accepts them."""

import csv
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from models.accounts.users import User
from models.core.enums import ActionKind, Role, Side
from models.deals.matches import act
from models.market.leads import Lead
from models.market.properties import Property
from models.sources.formats.feed import open_feed
from tests.factories import make_lead, make_property

EVIL = ["=1+1", "+7701", "-2", "@SUM(A1)", "\tx"]


def table(answer):
    """The rows of an answer, each a dict of texts."""
    assert answer.status_code == 200
    if answer.mimetype == "text/csv":
        return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    names, *rows = load_workbook(io.BytesIO(answer.data)).active.iter_rows()
    return [{name.value: cell for name, cell in zip(names, row, strict=True)} for row in rows]


@pytest.fixture
def realtor(person, database):
    who = person(Role.REALTOR)
    owner = database.get(User, who.id)
    for evil in EVIL:
        make_property(database, owner, title=evil, description=evil)
        make_lead(database, owner, client_name=evil, rooms=[0, 2])
    database.commit()
    return who


@pytest.mark.parametrize("path", ["/exports/leads", "/exports/properties"])
def test_no_cell_is_a_formula(realtor, path):
    column = "client" if "leads" in path else "title"
    texts = [row[column] for row in table(realtor("GET", path))]
    assert texts == [f"'{evil}" for evil in reversed(EVIL)]

    cells = [row[column] for row in table(realtor("GET", f"{path}?format=xlsx"))]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells] == EVIL[::-1]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_downloaded_file_can_be_imported_again(realtor, database, tmp_path, kind):
    path = tmp_path / "file"
    path.write_bytes(realtor("GET", f"/exports/properties?format={kind}").data)
    home = database.query(Property).order_by(Property.id.desc()).first()
    offers = list(open_feed(path).offers())
    first = offers[0]
    assert [offer.faults for offer in offers] == [[]] * len(EVIL)
    assert (first.external_id, first.price, first.area) == (str(home.id), Decimal(home.price), Decimal(home.area))
    assert (first.property_type, first.condition, first.rooms) == (home.property_type, home.condition, home.rooms)
    assert (first.street, first.house_number, first.deal_type) == (home.street, home.house_number, home.deal_type)

    path.write_bytes(realtor("GET", f"/exports/leads?format={kind}").data)
    lead = database.query(Lead).order_by(Lead.id.desc()).first()
    requests = list(open_feed(path, of_leads=True).entries())
    assert [request.faults for request in requests] == [[]] * len(EVIL)
    for name in ("budget_min", "budget_max", "area_min", "area_max", "rooms", "districts", "property_type", "currency"):
        assert requests[0].fields[name] == getattr(lead, name), name


def test_matches_and_recommendations_contain_no_contacts(person, realtor, database):
    other = person(Role.REALTOR, name="Борис")
    mine = database.query(Lead).order_by(Lead.id).first()
    home = make_property(database, database.get(User, other.id))
    database.commit()
    act(database, database.get(User, realtor.id), Side.LEAD, lead_id=mine.id, property_id=home.id, kind=ActionKind.LIKE)
    database.commit()

    [row] = table(realtor("GET", "/exports/matches"))
    assert (row["side"], row["client"], row["property_id"]) == ("LEAD", "'=1+1", str(home.id))
    [theirs] = table(other("GET", "/exports/matches"))
    assert (theirs["side"], theirs["client"]) == ("PROPERTY", "")
    answer = realtor("GET", f"/exports/leads/{mine.id}/recommendations?format=xlsx")
    assert table(answer) == [] and other.client is not None
    assert other("GET", f"/exports/leads/{mine.id}/recommendations").status_code == 404


def test_a_list_of_many_pages_is_whole(realtor, database, monkeypatch):
    monkeypatch.setattr("api.exchange.exports.PAGE", 2)

    ids = [int(row["id"]) for row in table(realtor("GET", "/exports/properties"))]

    assert ids == [row.id for row in database.query(Property).order_by(Property.id.desc())]
