"""Chat: who may talk, what is said is stored and then delivered, once and in order, whatever happens to a process."""

import contextlib
import itertools
import json
import os
import signal
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from models.accounts.notifications import Notification
from models.accounts.users import User
from models.core.enums import ActionKind, DealType, Origin, PropertyType, Role, Side
from models.deals.chats import MAX_MESSAGE_LENGTH, Chat, ChatMessage
from models.deals.matches import Action
from models.market.properties import create_property
from tests.factories import make_lead

#: Of the test that kills a process. By hand it was run with 25 chats (50 sockets) and 40 messages of each side (2,000).
CHATS = int(os.environ.get("CHAT_TEST_CHATS", "4"))
MESSAGES_OF_EACH = int(os.environ.get("CHAT_TEST_MESSAGES", "15"))  # of each side


@dataclass
class Pair:
    """A buyer, a seller, the seller's property, their chat."""

    buyer: object
    seller: object
    property_id: int
    chat: int

    @property
    def body(self):
        return {"buyer_id": self.buyer.id, "seller_id": self.seller.id, "property_id": self.property_id}


@pytest.fixture
def offer(database):
    """A function that gives somebody a property."""

    def make(owner):
        fields = {
            "title": "Дом у моря", "city": "Лисс", "deal_type": DealType.SALE, "price": 1,
            "property_type": PropertyType.HOUSE,
        }  # fmt: skip
        found = create_property(database, database.get(User, owner.id), Origin.PORTAL, fields)
        database.commit()
        return found.id

    return make


@pytest.fixture
def pair(person, offer):
    """A function that makes two people who talk."""

    def make():
        it = Pair(person(name="Buyer"), person(Role.REALTOR, name="Seller"), 0, 0)
        it.property_id = offer(it.seller)
        it.chat = it.buyer("POST", "/chat/create_chat", json=it.body).json["id"]
        return it

    return make


def open_socket(web, chat, token=None, query="", **options):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = web.url.replace("http", "ws", 1) + f"/chat/ws/{chat}{query}"
    return connect(address, additional_headers=headers, open_timeout=20, close_timeout=2, proxy=None, **options)


def say(socket, text, **more):
    socket.send(json.dumps({"message": text, **more}))


def hear(socket):
    return json.loads(socket.recv(timeout=20))


def said(who, chat, query=""):
    return [row["message"] for row in who("GET", f"/chat/chat_messages/{chat}{query}").json]


# --- Over HTTP


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


def test_a_seller_is_told_a_buyers_name_once_the_buyer_has_asked_or_written(pair, person):
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

    assert said(it.seller, it.chat) == ["0", "1", "2", "3", "4"]
    assert said(it.seller, it.chat, "?limit=2") == ["3", "4"]
    assert said(it.seller, it.chat, "?limit=2&page=2") == ["1", "2"]
    assert said(it.seller, it.chat, f"?limit=2&before_id={ids[3]}") == ["1", "2"]
    assert said(it.seller, it.chat, f"?limit=2&after_id={ids[0]}") == ["1", "2"]
    assert said(it.seller, it.chat, "?after_id=0&limit=1") == ["0"]
    assert it.seller("GET", path + "?limit=101").status_code == 400


def test_a_list_of_chats_tells_the_last_message_and_what_is_unread(pair):
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


def test_who_is_away_gets_one_notice_until_they_have_read(pair, database):
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
    assert said(it.buyer, it.chat) == []


# --- Over sockets


@pytest.fixture
def web(shared_web):
    return shared_web


def test_both_sides_hear_what_is_stored(pair, web, database):
    it = pair()
    with open_socket(web, it.chat, it.buyer.token) as buyer, open_socket(web, it.chat, it.seller.token) as seller:
        say(buyer, "Торг?", client_id="b1")
        frames = [hear(buyer), hear(seller)]
        say(seller, "Нет.")
        assert [hear(buyer)["message"], hear(seller)["message"]] == ["Нет.", "Нет."]

    assert frames[0] == frames[1]
    assert set(frames[0]) == {"id", "chat_id", "sender_id", "message", "created_at", "client_id"}
    assert (frames[0]["chat_id"], frames[0]["sender_id"]) == (it.chat, it.buyer.id)
    assert said(it.buyer, it.chat) == ["Торг?", "Нет."]
    assert database.query(Notification).count() == 0  # both were there


def test_who_comes_back_gets_what_was_missed_in_order(pair, web):
    it = pair()
    with open_socket(web, it.chat, it.seller.token) as seller:
        say(seller, "0")
        last = hear(seller)["id"]
    for number in range(1, 5):
        it.buyer("POST", f"/chat/chat_messages/{it.chat}", json={"message": str(number)})

    with open_socket(web, it.chat, it.seller.token, f"?after_id={last}") as seller:
        assert [hear(seller)["message"] for _ in range(4)] == ["1", "2", "3", "4"]


def test_a_ticket_opens_one_socket(pair, web):
    it = pair()
    ticket = it.buyer("POST", "/chat/ticket").json["ticket"]
    with open_socket(web, it.chat, query=f"?ticket={ticket}") as buyer:
        say(buyer, "Я тут")
        assert hear(buyer)["message"] == "Я тут"

    with pytest.raises(InvalidStatus) as refusal, open_socket(web, it.chat, query=f"?ticket={ticket}"):
        pass
    assert refusal.value.response.status_code == 401


def test_a_token_opens_a_socket_from_the_address_with_and_without_bearer(pair, web):
    it = pair()
    for token in (it.buyer.token, f"Bearer%20{it.buyer.token}", f"Bearer+{it.buyer.token}"):
        with open_socket(web, it.chat, query=f"?token={token}") as buyer:
            say(buyer, "Я тут")
            assert hear(buyer)["message"] == "Я тут"


def test_the_handshake_refuses_who_may_not_talk(pair, person, web):
    it, stranger = pair(), person()
    cases = [
        (it.chat, "", 401),
        (it.chat, "?token=nonsense", 401),
        (it.chat, f"?token={stranger.token}", 404),
        (999_999, f"?token={it.buyer.token}", 404),
        (2**63, f"?token={it.buyer.token}", 404),
        (it.chat, f"?token={it.buyer.token}&after_id=x", 400),
    ]
    for chat, query, code in cases:
        with pytest.raises(InvalidStatus) as refusal, open_socket(web, chat, query=query):
            pass
        assert refusal.value.response.status_code == code
    assert it.buyer("GET", f"/chat/ws/{it.chat}").status_code == 426  # no socket at all


def test_what_is_not_understood_is_told_and_what_is_too_large_ends_the_socket(pair, web):
    it = pair()
    with open_socket(web, it.chat, it.buyer.token) as buyer:
        for frame in ("{", "[]", "7", '{"text": "?"}', '{"message": ""}', '{"message": {"a": 1}}', '{"read": "x"}'):
            buyer.send(frame)
            assert hear(buyer)["error"]["code"] == 400
        say(buyer, "всё ещё тут")
        assert hear(buyer)["message"] == "всё ещё тут"
        buyer.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            buyer.recv(timeout=20)
    assert said(it.buyer, it.chat) == ["всё ещё тут"]


def test_a_read_mark_comes_over_the_socket_too(pair, web):
    it = pair()
    stored = it.buyer("POST", f"/chat/chat_messages/{it.chat}", json={"message": "?"}).json["id"]
    with open_socket(web, it.chat, it.seller.token) as seller:
        seller.send(json.dumps({"read": stored}))
        seller.send("?")  # frames are taken in order: when this one's refusal is back, the mark is made
        hear(seller)
        [row] = it.buyer("GET", "/chat/my_chats").json
    assert row["other_read_id"] == stored


def test_a_socket_whose_user_is_put_out_is_closed(pair, web, database):
    it = pair()
    with open_socket(web, it.chat, it.buyer.token) as buyer, open_socket(web, it.chat, it.seller.token) as seller:
        database.get(User, it.buyer.id).is_active = False
        database.commit()
        say(seller, "секрет")

        with pytest.raises(ConnectionClosed) as closed:
            buyer.recv(timeout=20)

        assert closed.value.rcvd.code == 1008
        assert hear(seller)["message"] == "секрет"


def test_sockets_leave_room_for_requests(pair, start_web):
    """Of 6 threads sockets may hold 4; the fifth is refused at the handshake, and HTTP goes on."""
    web, it = start_web(WEB_THREADS="6"), pair()
    with contextlib.ExitStack() as opened:
        for number in range(4):
            socket = opened.enter_context(open_socket(web, it.chat, it.buyer.token))
            say(socket, str(number))
            hear(socket)  # who has heard an answer is counted

        with pytest.raises(InvalidStatus) as refusal, open_socket(web, it.chat, it.seller.token):
            pass

        with urllib.request.urlopen(f"{web.url}/health", timeout=30) as answer:
            assert answer.status == 200
    assert refusal.value.response.status_code == 429


def test_without_redis_a_message_is_stored_and_still_heard(pair, start_web, valkey_server):
    web, it = start_web(), pair()  # not the shared one: the next test's would be finding Valkey again
    with open_socket(web, it.chat, it.buyer.token) as buyer, open_socket(web, it.chat, it.seller.token) as seller:
        say(buyer, "1")
        assert [hear(buyer)["message"], hear(seller)["message"]] == ["1", "1"]
        valkey_server.stop()
        try:
            say(buyer, "2")
            assert [hear(buyer)["message"], hear(seller)["message"]] == ["2", "2"]
        finally:
            valkey_server.start()


# --- Two processes, one of which dies


@dataclass
class Client:
    """A side of a chat that comes back whenever its socket breaks, and says everything until it has heard it itself."""

    who: object
    chat: int
    urls: itertools.cycle
    texts: list[str]
    expected: int
    frames: list[dict] = field(default_factory=list)
    breaks: int = 0

    def run(self, progress):
        to_say = list(self.texts)
        while len(self.frames) < self.expected:
            last = self.frames[-1]["id"] if self.frames else 0
            try:
                with open_socket(next(self.urls), self.chat, self.who.token, f"?after_id={last}") as socket:
                    self._talk(socket, to_say, progress)
            except (OSError, ConnectionClosed, InvalidHandshake, EOFError):
                self.breaks += 1

    def _talk(self, socket, to_say, progress):
        if to_say:
            say(socket, to_say[0], client_id=to_say[0])
        while len(self.frames) < self.expected:
            frame = json.loads(socket.recv(timeout=30))
            self.frames.append(frame)
            progress.release()
            if to_say and frame["message"] == to_say[0]:
                to_say.pop(0)
                if to_say:
                    say(socket, to_say[0], client_id=to_say[0])


@pytest.mark.slow
def test_everything_is_seen_once_and_in_order_though_a_process_is_killed(pair, start_web, database):
    webs = [start_web(), start_web()]
    clients = []
    for number in range(CHATS):
        it = pair()
        for who in (it.buyer, it.seller):
            texts = [f"{who.id}-{part}" for part in range(MESSAGES_OF_EACH)]
            urls = itertools.cycle(webs if number % 2 else webs[::-1])
            clients.append(Client(who, it.chat, urls, texts, expected=2 * MESSAGES_OF_EACH))
            webs = webs[::-1]  # the two sides of a chat sit at different processes
    progress = threading.Semaphore(0)
    threads = [threading.Thread(target=client.run, args=(progress,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()

    for _ in range(sum(client.expected for client in clients) // 2):
        assert progress.acquire(timeout=60)
    os.killpg(webs[0].pid, signal.SIGKILL)
    for thread in threads:
        thread.join(100)

    assert sum(client.breaks for client in clients) >= len(clients) // 2
    for client in clients:
        stored = database.query(ChatMessage).filter_by(chat_id=client.chat).order_by(ChatMessage.id).all()
        assert len(stored) == client.expected
        assert [frame["id"] for frame in client.frames] == [row.id for row in stored]
        mine = [frame["message"] for frame in client.frames if frame["sender_id"] == client.who.id]
        assert mine == client.texts
