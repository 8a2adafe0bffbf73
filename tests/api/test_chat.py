"""Chat over HTTP: access, storage, pages and notifications."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from models.accounts.notifications import Notification
from models.accounts.users import User
from models.core.enums import ActionKind, Role, Side
from models.deals.actions import Action
from models.deals.chats import MAX_MESSAGE_LENGTH, Chat, ChatMessage
from tests.api.chats import texts_of
from tests.factories import make_lead


def test_a_chat_is_one_for_its_three(pair, person, offer):
    it, other = pair(), person()

    again = it.seller("POST", "/chat/create_chat", json=it.body)
    assert (again.status_code, again.json["id"]) == (200, it.chat)
    assert other("POST", "/chat/create_chat", json=it.body).status_code == 403
    strange = it.body | {"property_id": offer(other)}
    assert it.buyer("POST", "/chat/create_chat", json=strange).status_code == 400
    assert it.buyer("POST", "/chat/create_chat", json=it.body | {"property_id": 999_999}).status_code == 404
    assert it.buyer("POST", "/chat/create_chat", json=it.body | {"seller_id": it.buyer.id}).status_code == 400
    assert it.seller("POST", "/chat/create_chat", json=it.body | {"buyer_id": 999_999}).status_code == 404


def test_a_seller_does_not_write_to_people_whose_ids_are_guessed(person, offer, database):
    seller = person(Role.REALTOR)
    property_id = offer(seller)
    people = [person(name=f"Person {number}") for number in range(20)]
    ids = [who.id for who in people] + [999_999]

    def open_to(buyer_id: int) -> tuple[int, str]:
        body = {"buyer_id": buyer_id, "seller_id": seller.id, "property_id": property_id}
        answer = seller("POST", "/chat/create_chat", json=body)
        return answer.status_code, answer.json["message"]

    assert {open_to(buyer_id) for buyer_id in ids} == {(404, "There is no such buyer.")}  # who is there is not told
    assert database.query(Chat).count() == 0


@pytest.mark.parametrize(
    "interest",
    [
        lambda buyer, listing: buyer("POST", "/leads", json={"listing_id": listing}),
        lambda buyer, listing: buyer("POST", "/favorites", json={"listing_id": listing}),
        lambda buyer, listing: buyer(
            "POST", "/feed/action", json={"listing_id": listing, "action": "favorite", "source": "web"}
        ),
        lambda buyer, listing: buyer(
            "POST", "/feed/action", json={"listing_id": listing, "action": "like", "source": "web"}
        ),
    ],
    ids=["asked", "kept", "kept in the feed", "liked in the feed"],
)
def test_a_seller_writes_to_who_has_shown_interest_in_any_of_their_homes(person, offer, interest):
    seller, buyer = person(Role.REALTOR), person(name="Buyer")
    liked, other = offer(seller), offer(seller)
    body = {"buyer_id": buyer.id, "seller_id": seller.id, "property_id": other}
    assert seller("POST", "/chat/create_chat", json=body).status_code == 404

    assert interest(buyer, liked).status_code in (200, 201)
    assert seller("POST", "/chat/create_chat", json=body).status_code == 201


@pytest.mark.parametrize("kind, status", [(ActionKind.LIKE, 201), (ActionKind.DISLIKE, 404)])
def test_a_like_on_the_exchange_is_interest_and_a_dislike_is_none(person, offer, database, kind, status):
    seller, buyer = person(Role.REALTOR), person(Role.REALTOR)
    listing, lead = offer(seller), make_lead(database, database.get(User, buyer.id))
    database.add(Action(lead_id=lead.id, property_id=listing, side=Side.LEAD, kind=kind))
    database.commit()
    body = {"buyer_id": buyer.id, "seller_id": seller.id, "property_id": listing}

    assert seller("POST", "/chat/create_chat", json=body).status_code == status


def test_a_seller_sees_a_buyers_name_after_the_buyers_first_inquiry_or_message(pair, person):
    it, other = pair(), person(name="Other")
    elsewhere = it.body | {"buyer_id": other.id}

    def names() -> dict[int, str | None]:
        return {row["other_id"]: row["other_name"] for row in it.seller("GET", "/chat/my_chats").json}

    opened = other("POST", "/chat/create_chat", json=elsewhere).json["id"]
    assert names() == {other.id: None, it.buyer.id: None}
    assert other("POST", f"/chat/chat_messages/{opened}", json={"message": "Hello"}).status_code == 201
    assert it.buyer("POST", "/leads", json={"listing_id": it.property_id}).status_code == 200
    assert names() == {other.id: "Other", it.buyer.id: "Buyer"}


def test_ten_simultaneous_openings_make_one_chat(person, offer, app, database):
    buyer, seller = person(), person(Role.REALTOR)
    body = {"buyer_id": buyer.id, "seller_id": seller.id, "property_id": offer(seller)}

    def open_it(who):
        headers = {"Authorization": f"Bearer {who.token}"}
        return app.test_client().post("/chat/create_chat", json=body, headers=headers).json["id"]

    with ThreadPoolExecutor(10) as threads:
        ids = set(threads.map(open_it, [buyer] * 10))

    assert len(ids) == database.query(Chat).count() == 1


def test_messages_are_paged_both_ways(pair):
    it = pair()
    path = f"/chat/chat_messages/{it.chat}"
    ids = [it.buyer("POST", path, json={"message": str(number)}).json["id"] for number in range(5)]

    assert texts_of(it.seller, it.chat) == ["0", "1", "2", "3", "4"]
    assert texts_of(it.seller, it.chat, "?limit=2") == ["3", "4"]
    assert texts_of(it.seller, it.chat, "?limit=2&page=2") == ["1", "2"]
    assert texts_of(it.seller, it.chat, f"?limit=2&before_id={ids[3]}") == ["1", "2"]
    assert texts_of(it.seller, it.chat, f"?limit=2&after_id={ids[0]}") == ["1", "2"]
    assert texts_of(it.seller, it.chat, "?after_id=0&limit=1") == ["0"]
    assert it.seller("GET", path + "?limit=101").status_code == 400


def test_a_list_of_chats_has_the_last_message_and_the_unread_count(pair):
    it = pair()
    path = f"/chat/chat_messages/{it.chat}"
    first = it.buyer("POST", path, json={"message": "Торг?"}).json["id"]
    it.buyer("POST", path, json={"message": "Ау?"})

    def seen_by(who):
        [row] = who("GET", "/chat/my_chats").json
        return row

    assert (seen_by(it.seller)["unread_count"], seen_by(it.seller)["last_message"]["message"]) == (2, "Ау?")
    assert seen_by(it.buyer)["unread_count"] == 0
    it.seller("POST", path + "/read", json={"message_id": first})
    assert seen_by(it.seller)["unread_count"] == 1
    assert seen_by(it.buyer)["other_read_id"] == first
    it.seller("POST", path + "/read", json={})
    it.seller("POST", path + "/read", json={"message_id": first})  # never back
    assert seen_by(it.seller)["unread_count"] == 0
    assert (seen_by(it.buyer)["other_name"], seen_by(it.buyer)["property_title"]) == ("Seller", "Дом у моря")


def test_strangers_see_and_say_nothing(pair, person):
    it, stranger = pair(), person()
    path = f"/chat/chat_messages/{it.chat}"

    assert stranger("GET", path).status_code == 404
    assert stranger("POST", path, json={"message": "!"}).status_code == 404
    assert stranger("POST", path + "/read", json={}).status_code == 404
    assert stranger("GET", "/chat/my_chats").json == []


def test_an_absent_user_gets_one_notification_until_they_have_read(pair, database):
    it = pair()
    path = f"/chat/chat_messages/{it.chat}"
    for _ in range(3):
        it.buyer("POST", path, json={"message": "Торг?"})
    assert [(row.user_id, row.type) for row in database.query(Notification)] == [(it.seller.id, "NEW_MESSAGE")]

    it.seller("POST", path + "/read", json={})
    it.buyer("POST", path, json={"message": "И всё же?"})

    assert database.query(Notification).count() == 2


def test_a_message_sent_again_under_its_name_is_stored_once(pair, database):
    it = pair()
    body = {"message": "Торг?", "client_id": "a1"}
    ids = {it.buyer("POST", f"/chat/chat_messages/{it.chat}", json=body).json["id"] for _ in range(2)}

    assert len(ids) == database.query(ChatMessage).count() == 1


def test_bad_messages_are_refused(pair):
    it = pair()
    for body in ({}, {"message": ""}, {"message": " "}, {"message": "x" * (MAX_MESSAGE_LENGTH + 1)}, {"message": 7}):
        assert it.buyer("POST", f"/chat/chat_messages/{it.chat}", json=body).status_code == 400
    assert texts_of(it.buyer, it.chat) == []
