"""Tables of clients' requests: the meaning of each column, refusals; nobody is added twice."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from models.core.enums import DealType, PaymentMethod, PropertyType, Status
from models.market.leads import Lead, archive_lead
from models.sources.formats.feed import open_feed
from models.sources.formats.offer import FeedError
from models.sources.imports import import_feed
from models.sources.sources import request_import
from models.sources.tables import Source, SourceContent
from tests.models.sources.feeds import xlsx

HEADER = ["Клиент", "Телефон", "Бюджет", "Комнат", "Район", "Пожелания", "Откуда"]
ANNA = ["Анна", "+7 701 111-22-33", "до 12 млн ₽", "2-3", "Арбат, Хамовники", "с кошкой, не первый этаж", "сайт"]
BORIS = ["Борис", "+7 702 111-22-33", "8 900 000", "студия", "", "тихий двор", "звонок"]


def read(folder, *rows, **options):
    path = folder / "leads.xlsx"
    path.write_bytes(xlsx(*rows))
    feed = open_feed(path, of_leads=True, **options)
    return list(feed.entries()), feed


def one(folder, header, *cells):
    """The only request of a table with a client's name and these cells."""
    [found], _ = read(folder, ["Клиент", *header.split("|")], ["Анна", *cells])
    return found


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("Бюджет", ["до 12 млн"], {"budget_min": None, "budget_max": 12_000_000}),
        ("Бюджет", ["12 млн"], {"budget_min": None, "budget_max": 12_000_000}),
        ("Бюджет", ["от 10 млн"], {"budget_min": 10_000_000, "budget_max": None}),
        ("Бюджет", ["10-12 млн ₽"], {"budget_min": 10_000_000, "budget_max": 12_000_000, "currency": "RUB"}),
        ("Бюджет, млн", [12.5], {"budget_max": Decimal("12500000.0")}),
        ("Бюджет, тыс. руб.", ["12 млн"], {"budget_max": 12_000_000, "currency": "RUB"}),
        ("Бюджет от|Бюджет до", ["10 млн", "до 12 млн"], {"budget_min": 10_000_000, "budget_max": 12_000_000}),
        ("Бюджет|Валюта", ["90000", "USD"], {"budget_max": 90_000, "currency": "USD"}),
        ("Бюджет|Площадь", ["1", "от 40 до 60 м²"], {"area_min": 40, "area_max": 60}),
        ("Бюджет|Площадь", ["1", "60"], {"area_min": 60, "area_max": None}),
        ("Бюджет|Комнат", ["1", "двушка или трёшка"], {"rooms": [2, 3]}),
        ("Бюджет|Районы", ["1", "Арбат; Хамовники\nАрбат"], {"districts": ["Арбат", "Хамовники"]}),
        ("Бюджет|Тип сделки", ["1", "снять"], {"deal_type": DealType.RENT}),
        ("Бюджет аренды", ["60 000"], {"deal_type": DealType.RENT, "budget_max": 60_000}),
        ("Бюджет|Тип недвижимости", ["1", "дом"], {"property_type": PropertyType.HOUSE}),
        ("Бюджет|Оплата", ["1", "ипотека"], {"payment_method": PaymentMethod.MORTGAGE}),
        ("Бюджет|Телефон|Почта", ["1", "+7701", "a@b.c"], {"client_contacts": "+7701, a@b.c"}),
        ("Бюджет|Пожелания|Комментарий", ["1", "тихо", "с котом"], {"additional_requirements": "тихо\nс котом"}),
        ("Бюджет|Примечание", ["1", "звонить жене"], {"private_notes": "звонить жене", "notes": None}),
        ("Бюджет|Метро", ["—", "-"], {"budget_max": None, "metro_stations": []}),
    ],
)
def test_cells_are_read_as_people_write_them(tmp_path, header, cells, expected):
    found = one(tmp_path, header, *cells)

    assert found.faults == []
    assert {name: found.fields.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        ("Бюджет", ["45,000"], "budget"),
        ("Бюджет", ["договоримся по цене"], "budget"),
        ("Бюджет от|Бюджет до", ["12 млн", "10 млн"], "budget"),
        ("Бюджет|Комнат", ["1", "много"], "rooms"),
        ("Бюджет|Тип недвижимости", ["1", "гараж"], "type"),
    ],
)
def test_an_unreadable_value_refuses_its_row_with_the_field(tmp_path, header, cells, field):
    assert [fault.field for fault in one(tmp_path, header, *cells).faults] == [field]


def test_a_table_without_wishes_is_one_clear_error_with_its_columns(tmp_path):
    with pytest.raises(FeedError, match="feed.no_wishes") as raised:
        read(tmp_path, ["Дата", "Менеджер"], ["1", "Олег"])
    assert raised.value.samples == {"Дата": ["1"], "Менеджер": ["Олег"]}

    path = tmp_path / "feed.xml"
    path.write_text("<realty-feed><offer internal-id='1'/></realty-feed>")
    with pytest.raises(FeedError, match="feed.leads_need_table"):
        open_feed(path, of_leads=True)


def test_a_client_with_two_requests_keeps_both(tmp_path):
    found, feed = read(tmp_path, HEADER, ANNA, BORIS, [*ANNA[:2], "5 млн", "1", "", "", ""])

    assert len({request.external_id for request in found}) == 3
    assert feed.notes.ignored_fields == {"Откуда": 2}


@pytest.fixture
def bring(office, tmp_path):
    """A function that imports rows into a source of leads and returns the report."""
    source_id = office.source("clients", content=SourceContent.LEADS, city="Москва")

    def bring(*rows, is_dry_run=False):
        path = tmp_path / "leads.xlsx"
        path.write_bytes(xlsx(HEADER, *rows))
        with office.factory() as session:
            source = session.get_one(Source, source_id)
            assert not source.is_complete
            import_ = request_import(session, source, "command", file_name="leads", is_dry_run=is_dry_run)
            session.commit()
            import_id = import_.id
        written = []
        report = import_feed(office.factory, import_id, open_feed(path, of_leads=True), on_committed=written.extend)
        return report, written

    return bring


def leads(office):
    with office.factory() as session:
        return list(session.scalars(select(Lead).order_by(Lead.id)))


def test_requests_become_leads_of_their_realtor_and_come_once(office, bring):
    dry, written = bring(ANNA, BORIS, is_dry_run=True)
    assert (dry.new, written, leads(office)) == (2, [], [])

    report, written = bring(ANNA, BORIS)
    [anna, boris] = leads(office)
    assert (report.new, written) == (2, [anna.id, boris.id])
    assert (anna.client_name, anna.client_contacts, int(anna.budget_max)) == ("Анна", ANNA[1], 12_000_000)
    assert (anna.rooms, anna.districts, anna.city_key) == ([2, 3], ["Арбат", "Хамовники"], "geo:524901")
    assert (anna.additional_requirements, anna.grammar) == ("с кошкой, не первый этаж", None)  # to be read by a worker

    again, written = bring(ANNA, BORIS)
    assert (again.unchanged, written) == (2, [])

    # Changed rows are updated, and no lead is withdrawn because a file lacks it.
    report, written = bring([*ANNA[:2], "до 13 млн ₽", *ANNA[3:]])
    assert (report.changed, report.withdrawn, written) == (1, 0, [anna.id])
    assert [int(lead.budget_max) for lead in leads(office)] == [13_000_000, 8_900_000]
    assert {lead.status for lead in leads(office)} == {Status.ACTIVE}


def test_a_lead_that_its_realtor_archived_stays_so(office, bring):
    bring(ANNA)
    with office.factory() as session:
        archive_lead(session, session.scalars(select(Lead)).one())
        session.commit()

    bring([*ANNA[:2], "до 13 млн ₽", *ANNA[3:]])

    assert leads(office)[0].status is Status.ARCHIVED


def test_bad_rows_do_not_keep_good_ones_out(office, bring):
    report, _ = bring(ANNA, [*BORIS[:2], "45,000", *BORIS[3:]])

    assert (report.new, report.refused, report.refusals[0].line, report.refusals[0].remark.field) == (1, 1, 3, "budget")
