"""All offers that an import refused, as a file."""

import csv
import io

import pytest

from models.accounts.users import User
from models.core.enums import Role
from models.sources.formats.feed import open_feed
from models.sources.imports import import_feed
from models.sources.refusals import MAX_LINES
from models.sources.report import MAX_REMARKS
from models.sources.sources import create_source, request_import
from models.sources.tables import Import


@pytest.fixture
def me(person):
    return person(Role.AGENCY)


@pytest.fixture
def brought(me, database, new_worker_session, tmp_path):
    """A function that imports a table into the user's source and returns the import's id."""

    def bring(rows, **options):
        source = create_source(database, database.get(User, me.id), {"name": "table", "city": "Москва"})
        import_ = request_import(database, source, "upload", file_name="table.csv", **options)
        database.commit()
        path = tmp_path / "table.csv"
        path.write_text("id,price,area,rooms,deal\n" + "\n".join(rows) + "\n")
        import_feed(new_worker_session, import_.id, open_feed(path))
        return import_.id

    return bring


def rows_of(answer):
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_all_refused_rows_can_be_downloaded_not_only_those_of_the_report(me, brought):
    import_id = brought(["1,5000000,40,1,sale", *(f"x{number},,40,1,sale" for number in range(MAX_REMARKS + 5))])
    rows = rows_of(me("GET", f"/imports/{import_id}/refused"))

    assert len(me("GET", f"/imports/{import_id}").json["report"]["refused"]) == MAX_REMARKS < MAX_LINES
    assert [row["id"] for row in rows] == [f"x{number}" for number in range(MAX_REMARKS + 5)]
    assert rows[0]["line"] == "3" and rows[0]["field"] == "price" and rows[0]["reason"]


def test_the_content_of_a_cell_is_not_a_formula_for_a_spreadsheet(me, brought):
    import_id = brought(["1,5000000,40,1,sale", "=1+2,=HYPERLINK(1),40,1,sale"])
    (row,) = rows_of(me("GET", f"/imports/{import_id}/refused?format=csv"))

    assert (row["id"], row["read"]) == ("'=1+2", "'=HYPERLINK(1)")


def test_a_dry_run_lists_the_offers_that_it_would_refuse(me, brought):
    import_id = brought(["1,5000000,40,1,sale", "2,,40,1,sale"], is_dry_run=True)

    assert [row["id"] for row in rows_of(me("GET", f"/imports/{import_id}/refused"))] == ["2"]


def test_reasons_are_in_the_language_of_the_request(me, brought):
    import_id = brought(["1,5000000,40,1,sale", '2,"1,234",40,1,sale'])
    english, russian = (
        rows_of(me("GET", f"/imports/{import_id}/refused", headers={"Accept-Language": language}))[0]["reason"]
        for language in ("en", "ru")
    )

    assert english.isascii() and not russian.isascii()


def test_an_import_from_before_rows_were_kept_gives_those_of_its_report(me, brought, database):
    import_id = brought(["1,5000000,40,1,sale"])
    found = database.get(Import, import_id, populate_existing=True)
    line = {"line": 7, "id": "a", "field": "price", "reason": "it is missing", "read": "-"}
    found.report = found.report | {"refused": [line]}
    database.commit()

    assert [row["line"] for row in rows_of(me("GET", f"/imports/{import_id}/refused"))] == ["7"]


def test_an_import_of_somebody_else_is_not_found(person, brought):
    import_id = brought(["1,5000000,40,1,sale"])

    assert person(Role.AGENCY)("GET", f"/imports/{import_id}/refused").status_code == 404
