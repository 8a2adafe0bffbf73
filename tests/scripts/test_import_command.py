"""`leadmatch import` and its former name: input, output and stored rows."""

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models.core.enums import DealType, Role, Status
from models.market.leads import Lead
from models.market.properties import Property
from models.sources.tables import Import, ImportState, Source
from scripts.benchmarks.feeds.__main__ import compare_formats
from scripts.cli import cli
from scripts.one_line import one_line
from tests.factories import make_user
from tests.models.sources.feeds import xlsx, yrl, yrl_offer
from tests.models.sources.unseen.cases import counted
from tests.models.sources.unseen.other_feed_cases import AVITO_CASES, CIAN_CASES
from tests.models.sources.unseen.table_cases import CSV_CASES
from tests.sentences import english

HEADER = (
    "id,deal,city,district,metro,rooms,area,floor,floors_total,year_built,is_apartments,declared_class,headline,price"
)
GOOD = "17,sale,Москва,Щукино,Стрешнево,1,47.6,7,21,2023,0,Бизнес,Сдача в 2023,20540352"


def row(**changes):
    return ",".join(f'"{v}"' for v in (dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | changes).values())


@pytest.fixture
def factory(engine, process_environment, monkeypatch):
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    return sessionmaker(engine, class_=Session, expire_on_commit=False)


@pytest.fixture
def agency(factory):
    with factory() as session:
        make_user(session, Role.AGENCY, email="agency@example.com")
        make_user(session, Role.TENANT, email="tenant@example.com")
        session.commit()
    return "agency@example.com"


def run(*arguments):
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def properties(factory):
    with factory() as session:
        return {found.external_id: found for found in session.scalars(select(Property))}


def rent(identity, **changes):
    tags = {
        "type": "аренда",
        "price": "<value>65000</value><currency>RUR</currency><period>месяц</period>",
        "image": "https://img.example/1.jpg",
    }
    return yrl_offer(identity, **tags | changes)


def test_a_feed_of_rents_becomes_homes_to_let(factory, agency, tmp_path):
    path = tmp_path / "rents.xml"
    path.write_bytes(yrl(rent("r-1", with_pets="да"), rent("r-2", price="<value>0</value>"), rent("r-3")))
    done = run("import", path, "--owner", agency, "--no-rescore")

    assert done.exit_code == 0, done.output
    assert "id r-2: price: Must be above 0. (0)" in done.output
    assert "Source «rents» (yrl): 2 new, 0 changed, 0 as they were, 0 withdrawn, 1 refused." in done.output
    assert "Skipped: creation-date (3)" in done.output
    found = properties(factory)["r-1"]
    assert (found.deal_type, found.price, found.metro_station) == (DealType.RENT, 65_000, "Парк культуры")
    assert (found.photos, found.facts["pets"]) == (["https://img.example/1.jpg"], True)
    assert found.description == "Светлая квартира окнами в тихий двор."
    with factory() as session:
        assert session.scalars(select(Import.state)).all() == [ImportState.SUCCEEDED]
        assert session.scalars(select(Source.name)).all() == ["rents"]


def test_a_dry_run_reports_the_same_and_stores_nothing(factory, agency, tmp_path):
    path, errors = tmp_path / "rents.xml", tmp_path / "errors.txt"
    path.write_bytes(yrl(rent("r-1"), rent("r-2", category="гараж")))
    done = run("import", path, "--owner", agency, "--dry-run", "--errors", errors)

    assert done.exit_code == 0, done.output
    assert "1 new" in done.output and "Nothing was stored" in done.output
    assert errors.read_text() == "line 5, id r-2: type: Garages and parking places are not accepted. (гараж)\n"
    with factory() as session:
        assert [session.scalars(select(each.id)).all() for each in (Property, Source, Import)] == [[], [], []]


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        ("nobody@example.com", "nobody has the address nobody@example.com"),
        ("tenant@example.com", "a tenant cannot own properties"),
        ("no address", "owner: "),
    ],
)
def test_an_owner_must_be_one_who_may_own(factory, agency, tmp_path, owner, reason):
    path = tmp_path / "rents.xml"
    path.write_bytes(yrl(rent("r-1")))
    done = run("import", path, "--owner", owner)

    assert done.exit_code != 0 and reason in str(done.exception)
    assert properties(factory) == {}


def test_missing_listings_stay_until_the_operator_confirms_that_they_are_gone(factory, agency, tmp_path):
    path = tmp_path / "rents.xml"
    path.write_bytes(yrl(*(rent(name) for name in "1234")))
    run("import", path, "--owner", agency, "--no-rescore")
    path.write_bytes(yrl(rent("1")))
    waits = run("import", path, "--owner", agency, "--no-rescore")
    assert "Waits: 3 of 4 listings are missing" in waits.output
    dry = run("import", path, "--owner", agency, "--dry-run", "--withdraw-missing")
    assert "They would be withdrawn." in dry.output
    gone = run("import", path, "--owner", agency, "--no-rescore", "--withdraw-missing")

    assert "3 withdrawn" in gone.output and "Waits" not in gone.output
    assert {name for name, found in properties(factory).items() if found.status is Status.ACTIVE} == {"1"}


def test_one_owners_two_sources_keep_their_equal_ids_apart(factory, agency, tmp_path):
    path = tmp_path / "rents.xml"
    path.write_bytes(yrl(rent("1")))
    for name in ("north", "south"):
        assert run("import", path, "--owner", agency, "--source", name, "--no-rescore").exit_code == 0

    with factory() as session:
        assert sorted(session.scalars(select(Property.external_id))) == ["1", "1"]


def test_a_spreadsheet_takes_the_town_that_is_named(factory, agency, tmp_path):
    path = tmp_path / "Наша база.xlsx"
    path.write_bytes(xlsx(["Код", "Адрес", "Цена", "Комнат"], ["007", "улица Мира, 3", 4_500_000, 2]))
    bare = run("import", path, "--owner", agency, "--no-rescore")
    named = run("import", path, "--owner", agency, "--city", "Тула", "--no-rescore")

    assert "No town is given" in english(bare.exception)
    assert "Source «Наша база» (xlsx): 1 new" in named.output
    assert (properties(factory)["007"].city, properties(factory)["007"].street) == ("Тула", "улица Мира")


def test_the_older_name_takes_rows_of_one_town_and_withdraws_nothing(factory, tmp_path):
    path, errors = tmp_path / "listings.csv", tmp_path / "errors.txt"
    arguments = [path, "--city", "Москва", "--no-rescore", "--errors", errors]
    path.write_text("\n".join([HEADER, row(id="1"), row(id="2", price="x"), row(id="3"), row(id="4", city="Казань")]))
    first = run("import-listings", *arguments)
    assert first.exit_code == 0, first.output
    assert errors.read_text().splitlines() == [
        "line 3, id 2: price: This is not a number: x. (x)",
        "line 5, id 4: city: It is in another town. (Казань)",
    ]
    path.write_text("\n".join([HEADER, row(id="3", price="1000000")]))
    second = run("import-listings", *arguments)

    assert "0 new, 1 changed, 0 as they were, 0 withdrawn, 0 refused" in second.output
    found = properties(factory)
    assert (found["1"].status, found["3"].price, found["1"].title) == (Status.ACTIVE, 1_000_000, "Сдача в 2023")


def test_a_file_that_is_not_there_or_holds_no_listings_is_one_clear_error(factory, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><html></html>")

    assert "cannot be read: No such file" in english(run("import", tmp_path / "absent.xml").exception)
    assert "a web page" in english(run("import", page).exception)
    for address in ("http://127.0.0.1:9/feed.xml", "HTTP://127.0.0.1:9/feed.xml"):
        assert "is not a public address" in english(run("import", address).exception)


def test_every_format_imports_to_the_same_rows(factory, tmp_path):
    path = tmp_path / "listings.csv"
    columns = (
        "id,deal,city,okrug,district,metro,metro_min,metro_walk,street,house,rooms,area,living_area,kitchen_area,floor,"
        "floors_total,year_built,market,is_apartments,is_penthouse,house_type,"
        "ceiling_m,wc,declared_class,headline,price,currency"
    )
    lines = [
        "1,sale,Москва,СЗАО,Щукино,Стрешнево,10,1,Щукинская улица,7/9С7,1,47.6,16.0,16.0,7,21,2023,new,0,0,"
        "Монолитный,3.1,2 совмещенных,Бизнес,,20540352,RUB",
        "2,sale,Москва,ЦАО,Хамовники,Спортивная,5,0,улица Усачёва,11,0,24.5,,,3,9,1956,resale,1,0,Кирпичный,,,,,"
        "9500000,RUB",
        "3,sale,Москва,ЦАО,,,,,,,,80,,,,,,,0,0,,,,,,31000000,RUB",
    ]
    path.write_text("\n".join([columns, *lines]))

    assert compare_formats(factory, path, "Москва", tmp_path) == []


def test_requests_of_clients_become_leads(factory, agency, tmp_path):
    path = tmp_path / "clients.xlsx"
    path.write_bytes(xlsx(["Клиент", "Бюджет", "Комнат"], ["Анна", "до 12 млн", "2"], ["Борис", "много", "1"]))
    done = run("import", path, "--leads", "--owner", agency, "--city", "Москва", "--no-rescore")

    assert done.exit_code == 0, done.output
    assert "Source «clients» (xlsx): 1 new, 0 changed" in done.output and "line 3" in done.output
    with factory() as session:
        assert [lead.client_name for lead in session.scalars(select(Lead))] == ["Анна"]
    path.write_bytes(xlsx(["Код", "Цена", "Адрес"], ["1", "12 млн", "улица Арбат, 7"]))
    done = run("import", path, "--owner", agency, "--city", "Москва", "--no-rescore")
    assert "clients holds leads; name another one" in one_line(done.exception)


@pytest.mark.parametrize("case", [CIAN_CASES[0], CIAN_CASES[4], AVITO_CASES[0], *CSV_CASES[10:14]], ids=str)
def test_a_dry_run_and_an_import_by_command_report_the_same_numbers(factory, agency, tmp_path, case):
    path = tmp_path / "stock"
    path.write_bytes(case.data)
    wanted = counted(case)
    arguments = ["import", path, "--owner", agency, *(["--city", case.city] if case.city else []), "--no-rescore"]
    dry = run(*arguments, "--dry-run")
    assert properties(factory) == {}
    real = run(*arguments)

    for done in (dry, real):
        assert f"{wanted['new']} new, 0 changed" in done.output and f"{wanted['refused']} refused." in done.output
    assert len(properties(factory)) == wanted["new"]
