"""Notifications name people and rows as far as privacy allows at the time, and are grouped by them."""

from models.accounts.notification_groups import groups_of, groups_with_notifications, mark_group_read, unread_of
from models.accounts.notification_switches import Topic
from models.accounts.notifications import NotificationType, notify
from models.accounts.users import User
from models.core.enums import ActionKind, Role, Side
from models.deals.chats import notify_absent, open_chat, post_message
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from tests.factories import make_lead, make_property, make_user


def messages(person):
    page = person("GET", "/notifications?all=true", headers={"Accept-Language": "ru"})
    return [each["message"] for each in page.json["notifications"]]


def test_an_owner_reads_who_asks_about_what_in_short(person, database):
    owner = person(Role.LANDLORD)
    tenant = make_user(database, name="Анна Петрова", phone=None, role=Role.TENANT)
    create_inquiry(database, tenant, make_property(database, database.get(User, owner.id), title="Студия у парка"))
    database.commit()

    assert messages(owner) == ["Анна П. интересуется: Студия у парка."]

    tenant.name = None  # as erased
    database.commit()
    assert messages(owner) == ["Вашим объявлением интересуются: Студия у парка."]


def test_realtors_read_each_others_names_and_only_short_ones_of_clients(person, database):
    buyer, seller = person(Role.REALTOR), person(Role.REALTOR)
    database.get(User, buyer.id).name = "Иван Ким"
    lead = make_lead(database, database.get(User, buyer.id), client_name="Пётр Иванов")
    home = make_property(database, database.get(User, seller.id), title="Дом у моря")
    pair = {"lead_id": lead.id, "property_id": home.id, "kind": ActionKind.LIKE}
    act(database, database.get(User, buyer.id), Side.LEAD, **pair)
    database.commit()

    [message] = messages(seller)

    assert "Иван Ким" in message and "Пётр И. — Дом у моря" in message and "Иванов" not in message


def test_notifications_about_the_same_thing_are_one_group(session):
    owner, tenant = make_user(session, role=Role.LANDLORD), make_user(session, Role.TENANT, name="Анна Петрова")
    home = make_property(session, owner)
    create_inquiry(session, tenant, home)
    create_inquiry(session, make_user(session), home)
    chat, _ = open_chat(session, tenant, buyer_id=tenant.id, seller_id=owner.id, property_id=home.id)
    notify_absent(session, *post_message(session, tenant, chat.id, "Свободна?"))
    notify(session, owner.id, NotificationType.NEW_MATCH, "match:1", data={}, variant="open")

    rows = session.execute(groups_of(owner)).all()
    groups = groups_with_notifications(session, owner, rows)

    assert [(group.count, group.unread, len(group.notifications)) for group in groups] == [
        (1, 1, 1),
        (1, 1, 1),
        (2, 2, 2),
    ]
    assert groups[1].key == f"chat_id:{chat.id}" and groups[2].key == f"listing_id:{home.id}"
    assert unread_of(session, owner).by_topic == {Topic.INQUIRIES: 2, Topic.MESSAGES: 1, Topic.MATCHES: 1}
    mark_group_read(session, owner, groups[2].key)
    assert unread_of(session, owner).by_topic == {Topic.MESSAGES: 1, Topic.MATCHES: 1}
