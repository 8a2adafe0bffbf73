"""Reassigning rows to another agent: what follows the owner, what stays, what is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import models.all_tables  # noqa: F401 - every foreign key is looked at
from models.accounts.audit import AuditEntry
from models.accounts.notifications import Notification, NotificationType, notify
from models.accounts.uploads import FETCHED, Upload, add_upload, delete_uploads
from models.accounts.users import User
from models.agencies.following_rows import RULES
from models.agencies.former_owner_notes import FormerOwnerNotes
from models.agencies.invitations import accept_invitation, invite
from models.agencies.members import create_agency, remove_member
from models.agencies.reassigning import MAX_AT_ONCE, reassign
from models.agenda.following import Frequency, LeadFollow, set_frequency
from models.agenda.history import history_of
from models.agenda.shortlist import add_to_shortlist, shortlisted
from models.agenda.tasks import LeadTask, TaskKind, create_task, tasks_of
from models.core.base import Base, database_now
from models.core.enums import ActionKind, ContactSharing, Role, Side
from models.core.errors import NotAllowedError, NotFoundError
from models.deals.chats import Chat, open_chat
from models.deals.completion import complete, object_to_completion
from models.deals.home_views import HomeView, record_view
from models.deals.inquiries import create_inquiry, inquiries_for
from models.deals.matches import act
from models.deals.selections import SelectedHome, create_selection, selections_of
from models.market.favorites import Favorite, add_favorite
from models.market.leads import owned_lead
from models.market.tags import add_tag, tags_of
from models.sources.photos import FetchedPhoto, PhotoState, delete_unused_photos, digest_of
from models.sources.sources import create_source
from models.upkeep.erasure import erase_user, export_user
from models.upkeep.merging import merge_users
from tests.at_once import at_once, while_open
from tests.factories import make_lead, make_property, make_user


@pytest.fixture
def head(session):
    user = make_user(session, name="Анна Ким")
    create_agency(session, user, "Дом у моря")
    return user


def agent_of(session: Session, head: User, name: str) -> User:
    user = make_user(session, name=name)
    accept_invitation(session, user, invite(session, head), head.id)
    return user


@pytest.fixture
def former(session, head):
    return agent_of(session, head, "Пётр Ли")


@pytest.fixture
def new_owner(session, head):
    return agent_of(session, head, "Олег Цой")


@pytest.fixture
def outsider(session):
    return make_user(session, name="Чужой")


def give(session, head, row, new_owner, side=Side.LEAD):
    result = reassign(session, head, side, [row.id], new_owner.id)
    session.expire_all()
    return result


def reason(session, head, row, new_owner, side=Side.LEAD) -> str | None:
    return give(session, head, row, new_owner, side).refused.get(row.id)


def test_every_column_that_names_a_user_or_a_row_has_a_rule():
    """Fails for a new table until its rule for reassigned leads and properties is stated."""
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname in ("users.id", "leads.id", "properties.id")
    }

    assert columns - RULES.keys() == set()
    assert RULES.keys() - columns == {"matches.completed_by_id"}  # without a foreign key


def test_a_lead_goes_with_its_work_and_without_the_agents_own_words(session, head, former, new_owner, outsider):
    lead, listing = make_lead(session, former), make_property(session, outsider)
    lead.private_notes = "торгуется"
    add_tag(session, former, Side.LEAD, [lead.id], "горячий")
    when = database_now(session) + timedelta(days=1)
    task = create_task(session, former, lead.id, {"kind": TaskKind.CALL, "title": "x", "due_at": when})
    add_to_shortlist(session, former, lead.id, listing.id)
    create_selection(session, former, lead.id, [SelectedHome(listing.id)], words=None, days=1)
    match = act(session, former, Side.LEAD, lead_id=lead.id, property_id=listing.id, kind=ActionKind.LIKE)
    set_frequency(session, former, lead.id, Frequency.AT_ONCE)
    notify(session, former.id, NotificationType.TASK_DUE, "task:1", data={"task_id": 1, "lead_id": lead.id})
    session.flush()
    version = lead.version

    result = give(session, head, lead, new_owner)

    assert [row.id for row in result.moved] == [lead.id] and result.refused == {}
    assert owned_lead(session, new_owner, lead.id).client_contacts == "+77010000000"
    with pytest.raises(NotFoundError):
        owned_lead(session, former, lead.id)
    assert lead.version > version  # lists follow
    assert lead.private_notes is None and tags_of(session, Side.LEAD, [lead.id]) == {}
    assert [each.id for each in session.scalars(tasks_of(new_owner))] == [task.id]
    assert shortlisted(session, lead.id) == {listing.id}
    assert len(session.scalars(selections_of(session, new_owner, lead.id)).all()) == 1
    assert session.get(LeadFollow, lead.id) is None
    liked = act(session, outsider, Side.PROPERTY, lead_id=lead.id, property_id=listing.id, kind=ActionKind.LIKE)
    assert liked.id == match.id
    notifications = {each.user_id: each for each in session.scalars(select(Notification).order_by(Notification.id))}
    assert notifications[former.id].facts["variant"] == "lead_passed_on"  # the reminder of the task is gone
    variant = Notification.facts["variant"].as_string()
    assert "lead_received" in set(session.scalars(select(variant).where(Notification.user_id == new_owner.id)))
    entries, _ = history_of(session, new_owner, lead.id, page=1, limit=20)
    changed = [entry.facts["fields"] for entry in entries if entry.kind == "changed"]
    assert [former.id, new_owner.id] in [each.get("owner_id") for each in changed]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "reassigned")).one()
    assert (entry.actor_id, entry.row_id, entry.detail["former"]) == (head.id, str(lead.id), former.id)


def test_private_notes_and_tags_come_back_with_the_lead(session, head, former, new_owner):
    lead = make_lead(session, former)
    lead.private_notes = "торгуется"
    add_tag(session, former, Side.LEAD, [lead.id], "горячий")

    give(session, head, lead, new_owner)
    lead.private_notes = "моё"
    session.flush()
    assert export_user(session, former)["put_aside_words"][0]["private_notes"] == "торгуется"
    give(session, head, lead, former)

    assert lead.private_notes == "торгуется" and tags_of(session, Side.LEAD, [lead.id]) == {lead.id: ["горячий"]}
    assert session.scalars(select(FormerOwnerNotes.private_notes)).all() == ["моё"]
    erase_user(session, new_owner)
    assert session.scalars(select(FormerOwnerNotes)).all() == []


def test_words_put_aside_follow_a_merge_of_accounts(session, head, former, new_owner):
    lead = make_lead(session, former)
    lead.private_notes = "торгуется"
    give(session, head, lead, new_owner)
    kept, admin = make_user(session), make_user(session, role=Role.ADMIN)

    merge_users(session, former.id, kept.id, admin.id)
    session.expire_all()
    give(session, head, lead, kept)

    assert lead.private_notes == "торгуется"


def test_a_property_goes_with_its_photos_and_inquiries_and_chats_stay(session, head, former, new_owner, outsider):
    mine, shared = (
        add_upload(session, former, purpose="property", content_type="image/jpeg", ending="jpg", size=1)
        for _ in range(2)
    )
    photos = [f"/media/{mine.name}", f"/media/{shared.name}"]
    listing, other = make_property(session, former, photos=photos), make_property(session, former, photos=photos[1:])
    tenant = make_user(session, role=Role.TENANT)
    inquiry = create_inquiry(session, tenant, listing)
    create_inquiry(session, new_owner, listing)
    chat, _ = open_chat(session, tenant, buyer_id=tenant.id, seller_id=former.id, property_id=listing.id)
    add_favorite(session, new_owner, listing)
    record_view(session, listing, new_owner)
    record_view(session, listing, outsider)

    give(session, head, listing, new_owner, Side.PROPERTY)

    assert listing.owner_id == new_owner.id and listing.photos == photos
    assert (mine.owner_id, shared.owner_id) == (new_owner.id, former.id)
    # The photo of the other property belongs to the former owner.
    assert delete_uploads(session, former) == [shared.name]
    assert [each.id for each in session.scalars(inquiries_for(new_owner))] == [inquiry.id]
    assert session.get(Chat, chat.id).seller_id == former.id
    assert session.scalars(select(Favorite)).all() == []
    assert session.scalars(select(HomeView.viewer_id)).all() == [outsider.id]
    assert other.owner_id == former.id


@pytest.mark.parametrize("new_owner_has_it", [False, True])
def test_photos_that_were_fetched_stay_served_and_are_not_collected(session, head, former, new_owner, new_owner_has_it):
    address = "https://photos.example/1.jpg"

    def fetched(owner: User) -> Upload:
        upload = add_upload(session, owner, purpose=FETCHED, content_type="image/jpeg", ending="jpg", size=1)
        photo = FetchedPhoto(owner_id=owner.id, digest=digest_of(address), address=address, host="photos.example")
        photo.state, photo.upload_id = PhotoState.FETCHED, upload.id
        session.add(photo)
        session.flush()
        return upload

    upload = fetched(former)
    if new_owner_has_it:
        fetched(new_owner)
        make_property(session, new_owner, photos=[address])
    ours = f"/media/{upload.name}"
    listing = make_property(session, former, photos=[ours], photo_kinds={ours: "plan"})

    give(session, head, listing, new_owner, Side.PROPERTY)
    delete_unused_photos(session)
    session.expire_all()

    [link] = listing.photos
    assert listing.photo_kinds == {link: "plan"}
    assert link == (address if new_owner_has_it else ours)
    assert session.scalars(select(FetchedPhoto.owner_id)).all() == [new_owner.id]
    assert session.scalars(select(Upload.owner_id)).all() == [new_owner.id]


def test_a_completion_passes_to_the_new_owner_and_only_the_other_side_can_object(
    session, head, former, new_owner, outsider
):
    lead, listing = make_lead(session, former), make_property(session, outsider)
    pair = {"lead_id": lead.id, "property_id": listing.id, "kind": ActionKind.LIKE}
    act(session, former, Side.LEAD, **pair)
    match = act(session, outsider, Side.PROPERTY, **pair)
    complete(session, former, match.id)

    give(session, head, lead, new_owner)

    assert match.completed_by_id == new_owner.id
    with pytest.raises(NotAllowedError):
        object_to_completion(session, new_owner, match.id)
    object_to_completion(session, outsider, match.id)


def test_a_lead_whose_contacts_are_shown_to_nobody_stays(session, head, former, new_owner):
    """Reassigning the row to oneself would reveal it to the head."""
    lead = make_lead(session, former, client_contacts_shared=ContactSharing.NEVER)

    for to in (new_owner, head):
        assert reason(session, head, lead, to) == "agency.contacts_kept"
    assert lead.owner_id == former.id


def test_what_a_feed_brings_stays_and_what_a_file_brought_is_let_go(session, head, former, new_owner):
    feed = create_source(session, former, {"address": "https://feeds.example/x.xml", "refresh_minutes": 60})
    file = create_source(session, former, {"name": "Список"})
    fed = make_property(session, former, source_id=feed.id, external_id="1")
    filed = make_property(session, former, source_id=file.id, external_id="1", house_number="9")

    result = reassign(session, head, Side.PROPERTY, [fed.id, filed.id], new_owner.id)

    assert result.refused == {fed.id: "agency.from_feed"}
    assert [row.id for row in result.moved] == [filed.id]
    assert (filed.owner_id, filed.source_id, filed.external_id) == (new_owner.id, None, None)


@pytest.mark.parametrize("side", Side)
def test_nobody_becomes_both_sides_of_a_match(session, head, former, new_owner, side):
    lead, listing = make_lead(session, former), make_property(session, new_owner)
    pair = {"lead_id": lead.id, "property_id": listing.id}
    act(session, former, Side.LEAD, kind=ActionKind.LIKE, **pair)
    row, to = (lead, new_owner) if side is Side.LEAD else (listing, former)
    assert reason(session, head, row, to, side) == "agency.match_between"

    act(session, former, Side.LEAD, kind=ActionKind.DISLIKE, **pair)

    assert reason(session, head, row, to, side) is None
    assert lead.owner_id == listing.owner_id


def test_only_the_heads_own_agents_give_and_get(session, head, former, new_owner, outsider):
    lead, foreign = make_lead(session, former), make_lead(session, outsider)
    other_head = make_user(session)
    create_agency(session, other_head, "Другая")
    for user, error in ((former, NotAllowedError), (outsider, NotFoundError)):
        with pytest.raises(error):
            reassign(session, user, Side.LEAD, [lead.id], user.id)
    for to in (outsider.id, other_head.id, 2**62, 0):
        with pytest.raises(NotFoundError):
            reassign(session, head, Side.LEAD, [lead.id], to)
    new_owner.is_active = False
    session.flush()
    with pytest.raises(NotFoundError):
        reassign(session, head, Side.LEAD, [lead.id], new_owner.id)

    for user, row in ((head, foreign), (other_head, lead)):
        result = reassign(session, user, Side.LEAD, [row.id, 2**62], user.id)
        assert (result.moved, result.refused) == ([], {})
    assert (lead.owner_id, foreign.owner_id) == (former.id, outsider.id)


def test_many_rows_are_reassigned_with_one_notification_each_and_rows_already_theirs_are_skipped(
    session, head, former, new_owner
):
    leads = [make_lead(session, former) for _ in range(3)] + [make_lead(session, new_owner)]

    result = reassign(session, head, Side.LEAD, [lead.id for lead in leads], new_owner.id)

    assert [row.id for row in result.moved] == [lead.id for lead in leads[:3]]
    for user, variant in ((former, "lead_passed_on"), (new_owner, "lead_received")):
        query = select(Notification).where(Notification.user_id == user.id).order_by(Notification.id.desc())
        newest = session.scalars(query).first()
        assert (newest.facts["variant"], newest.facts["count"]) == (variant, 3)
    assert len(reassign(session, head, Side.LEAD, [0] * MAX_AT_ONCE + [leads[0].id], head.id).moved) == 0


@pytest.mark.parametrize("who", ["former", "new_owner"])
def test_who_is_removed_while_a_lead_is_given_neither_gives_nor_gets(clean_database, engine, who):
    with Session(engine, expire_on_commit=False) as db:
        head = make_user(db)
        create_agency(db, head, "Дом")
        people = {"former": agent_of(db, head, "Пётр"), "new_owner": agent_of(db, head, "Олег")}
        lead = make_lead(db, people["former"])
        db.commit()

        outcome = while_open(
            engine,
            lambda own: remove_member(own, own.get(User, head.id), people[who].id),
            lambda own: reassign(own, own.get(User, head.id), Side.LEAD, [lead.id], people["new_owner"].id),
        )

        assert outcome == ("done" if who == "former" else "member.not_found")
        db.refresh(lead)
        assert lead.owner_id == people["former"].id
        assert db.scalar(select(func.count()).where(AuditEntry.action == "reassigned")) == 0


def test_two_who_give_one_lead_at_once_leave_it_with_one(clean_database, engine):
    with Session(engine, expire_on_commit=False) as db:
        head = make_user(db)
        create_agency(db, head, "Дом")
        former, first, second = (agent_of(db, head, name) for name in ("Пётр", "Олег", "Ольга"))
        lead = make_lead(db, former)
        lead.private_notes = "торгуется"
        db.commit()

        def give_to(user_id: int):
            return lambda own: reassign(own, own.get(User, head.id), Side.LEAD, [lead.id], user_id)

        assert at_once(engine, give_to(first.id), give_to(second.id)) == ["done", "done"]
        db.refresh(lead)
        assert lead.owner_id in (first.id, second.id)
        assert db.scalars(select(FormerOwnerNotes.owner_id)).all() == [former.id]
        assert db.scalars(select(LeadTask)).all() == []
