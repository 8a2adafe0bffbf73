"""Tasks, the shortlist and the calendar over HTTP."""

import pytest
from icalendar import Calendar

from models.core.enums import Role
from tests.factories import lead_body, property_body

SHOWING = {"kind": "SHOWING", "title": "Показ на Арбате", "due_at": "2030-06-01T15:00:00+05:00", "remind_minutes": 60}


@pytest.fixture
def realtor(person):
    return person(Role.REALTOR)


@pytest.fixture
def lead_id(realtor):
    return realtor("POST", "/leads", json=lead_body()).json["lead_id"]


def test_a_task_is_made_changed_done_and_deleted_by_its_owner_alone(person, realtor, lead_id):
    made = realtor("POST", f"/leads/{lead_id}/tasks", json=SHOWING)
    path = f"/tasks/{made.json['id']}"
    stranger = person(Role.REALTOR)

    assert (made.status_code, made.json["due_at"]) == (201, "2030-06-01T10:00:00.000000Z")
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        assert stranger(method, path, **({"json": body} if body else {})).status_code == 404
    assert stranger("POST", f"/leads/{lead_id}/tasks", json=SHOWING).status_code == 404
    done = realtor("PATCH", path, json={"is_done": True, "notes": "понравилось"}).json
    assert (done["is_done"], done["title"], done["notes"]) == (True, "Показ на Арбате", "понравилось")
    assert realtor("GET", "/tasks?open=true").json["tasks"] == []
    assert realtor("GET", f"/leads/{lead_id}/tasks").json["total"] == 1
    assert realtor("DELETE", path).status_code == 200
    assert realtor("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_at", "tomorrow"),
        ("due_at", "2130-01-01T00:00:00Z"),
        ("remind_minutes", -1),
        ("remind_minutes", 20000),
        ("kind", "PARTY"),
        ("title", " "),
        ("property_id", "999999"),
    ],
)
def test_a_bad_task_is_refused_by_the_field(realtor, lead_id, field, value):
    answer = realtor("POST", f"/leads/{lead_id}/tasks", json=SHOWING | {field: value})

    assert answer.status_code == 400
    assert field in answer.json["errors"]["json"]
    assert realtor("GET", "/tasks").json["total"] == 0


def test_the_shortlist_is_private_and_notifies_nobody(person, realtor, lead_id):
    seller = person(Role.REALTOR)
    home = seller("POST", "/properties", json=property_body()).json["property_id"]
    path = f"/leads/{lead_id}/shortlist"

    for _ in range(2):
        assert realtor("PUT", f"{path}/{home}").status_code == 200
    assert [row["property_id"] for row in realtor("GET", path).json["shortlist"]] == [home]
    assert seller("GET", path).status_code == 404
    assert seller("GET", "/notifications?all=true").json["notifications"] == []
    assert realtor("PUT", f"{path}/999999").status_code == 404
    realtor("DELETE", f"{path}/{home}")
    assert realtor("GET", path).json["total"] == 0
    assert realtor("GET", f"/leads/{lead_id}/history").json["history"][0]["kind"] == "made"


def test_a_calendar_holds_open_tasks_at_an_address_that_can_be_ended(client, realtor, lead_id):
    task = realtor("POST", f"/leads/{lead_id}/tasks", json=SHOWING).json["id"]
    realtor("POST", f"/leads/{lead_id}/tasks", json=SHOWING | {"title": "Второй"})
    address = realtor("POST", "/calendar").json["address"]
    path = "/calendars/" + address.rpartition("/")[2]

    def entries(at: str):
        return Calendar.from_ical(client.get(at).data).walk("VEVENT")

    first, second = entries(path)
    assert (first["summary"], first["dtstart"].dt.isoformat()) == (
        "Показ: Показ на Арбате",
        "2030-06-01T10:00:00+00:00",
    )
    assert [alarm["trigger"].dt.total_seconds() for alarm in first.walk("VALARM")] == [-3600]
    assert "Пётр" not in client.get(path).text and "+7701" not in client.get(path).text
    realtor("PATCH", f"/tasks/{task}", json={"is_done": True})
    assert [entry["uid"] for entry in entries(path)] == [second["uid"]]
    again = realtor("POST", "/calendar").json["address"]
    assert client.get(path).status_code == 404
    assert client.get("/calendars/" + again.rpartition("/")[2]).status_code == 200
    realtor("DELETE", "/calendar")
    assert realtor("GET", "/calendar").json == {"address": None}
    assert client.get("/calendars/" + again.rpartition("/")[2]).status_code == 404
