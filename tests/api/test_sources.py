"""Sources and imports over HTTP: ownership, refusals, and the path from an upload to its report."""

import io
import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.uploads import Upload
from models.accounts.users import User
from models.core.enums import Role, Status
from models.market.properties import Property
from models.platform.storage import Storage
from models.sources.tables import Import, Source
from tests.factories import make_property
from tests.models.sources.feeds import xlsx, yrl, yrl_offer
from tests.models.sources.unseen.cases import counted
from tests.models.sources.unseen.second_cases import SECOND_CASES
from tests.models.sources.unseen.xlsx_cases import XLSX_CASES
from tests.models.sources.unseen.yrl_cases import YRL_CASES
from worker.jobs.imports import perform_import
from worker.queue.client import Client

FEED = yrl(*(yrl_offer(name) for name in "1234"))


@pytest.fixture
def work(engine, app, settings):
    """A function that performs every waiting import, as a worker would."""
    factory = sessionmaker(engine, class_=Session, expire_on_commit=False)

    def do():
        with factory() as session:
            ids = list(session.scalars(select(Import.id).where(Import.state == "queued").order_by(Import.id)))
        for import_id in ids:
            perform_import(factory, settings, Client(settings.redis_url), import_id)

    return do


@pytest.fixture
def send(work):
    """A function that sends a file and returns the import's report once it is done."""

    def send(who, data, name="feed.xml", **form):
        answer = who("POST", "/imports", data={"file": (io.BytesIO(data), name), **form})
        if answer.status_code != 202:
            return answer
        assert answer.json["state"] == "queued"
        work()
        return who("GET", f"/imports/{answer.json['id']}").json

    return send


def test_an_uploaded_feed_is_imported_and_reported(person, send, database):
    agency = person(Role.AGENCY)
    done = send(agency, FEED, city="Москва")

    assert done["state"] == "succeeded"
    assert (done["counts"]["offers"], done["counts"]["new"], done["report"]["kind"]) == (4, 4, "yrl")
    assert done["report"]["passed_over"]["creation-date"] == 4
    [source] = agency("GET", "/sources").json["sources"]
    assert (source["name"], source["kind"], source["has_file"], source["address"]) == ("feed", "yrl", True, None)
    assert agency("GET", "/properties").json["total"] == 4


@pytest.mark.parametrize("case", [*YRL_CASES[-8:-5], *XLSX_CASES[11:13], *SECOND_CASES[:3]], ids=str)
def test_a_dry_run_and_an_import_of_a_file_have_the_expected_outcome_for_each_offer(person, send, case):
    agency = person(Role.AGENCY)
    form = {"city": case.city} if case.city else {}
    reports = [send(agency, case.data, "stock", **form, dry_run=dry) for dry in ("true", "false")]

    for report in reports:
        if case.fails:
            assert report["state"] == "failed"
        else:
            assert {name: report["counts"][name] for name in counted(case)} == counted(case)
    assert reports[0]["report"]["refused"] == reports[1]["report"]["refused"]


def test_a_dry_run_a_mapping_and_the_import_of_the_same_file(person, send, database):
    realtor = person(Role.REALTOR)
    data = xlsx(["Наш шифр", "Адрес", "Просим", "Комн"], ["007", "улица Мира, 3", 4_500_000, 2])
    blind = send(realtor, data, "База.xlsx", city="Тула", dry_run="true")
    assert (blind["state"], blind["is_dry_run"]) == ("failed", True)
    assert "No column of prices was found" in blind["reason"]
    assert blind["reason_code"] == "feed.no_prices"
    assert blind["report"]["columns"] == {"Наш шифр": "", "Адрес": "address", "Просим": "", "Комн": "rooms"}

    mapping = json.dumps({"Наш шифр": "id", "Просим": "price", "Комн": "rooms"})
    dry = send(realtor, data, "База.xlsx", city="Тула", mapping=mapping, dry_run="true")
    assert (dry["state"], dry["counts"]["new"]) == ("succeeded", 1)
    assert database.scalars(select(Property.id)).all() == []

    again = realtor("POST", f"/sources/{dry['source_id']}/run", json={})
    assert again.status_code == 202


def test_a_run_reads_the_file_that_was_sent_last(person, send, work, database):
    agency = person(Role.AGENCY)
    first = send(agency, FEED)
    send(agency, yrl(*(yrl_offer(name) for name in "123")))
    assert database.scalars(select(Upload.purpose)).all() == ["feed"]  # the first file is gone
    requested = agency("POST", f"/sources/{first['source_id']}/run", json={}).json
    assert requested["asked_by"] == "request"
    work()

    done = agency("GET", f"/imports/{requested['id']}").json
    assert (done["counts"]["unchanged"], done["counts"]["withdrawn"]) == (3, 0)
    history = agency("GET", f"/sources/{first['source_id']}/imports").json
    assert [row["counts"]["withdrawn"] for row in history["imports"]] == [0, 1, 0]
    assert history == agency("GET", f"/imports?source_id={first['source_id']}").json


def test_losses_wait_for_the_owners_word(person, send, database):
    agency, other = person(Role.AGENCY), person(Role.AGENCY)
    send(agency, FEED)
    waiting = send(agency, yrl(yrl_offer("1")))
    assert (waiting["state"], waiting["counts"]["held"]) == ("waiting", 3)
    assert other("POST", f"/imports/{waiting['id']}/confirm").status_code == 404
    done = agency("POST", f"/imports/{waiting['id']}/confirm").json

    assert (done["state"], done["counts"]["withdrawn"], done["counts"]["held"]) == ("succeeded", 3, 0)
    assert database.scalars(select(Property.external_id).where(Property.status == Status.ACTIVE)).all() == ["1"]
    assert agency("POST", f"/imports/{waiting['id']}/confirm").status_code == 409


def test_sources_and_imports_are_their_owners_alone(person, send):
    agency, other = person(Role.AGENCY), person(Role.DEVELOPER)
    done = send(agency, FEED)
    source, path = done["source_id"], f"/imports/{done['id']}"

    assert [other("GET", "/sources").json["total"], other("GET", "/imports").json["total"]] == [0, 0]
    for method, place, body in (
        ("GET", path, None),
        ("GET", f"/sources/{source}", None),
        ("GET", f"/sources/{source}/imports", None),
        ("PATCH", f"/sources/{source}", {"name": "mine"}),
        ("POST", f"/sources/{source}/run", {}),
        ("DELETE", f"/sources/{source}", None),
    ):
        assert other(method, place, json=body).status_code == 404, (method, place)
    assert other("GET", f"/imports?source_id={source}").json["total"] == 0


@pytest.mark.parametrize("role", [Role.TENANT])
def test_roles_that_may_not_own_properties_may_not_import(person, role):
    tenant = person(role)

    assert tenant("GET", "/sources").status_code == 403
    assert tenant("POST", "/imports", data={"file": (io.BytesIO(FEED), "feed.xml")}).status_code == 403


def test_an_address_becomes_a_source(person, database):
    agency = person(Role.AGENCY)
    made = agency("POST", "/sources", json={"address": "https://example.com/feeds/a.xml", "refresh_minutes": 60})

    assert made.status_code == 201
    assert (made.json["name"], made.json["state"], made.json["is_complete"]) == (
        "example.com/feeds/a.xml",
        "active",
        True,
    )
    assert made.json["next_fetch_at"] is not None
    changed = agency("PATCH", f"/sources/{made.json['id']}", json={"state": "paused", "name": "Наш фид"})
    assert (changed.json["state"], changed.json["name"]) == ("paused", "Наш фид")
    again = agency("POST", "/sources", json={"address": "https://example.com/b.xml", "name": "Наш фид"})
    assert again.status_code == 409
    assert agency("DELETE", f"/sources/{made.json['id']}").status_code == 200
    assert agency("GET", f"/sources/{made.json['id']}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "ftp://example.com/feed.xml"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"address": "https://me:secret@example.com/"}, "address"),
        ({"address": "https://exa mple.com/"}, "address"),
        ({"address": "http://[::1"}, "address"),
        ({"refresh_minutes": 5}, "refresh_minutes"),
        ({"mapping": {"Цена": "cost"}}, "mapping"),
        ({"name": ""}, "name"),
        ({"owner_id": 7}, "owner_id"),
    ],
)
def test_a_bad_source_is_refused_by_its_field(person, database, change, field):
    answer = person(Role.AGENCY)("POST", "/sources", json={"address": "https://example.com/feed.xml"} | change)

    assert answer.status_code == 400
    assert field in answer.json["errors"]["json"]
    assert database.scalars(select(Source.id)).all() == []


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"file": (io.BytesIO(b""), "feed.xml")}, 400),
        ({"file": "text"}, 400),
        ({"file": (io.BytesIO(FEED), "feed.xml"), "mapping": "{"}, 400),
        ({"file": (io.BytesIO(FEED), "feed.xml"), "mapping": '{"a": "nope"}'}, 400),
        ({"file": (io.BytesIO(FEED), "feed.xml"), "dry_run": "maybe"}, 400),
        ({"file": (io.BytesIO(FEED), "feed.xml"), "other": "1"}, 400),
    ],
)
def test_a_bad_upload_is_refused_and_leaves_nothing(person, database, settings, form, status):
    answer = person(Role.AGENCY)("POST", "/imports", data=form, content_type="multipart/form-data")

    assert answer.status_code == status
    assert database.scalars(select(Import.id)).all() == database.scalars(select(Source.id)).all() == []
    assert Storage(settings.media_url).names() == []


def test_a_second_import_waits_for_the_first_ones_end(person, database):
    agency = person(Role.AGENCY)
    send = lambda: agency("POST", "/imports", data={"file": (io.BytesIO(FEED), "feed.xml")})

    assert [send().status_code, send().status_code] == [202, 409]
    assert len(database.scalars(select(Upload.id)).all()) == 1


def test_a_file_of_listings_is_served_to_nobody(person, send, database):
    agency = person(Role.AGENCY)
    send(agency, FEED)
    name = database.scalar(select(Upload.name))

    assert agency("GET", f"/media/{name}").status_code == 404


def test_removing_a_source_archives_its_listings(person, send, database):
    agency = person(Role.AGENCY)
    done = send(agency, FEED)
    agency("DELETE", f"/sources/{done['source_id']}")

    assert set(database.scalars(select(Property.status))) == {Status.ARCHIVED}
    assert database.scalars(select(Upload.id)).all() == []


def test_a_file_without_listings_is_reported_in_its_import(person, send):
    agency = person(Role.AGENCY)

    assert send(agency, b"<html><body/></html>")["reason"] == "This is a web page, not a feed."
    assert send(agency, b"\x00\x01\x00\x07" * 99, "a.csv")["state"] == "failed"


def test_a_table_of_clients_requests_becomes_leads(person, send, database):
    realtor = person(Role.REALTOR)
    table = "Клиент;Бюджет;Пожелания\nАнна;до 12 млн;с кошкой\nБорис;45,000;\n".encode("cp1251")
    done = send(realtor, table, name="clients.csv", city="Москва", content="leads")

    assert (done["state"], done["counts"]["new"], done["counts"]["refused"]) == ("succeeded", 1, 1)
    assert done["report"]["column_order"] == ["Клиент", "Бюджет", "Пожелания"]
    [source] = realtor("GET", "/sources").json["sources"]
    assert (source["content"], source["is_complete"]) == ("leads", False)
    [lead] = realtor("GET", "/leads").json["leads"]
    assert (lead["client_name"], lead["requirements"]["additional_requirements"]) == ("Анна", "с кошкой")

    # A file of listings does not go into it.
    assert send(realtor, FEED, name="clients.xml", source="clients", city="Москва").status_code == 409


def test_a_feed_for_portals_has_a_secret_address_that_can_change_and_end(person, client, database, settings):
    agency = person(Role.AGENCY)
    make_property(database, database.get(User, agency.id))
    database.commit()
    assert agency("GET", "/outgoing-feed").json == {"address": None, "created_at": None, "left_out": {}}

    address = agency("POST", "/outgoing-feed").json["address"]
    path = address.removeprefix(settings.public_url)
    first = client.get(path)
    assert (first.status_code, first.mimetype, first.text.count("<offer ")) == (200, "application/xml", 1)
    marked = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path, headers=marked).status_code == 304
    make_property(database, database.get(User, agency.id), area=None)
    database.commit()
    changed = client.get(path, headers=marked)
    assert (changed.status_code, changed.text.count("<offer ")) == (200, 1)  # the second lacks what portals require
    assert agency("GET", "/outgoing-feed").json["left_out"] == {"area": 1}

    renewed = agency("POST", "/outgoing-feed").json["address"].removeprefix(settings.public_url)
    assert (client.get(path).status_code, client.get(renewed).status_code) == (404, 200)
    assert agency("DELETE", "/outgoing-feed").status_code == 200
    assert client.get(renewed).status_code == 404
