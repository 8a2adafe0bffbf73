"""Tasks, reminders and the history of a lead."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from models.accounts.notifications import Notification
from models.agenda import reminders
from models.agenda.history import LeadChange, history_of
from models.agenda.reminders import remind
from models.agenda.settings import set_zone, zone_of
from models.agenda.shortlist import add_to_shortlist
from models.agenda.tasks import TaskKind, change_task, create_task, delete_task, finish_task
from models.core.enums import ActionKind, Side
from models.core.errors import InvalidValueError, NotFoundError
from models.deals.matches import act
from models.deals.selection_answers import answer_home
from models.deals.selections import SelectedHome, create_selection
from models.market.leads import archive_lead, replace_lead
from models.upkeep.erasure import erase_user, export_user
from tests.factories import make_lead, make_property, make_user

HOUR = timedelta(hours=1)


@pytest.fixture
def realtor(session):
    return make_user(session)


@pytest.fixture
def lead(session, realtor):
    return make_lead(session, realtor)


@pytest.fixture
def now(session):
    return session.scalar(select(func.now()))


def due(session, realtor, lead, now, **fields):
    """A task with a due reminder."""
    made = create_task(
        session,
        realtor,
        lead.id,
        {"kind": TaskKind.SHOWING, "title": "Арбат, 7", "due_at": now + HOUR, "remind_minutes": 30} | fields,
    )
    session.execute(text("UPDATE lead_tasks SET remind_at = now() WHERE id = :id"), {"id": made.id})
    session.refresh(made)
    return made


def test_a_reminder_is_sent_once_in_its_owners_time_zone(session, realtor, lead, now):
    set_zone(session, realtor, "Asia/Vladivostok")
    task = due(session, realtor, lead, now)

    [notification_id] = remind(session)

    notification = session.get_one(Notification, notification_id)
    local = session.scalar(select(func.to_char(func.timezone("Asia/Vladivostok", task.due_at), "DD.MM.YYYY, HH24:MI")))
    assert (notification.user_id, notification.facts) == (
        realtor.id,
        {"variant": "showing", "title": "Арбат, 7", "at": local},
    )
    assert remind(session) == []


def test_without_a_zone_for_tasks_that_of_the_profile_counts(session, realtor):
    assert zone_of(session, realtor).key == "Asia/Almaty"  # by the phone
    realtor.time_zone = "Asia/Yekaterinburg"
    assert zone_of(session, realtor).key == "Asia/Yekaterinburg"
    set_zone(session, realtor, "Asia/Vladivostok")
    assert zone_of(session, realtor).key == "Asia/Vladivostok"


def test_a_changed_time_sets_the_reminder_again(session, realtor, lead, now):
    task = due(session, realtor, lead, now)
    remind(session)

    change_task(session, realtor, task.id, {"title": "Арбат, 9"})
    session.refresh(task)
    assert task.reminded_at is not None
    change_task(session, realtor, task.id, {"due_at": now + 5 * HOUR})

    assert (task.reminded_at, task.remind_at) == (None, now + 5 * HOUR - timedelta(minutes=30))


def test_a_task_that_is_moved_there_and_back_is_reminded_of_again(session, realtor, lead, now, monkeypatch):
    task = due(session, realtor, lead, now)
    remind(session)

    for moment in (now + 5 * HOUR, now + HOUR):
        change_task(session, realtor, task.id, {"due_at": moment})
    monkeypatch.setattr(reminders, "database_now", lambda _session: now + HOUR / 2)

    assert len(remind(session)) == 1


@pytest.mark.parametrize("what", ["done", "deleted", "archived", "inactive"])
def test_nobody_is_reminded_of_what_is_settled(session, realtor, lead, now, what):
    task = due(session, realtor, lead, now)
    if what == "done":
        finish_task(session, realtor, task.id)
    elif what == "deleted":
        delete_task(session, realtor, task.id)
    elif what == "archived":
        archive_lead(session, lead)
    else:
        realtor.is_active = False
    session.flush()

    assert remind(session) == []


def test_a_reminder_whose_moment_has_passed_comes_when_the_task_is_due(session, realtor, lead, now):
    soon = create_task(
        session, realtor, lead.id, {"kind": TaskKind.CALL, "title": "x", "due_at": now + HOUR, "remind_minutes": 600}
    )
    past = create_task(
        session, realtor, lead.id, {"kind": TaskKind.CALL, "title": "x", "due_at": now - HOUR, "remind_minutes": 5}
    )

    assert soon.remind_at == now + HOUR
    assert (past.remind_at, past.remind_minutes) == (None, None)


def test_a_showing_names_a_home_of_the_leads_market(session, realtor, lead, now):
    elsewhere = make_property(session, make_user(session), city="Казань")
    fields = {"kind": TaskKind.SHOWING, "title": "x", "due_at": now + HOUR, "property_id": elsewhere.id}

    with pytest.raises(InvalidValueError, match=r"task\.home_not_offered"):
        create_task(session, realtor, lead.id, fields)
    with pytest.raises(NotFoundError):
        create_task(session, make_user(session), lead.id, fields)


def test_the_history_has_every_change_but_no_confidential_text(session, realtor, lead, now):
    seller = make_user(session)
    home, other = make_property(session, seller), make_property(session, seller)
    replace_lead(session, lead, {"city": "Москва", "budget_max": 16_000_000, "private_notes": "тайна"})
    act(session, realtor, Side.LEAD, lead_id=lead.id, property_id=home.id, kind=ActionKind.LIKE)
    act(session, seller, Side.PROPERTY, lead_id=lead.id, property_id=home.id, kind=ActionKind.LIKE)
    made = create_selection(session, realtor, lead.id, [SelectedHome(other.id)], words=None, days=None)
    answer_home(session, made.token, other.id, ActionKind.DISLIKE)
    add_to_shortlist(session, realtor, lead.id, home.id)
    task = create_task(session, realtor, lead.id, {"kind": TaskKind.CALL, "title": "x", "due_at": now + HOUR})
    finish_task(session, realtor, task.id)
    for table in ("actions", "shortlisted_homes"):
        session.execute(text(f"UPDATE {table} SET created_at = created_at - interval '1 day'"))
    session.execute(text("UPDATE properties SET price = 11000000 WHERE id = :id"), {"id": home.id})

    entries, total = history_of(session, realtor, lead.id, page=1, limit=100)

    by_kind = {entry.kind: entry for entry in entries}
    assert set(by_kind) == {
        "made", "changed", "liked", "disliked", "liked_by_owner", "matched", "contacts_shared", "selection_sent",
        "client_answered", "price_cut", "task_made", "task_done", "shortlisted",
    }  # fmt: skip
    assert total == len(entries) == 13
    assert by_kind["changed"].facts == {"fields": {"budget_max": [15000000.0, 16000000.0], "private_notes": None}}
    assert (by_kind["price_cut"].property_id, by_kind["price_cut"].facts["to"]) == (home.id, "11000000.00")
    assert history_of(session, realtor, lead.id, page=2, limit=10)[0] == entries[10:]
    with pytest.raises(NotFoundError):
        history_of(session, seller, lead.id, page=1, limit=1)


def test_pages_of_a_history_have_each_entry_once_though_many_have_the_same_time(session, realtor, lead):
    session.add_all(LeadChange(lead_id=lead.id, fields={"notes": None, "n": [0, n]}) for n in range(60))
    session.flush()

    entries = [entry for page in range(1, 14) for entry in history_of(session, realtor, lead.id, page=page, limit=5)[0]]

    assert len(entries) == history_of(session, realtor, lead.id, page=1, limit=1)[1]
    assert {entry.facts["fields"]["n"][1] for entry in entries if entry.kind == "changed"} == set(range(60))


def test_tasks_are_exported_and_erased_with_their_user(session, realtor, lead, now):
    set_zone(session, realtor, "Asia/Almaty")
    add_to_shortlist(session, realtor, lead.id, make_property(session, make_user(session)).id)
    due(session, realtor, lead, now)
    replace_lead(session, lead, {"city": "Москва", "notes": "x"})

    exported = export_user(session, realtor)
    assert [len(exported[name]) for name in ("tasks", "shortlisted_homes", "agenda", "lead_changes")] == [1, 1, 1, 1]
    erase_user(session, realtor)

    for table in ("lead_tasks", "shortlisted_homes", "agenda_settings", "lead_changes"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_failing_reminder_does_not_delay_the_others(session, lead, now, monkeypatch, caplog, broken):
    owners = [make_user(session) for _ in range(3)]
    tasks = [due(session, owner, make_lead(session, owner), now) for owner in owners]
    zone_of = reminders.zone_of

    def zone(session, user):
        if user.id == owners[broken].id:
            session.execute(text("SELECT 1/0"))
        return zone_of(session, user)

    monkeypatch.setattr(reminders, "zone_of", zone)
    notified = session.scalars(select(Notification.user_id).where(Notification.id.in_(remind(session)))).all()

    assert set(notified) == {owner.id for owner in owners} - {owners[broken].id}
    assert [record.task_id for record in caplog.records if record.message == "reminder_failed"] == [tasks[broken].id]
    assert remind(session) == []
