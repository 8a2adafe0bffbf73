"""A lead's page: contacts, notes, tasks, shortlist and history, in a browser and over HTTP."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, text

from models.agenda.following import Frequency, frequency_of
from models.agenda.settings import AgendaSettings
from models.agenda.shortlist import shortlisted
from models.agenda.tasks import LeadTask, TaskKind, create_task
from models.core.base import database_now
from models.core.enums import ActionKind, DealType, Side
from models.deals.matches import act
from models.market.leads import Lead
from tests.console.conftest import FASTER_POLLING, enter
from tests.factories import make_property
from tests.statements import statements_on
from worker.lists import rescore


def test_a_realtors_day_with_one_lead(visit, town, db):
    """Calls, notes, a showing in the browser's time zone, the shortlist and the history are all on this page."""
    lead = f"/console/leads/{town.lead.id}"
    db.get(Lead, town.lead.id).client_contacts += ", звонить жене 12-00"
    db.commit()
    page = visit(town.buyer, lead, before=FASTER_POLLING, timezone_id="Asia/Vladivostok")

    expect(page.get_by_role("link", name="+7 701 000 0000")).to_have_attribute("href", "tel:+77010000000")
    expect(page.locator(".as-typed")).to_contain_text("звонить жене 12-00")
    expect(page.get_by_role("link", name="WhatsApp")).to_have_attribute("href", "https://wa.me/77010000000")
    page.locator(".notes > summary").click()
    page.get_by_label("Private notes").fill("Ищет до лета")
    page.locator(".notes").get_by_role("button", name="Save").click()
    expect(page.locator(".notes-begin")).to_have_text("Ищет до лета")

    star = page.locator(f"#pair-{town.properties[0].id} .star-button")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("only you see it")).to_be_visible()
    page.get_by_role("link", name="Shortlist").click()
    expect(page.locator("article.pair")).to_have_count(1)

    page.get_by_role("link", name="Tasks", exact=True).last.click()
    expect(page.locator("label[for=t-due]")).to_have_text("When Asia/Vladivostok")
    page.get_by_label("What to do").fill("Показать Арбат")
    page.get_by_label("When").fill("2030-06-01T18:00")
    page.get_by_label("Home").select_option(str(town.properties[0].id))
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".task .title")).to_have_text("Показать Арбат")
    expect(page.locator(".task")).to_contain_text("01 Jun 2030, 18:00")
    assert db.scalar(select(LeadTask.due_at)).isoformat() == "2030-06-01T08:00:00+00:00"
    page.goto("/console/tasks")
    page.locator(".task").get_by_role("button", name="Mark as done").click()
    expect(page.get_by_text("Nothing planned")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".task .title")).to_have_text("Показать Арбат")

    page.goto(f"{lead}/history")
    expected = ("Planned: Showing: Показать Арбат", "Added to the shortlist", "Private notes: changed", "Lead created")
    for words in expected:
        expect(page.locator(".log")).to_contain_text(words)
    assert "Ищет до лета" not in page.locator(".log").inner_text()


def test_homes_listed_since_the_last_visit_are_marked_and_notices_of_them_have_a_switch(
    client, town, db, new_worker_session
):
    csrf = enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}"
    english = {"Accept-Language": "en"}
    assert ">new<" not in client.get(path, headers=english).text  # on the first visit nothing is new
    db.execute(text("UPDATE lead_follows SET visited_at = visited_at - interval '1 hour'"))
    added = make_property(db, town.seller, house_number="9")
    db.commit()
    with new_worker_session() as session:
        rescore.reconcile_market(session, ("geo:524901", DealType.SALE))
        session.commit()

    assert "1\u00a0new home" in client.get("/console/leads", headers=english).text
    cards = client.get(path, headers=english).text.split("<article ")
    assert [f'id="pair-{added.id}"' in card for card in cards if ">new<" in card] == [True]
    assert client.post(f"{path}/frequency", data={"csrf": csrf, "frequency": "WEEKLY"}).status_code == 400
    assert client.post(f"{path}/frequency", data={"csrf": csrf, "frequency": "NEVER"}).status_code == 303
    assert frequency_of(db, town.buyer, town.lead.id) is Frequency.NEVER


def test_notes_of_two_windows_are_both_kept_until_somebody_chooses(client, town, db):
    csrf = enter(client, town.buyer)
    path = f"/console/leads/{town.lead.id}/notes"
    was = '{"private_notes": ""}'

    def send(words, **more):
        return client.post(path, data={"csrf": csrf, "was": was, "private_notes": words} | more)

    assert send("из первого окна").status_code == 303
    both = send("из второго окна")
    assert both.status_code == 409 and "из первого окна" in both.text and "из второго окна" in both.text
    assert send("x" * 5001).status_code in (400, 409)
    assert db.get(Lead, town.lead.id).private_notes == "из первого окна"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("title", "", "Напишите"),
        ("kind", "PARTY", "вид"),
        ("due", "завтра", "дату"),
        ("remind", "7", "напомн"),
        ("property_id", "999999", "рынке"),
    ],
)
def test_a_task_that_cannot_be_read_says_where(client, town, db, field, value, says):
    csrf = enter(client, town.buyer)
    form = {"csrf": csrf, "title": "x", "kind": "CALL", "due": "2030-06-01T18:00", "remind": "60"} | {field: value}

    answer = client.post(f"/console/leads/{town.lead.id}/tasks", data=form, headers={"Accept-Language": "ru"})

    assert answer.status_code == 400
    assert says in answer.text.split('class="wrong"')[1].split("</span>")[0]
    assert db.scalars(select(LeadTask)).all() == []


def test_times_are_read_and_shown_in_the_chosen_time_zone(client, town, db):
    csrf = enter(client, town.buyer)
    assert client.post("/console/tasks/zone", data={"csrf": csrf, "zone": "Europe/Atlantis"}).status_code == 400
    client.post("/console/tasks/zone", data={"csrf": csrf, "zone": "Asia/Omsk"})
    form = {"csrf": csrf, "title": "x", "kind": "CALL", "due": "2030-06-01T18:00", "zone": "Europe/Moscow"}

    client.post(f"/console/leads/{town.lead.id}/tasks", data=form)

    assert db.get(AgendaSettings, town.buyer.id).time_zone == "Asia/Omsk"
    assert db.scalar(select(LeadTask.due_at)).isoformat() == "2030-06-01T12:00:00+00:00"
    assert "01.06.2030 18:00" in client.get("/console/tasks", headers={"Accept-Language": "ru"}).text


def test_parts_of_another_users_lead_are_not_found(client, town, db):
    task = create_task(
        db,
        town.buyer,
        town.lead.id,
        {"kind": TaskKind.CALL, "title": "x", "due_at": database_now(db) + timedelta(days=1)},
    )
    db.commit()
    csrf = enter(client, town.seller)
    lead, home = f"/console/leads/{town.lead.id}", town.properties[0].id

    for path in (f"{lead}/tasks", f"{lead}/history", f"{lead}/notes", f"/console/tasks/{task.id}"):
        assert client.get(path).status_code == 404, path
    for path in (
        f"{lead}/tasks",
        f"{lead}/notes",
        f"{lead}/shortlist/{home}",
        f"/console/tasks/{task.id}",
        f"/console/tasks/{task.id}/done",
        f"/console/tasks/{task.id}/delete",
    ):
        form = {"csrf": csrf, "star": "1", "title": "y", "kind": "CALL", "due": "2030-06-01T18:00", "remind": ""}
        assert client.post(path, data=form).status_code == 404, path
    undo = client.post("/console/undo", data={"csrf": csrf, "what": f"task-{task.id}"})
    assert undo.status_code == 404
    assert shortlisted(db, town.lead.id) == set()


def test_a_deleted_task_can_be_restored(client, town, db):
    task = create_task(
        db,
        town.buyer,
        town.lead.id,
        {"kind": TaskKind.CALL, "title": "Позвонить", "due_at": database_now(db) + timedelta(days=1)},
    )
    db.commit()
    csrf = enter(client, town.buyer)

    gone = client.post(f"/console/tasks/{task.id}/delete", data={"csrf": csrf, "from": "all"}, follow_redirects=True)
    assert "Позвонить" not in gone.text and f'value="task-{task.id}"' in gone.text
    back = client.post("/console/undo", data={"csrf": csrf, "what": f"task-{task.id}"}, follow_redirects=True)
    assert "Позвонить" in back.text


def test_a_shortlisted_home_that_left_the_list_is_still_shown(client, town, db):
    csrf = enter(client, town.buyer)
    lead, home = f"/console/leads/{town.lead.id}", town.properties[1].id
    client.post(f"{lead}/shortlist/{home}", data={"csrf": csrf, "star": "1"})
    db.execute(text("UPDATE properties SET status = 'ARCHIVED' WHERE id = :id"), {"id": home})
    db.commit()

    page = client.get(f"{lead}?shortlist=1", headers={"Accept-Language": "ru"}).text

    assert page.count("<article") == 0
    assert "Больше не в списке" in page
    client.post(f"{lead}/shortlist/{home}", data={"csrf": csrf, "star": "0"})
    assert "В избранном пусто" in client.get(f"{lead}?shortlist=1", headers={"Accept-Language": "ru"}).text


def test_the_history_says_what_happened_not_what_a_tab_is_called(client, town, db):
    act(db, town.buyer, Side.LEAD, lead_id=town.lead.id, property_id=town.properties[0].id, kind=ActionKind.DISLIKE)
    db.commit()
    enter(client, town.buyer)

    page = client.get(f"/console/leads/{town.lead.id}/history", headers={"Accept-Language": "ru"}).text

    entries = page.split('<ol class="log')[1]
    assert "Вы отложили" in entries and "Отложенные" not in entries


@pytest.mark.parametrize(("path", "maximum"), [("/console/leads/{lead}", 18), ("/console/leads", 12)])
def test_a_page_takes_few_statements(client, town, engine, path, maximum):
    enter(client, town.buyer)
    address = path.format(lead=town.lead.id)
    client.get(address)
    with statements_on(engine) as noted:
        assert client.get(address).status_code == 200

    assert len(noted) <= maximum, "\n".join(noted)
