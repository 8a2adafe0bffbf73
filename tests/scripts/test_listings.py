"""Listings from CSV files: read, checked, stored once."""

from decimal import Decimal

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from models.core.enums import DealType, Origin, PropertyClass, PropertyType, Role, Status
from models.core.errors import InvalidValueError
from models.market.places import city_of
from models.market.properties import Property
from scripts.commands.import_listings import command
from scripts.importing import import_listings, owner_of_imports
from scripts.listings import BadRow, Listing, ListingsFileError, read_listings
from tests.factories import make_user

MOSCOW = city_of("Москва")
HEADER = (
    "id,deal,city,district,metro,rooms,area,floor,floors_total,year_built,is_apartments,declared_class,headline,price,"
    "currency"
)
GOOD = "17,sale,Москва,Щукино,Стрешнево,1,47.6,7,21,2023,0,Бизнес,Сдача в 2023,20540352,RUB"


@pytest.fixture
def listings(tmp_path):
    """A function that writes rows under a header and reads them back as listings."""

    def read(*rows: str, header: str = HEADER) -> list[Listing | BadRow]:
        path = tmp_path / "listings.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return list(read_listings(path, MOSCOW))

    return read


def row(**changes: str) -> str:
    values = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | changes
    return ",".join(f'"{value}"' for value in values.values())


def test_every_column_finds_its_place(listings):
    [listing] = listings(row())

    assert listing.external_id == "17"
    assert listing.columns | {"attributes": {}, "search_text": ""} == {
        "deal_type": DealType.SALE,
        "district": "Щукино",
        "metro_station": "Стрешнево",
        "street": None,
        "house_number": None,
        "title": "Сдача в 2023",
        "property_type": PropertyType.APARTMENT,
        "property_class": PropertyClass.BUSINESS,
        "price": Decimal(20540352),
        "currency": "RUB",
        "area": Decimal("47.6"),
        "rooms": 1,
        "floor": 7,
        "total_floors": 21,
        "year_built": 2023,
        "attributes": {},
        "search_text": "",
    }


def test_what_is_empty_is_unknown_and_not_zero(listings):
    [listing] = listings(row(rooms="", area="", floor="", floors_total="", year_built="", declared_class="", metro=""))

    for name in ("rooms", "area", "floor", "total_floors", "year_built", "property_class", "metro_station"):
        assert listing.columns[name] is None


def test_a_studio_has_no_rooms_and_an_unknown_none(listings):
    [studio, unknown] = listings(row(id="1", rooms="0"), row(id="2", rooms=""))

    assert (studio.columns["rooms"], unknown.columns["rooms"]) == (0, None)


@pytest.mark.parametrize(
    "written", ["17 100 000,5", "17\u00a0100\u00a0000,50", "17100000.5", "17\u202f100\u202f000.50"]
)
def test_numbers_are_read_as_people_write_them(listings, written):
    [listing] = listings(row(price=written))

    assert listing.columns["price"] == Decimal("17100000.50")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"floor": "22"}, "floor 22 is above the house's 21 floors"),
        ({"price": ""}, "price is missing"),
        ({"price": "0"}, "price must be above 0"),
        ({"price": "-5"}, "price must be above 0"),
        ({"price": "NaN"}, "price is no number"),
        ({"price": "1e30"}, "price must be above 0 and below"),
        ({"area": "big"}, "area is no number: big"),
        ({"area": "0.001"}, "area must be above 0"),
        ({"price": "9" * 5000}, f"not {'9' * 50}"),
        ({"rooms": "1.5"}, "rooms must be a whole number"),
        ({"rooms": "1e9999999"}, "rooms must be a whole number"),  # written out, it has ten million digits
        ({"year_built": "1017"}, "year_built must be a whole number from 1500"),
        ({"declared_class": "Люкс"}, "declared_class is none of"),
        ({"deal": "swap"}, "deal is none of"),
        ({"city": "Казань"}, "it is in another city: Казань"),
        ({"currency": "руб"}, "currency must be three letters"),
        ({"id": ""}, "id is missing"),
        ({"metro": "м" * 101}, "metro is longer than 100 characters"),
        ({"headline": "a\0b"}, "zero byte"),
        ({"is_apartments": "maybe"}, "is_apartments must be 1 or 0"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_rest_is_read(listings, changes, reason):
    [first, bad, last] = listings(
        row(id="1"),
        row(id="2", **{k: v for k, v in changes.items()}) if "id" not in changes else row(**changes),
        row(id="3"),
    )

    assert (first.external_id, last.external_id) == ("1", "3")
    assert isinstance(bad, BadRow) and bad.line == 3
    assert reason in bad.reason


def test_rows_of_a_wrong_length_and_repeated_ids_are_bad(listings):
    found = listings(row(id="1"), "2,sale", row(id="3") + ",more", row(id="1"))

    assert [isinstance(each, BadRow) for each in found] == [False, True, True, True]
    assert "stands on line 2 already" in found[-1].reason


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("\ufeffid;price", "17;100,5"),
        ("ID ; Price", '"17";"100,5"'),
        ("Id\tPRICE", "17\t100,5"),
        (" id, price,,", '17,"100,5",,'),  # a spreadsheet's blanks and nameless columns
    ],
)
def test_headers_are_read_as_programs_write_them(listings, header, line):
    [listing] = listings(line, header=header)

    assert (listing.external_id, listing.columns["price"]) == ("17", Decimal("100.5"))


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows_quietly(listings):
    [good, bad] = listings(row(id="1"), '2,sale,"Москва', row(id="3"))

    assert good.external_id == "1"
    assert str(bad).startswith("line 4: it is no well-formed CSV")


def test_what_portals_write_for_unknown_and_old_roubles_are_understood(listings):
    header = "id,price,currency,kitchen_area,living_area,ceiling_m"
    [listing] = listings("1,5,rur,-1.0,1e400,3.1", header=header)

    assert listing.columns["currency"] == "RUB"
    assert listing.columns["attributes"] == {"ceiling_m": 3.1}
    assert listing.columns["search_text"] == "потолки 3.1 м"


def test_a_file_that_holds_no_listings_is_one_clear_error(tmp_path, listings):
    with pytest.raises(ListingsFileError, match="no column price"):
        listings("17", header="id")
    with pytest.raises(ListingsFileError, match="two columns price"):
        listings("17,1,2", header="id,price,Price")
    with pytest.raises(ListingsFileError, match="no header that can be read"):
        listings("17,1,2", header="id,price," + "x" * 200_000)
    with pytest.raises(ListingsFileError, match="cannot be read: No such file"):
        list(read_listings(tmp_path / "absent.csv", MOSCOW))
    (tmp_path / "latin.csv").write_bytes("id,price,city\n1,5,Москва\n".encode("cp1251"))
    with pytest.raises(ListingsFileError, match="not UTF-8"):
        list(read_listings(tmp_path / "latin.csv", MOSCOW))


def store(session, rows, **options):
    owner = owner_of_imports(session, None)
    return import_listings(session, rows, MOSCOW, "Москва", owner, **options)


def stored(session) -> dict[str, Property]:
    session.expire_all()
    return {
        found.external_id: found for found in session.scalars(select(Property).where(Property.origin == Origin.IMPORT))
    }


def test_a_second_import_updates_what_changed_and_leaves_the_rest_alone(session, listings):
    first = store(session, listings(row(id="1"), row(id="2")))
    second = store(session, listings(row(id="1"), row(id="2", price="1000000"), row(id="3", floor="99")))

    found = stored(session)
    assert (first.new, first.changed, first.same, first.bad) == (2, 0, 0, 0)
    assert (second.new, second.changed, second.same, second.bad) == (0, 1, 1, 1)
    assert {key: each.version for key, each in found.items()} == {"1": 1, "2": 2}
    assert found["2"].price == Decimal(1000000)


def test_an_import_neither_revives_nor_takes_over(session, listings):
    store(session, listings(row(id="1")))
    seller = make_user(session)
    found = stored(session)["1"]
    found.status, found.owner_id = Status.ARCHIVED, seller.id
    session.flush()

    summary = store(session, listings(row(id="1", price="1000000")))

    found = stored(session)["1"]
    assert summary.changed == 1
    assert (found.status, found.owner_id, found.price) == (Status.ARCHIVED, seller.id, Decimal(1000000))


def test_an_owner_must_be_one_who_may_own(session):
    make_user(session, Role.TENANT, email="tenant@example.com")
    seller = make_user(session, email="seller@example.com")

    assert owner_of_imports(session, "Seller@Example.com") == seller.id
    with pytest.raises(InvalidValueError, match="tenant cannot own"):
        owner_of_imports(session, "tenant@example.com")
    with pytest.raises(InvalidValueError, match="no active user"):
        owner_of_imports(session, "nobody@example.com")


def test_the_command_reports_and_a_dry_run_stores_nothing(process_environment, monkeypatch, tmp_path, engine):
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    path, errors = tmp_path / "listings.csv", tmp_path / "errors.txt"
    path.write_text("\n".join([HEADER, row(id="1"), row(id="2", price="x"), row(id="3")]), encoding="utf-8")
    arguments = [str(path), "--city", "Москва", "--no-rescore", "--errors", str(errors)]

    nowhere = CliRunner().invoke(command, [*arguments[:-1], str(tmp_path / "absent" / "errors.txt")])
    dry = CliRunner().invoke(command, [*arguments, "--dry-run"])
    with engine.connect() as connection:
        assert connection.scalars(select(Property.id)).all() == []
    wet = CliRunner().invoke(command, arguments)

    assert nowhere.exit_code == 2 and "No such file or directory" in nowhere.output
    assert dry.exit_code == wet.exit_code == 0
    assert "line 3: price is no number: x" in wet.output
    assert "2 new, 0 changed, 0 as they were, 1 bad" in dry.output and "2 new" in wet.output
    assert errors.read_text() == "line 3: price is no number: x\n"
    with engine.connect() as connection:
        assert len(connection.scalars(select(Property.id)).all()) == 2
