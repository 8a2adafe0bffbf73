"""Chat over sockets: each message is delivered once and in order, whatever happens to a process."""

import contextlib
import itertools
import json
import os
import signal
import threading
import urllib.request
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from models.accounts.notifications import Notification
from models.accounts.sessions import record_session
from models.accounts.tokens import claims_of
from models.accounts.users import User
from models.deals.chats import ChatMessage
from tests.api.chats import hear, open_socket, say, texts_of
from tests.factories import SECRET, token_header
from tests.waiting import WAIT_LIMIT_SECONDS

#: For the test that kills a process. It was also run manually with 25 chats (50 sockets), 40 messages a side (2,000).
CHATS = int(os.environ.get("CHAT_TEST_CHATS", "4"))
MESSAGES_OF_EACH = int(os.environ.get("CHAT_TEST_MESSAGES", "15"))  # of each side


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
    assert texts_of(it.buyer, it.chat) == ["Торг?", "Нет."]
    assert database.query(Notification).count() == 0  # both were there


def test_a_client_that_reconnects_gets_the_missed_messages_in_order(pair, web):
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


def test_an_invalid_message_gets_an_error_and_one_that_is_too_large_closes_the_socket(pair, web):
    it = pair()
    with open_socket(web, it.chat, it.buyer.token) as buyer:
        for frame in ("{", "[]", "7", '{"text": "?"}', '{"message": ""}', '{"message": {"a": 1}}', '{"read": "x"}'):
            buyer.send(frame)
            assert hear(buyer)["error"]["code"] == 400
        say(buyer, "всё ещё тут")
        assert hear(buyer)["message"] == "всё ещё тут"
        buyer.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            buyer.recv(timeout=WAIT_LIMIT_SECONDS)
    assert texts_of(it.buyer, it.chat) == ["всё ещё тут"]


def test_a_read_mark_comes_over_the_socket_too(pair, web):
    it = pair()
    stored = it.buyer("POST", f"/chat/chat_messages/{it.chat}", json={"message": "?"}).json["id"]
    with open_socket(web, it.chat, it.seller.token) as seller:
        seller.send(json.dumps({"read": stored}))
        seller.send("?")  # frames are taken in order: when this one's refusal is back, the mark is made
        hear(seller)
        [row] = it.buyer("GET", "/chat/my_chats").json
    assert row["other_read_id"] == stored


def deactivation(buyer, database):
    database.get(User, buyer.id).is_active = False
    database.commit()


def sign_out(buyer, _database):
    assert buyer("POST", "/auth/logout").status_code == 200


def end_of_the_session(buyer, database):
    user, token = database.get(User, buyer.id), buyer.token
    record_session(database, claims_of(token, SECRET), method="sms", network=None, agent=None)
    database.commit()
    other = token_header(user)
    [row] = buyer("GET", "/auth/sessions").json["sessions"]
    assert buyer("DELETE", f"/auth/sessions/{row['id']}", headers=other).status_code == 200


def new_password(buyer, _database):
    assert buyer("PUT", "/auth/password", json={"new_password": "correct horse battery"}).status_code == 200


def erasure(buyer, database):
    body = {"phone": database.get(User, buyer.id).phone}
    assert buyer("DELETE", "/users/delete/", json=body).status_code == 200


@pytest.mark.parametrize("end", [deactivation, sign_out, end_of_the_session, new_password, erasure])
def test_the_socket_of_a_user_who_loses_access_is_closed(pair, web, database, end):
    it = pair()
    with open_socket(web, it.chat, it.buyer.token) as buyer, open_socket(web, it.chat, it.seller.token) as seller:
        end(it.buyer, database)
        say(seller, "секрет")

        with pytest.raises(ConnectionClosed) as closed:
            buyer.recv(timeout=WAIT_LIMIT_SECONDS)

        assert closed.value.rcvd.code == 1008
        assert hear(seller)["message"] == "секрет"


@pytest.mark.parametrize("end", [sign_out, new_password])
def test_a_user_who_loses_access_says_nothing_more_over_a_socket(pair, web, database, end):
    it = pair()
    with open_socket(web, it.chat, it.buyer.token) as buyer:
        end(it.buyer, database)
        say(buyer, "ещё тут")
        with pytest.raises(ConnectionClosed) as closed:
            buyer.recv(timeout=WAIT_LIMIT_SECONDS)

    assert closed.value.rcvd.code == 1008
    assert texts_of(it.seller, it.chat) == []


def test_sockets_leave_room_for_requests(pair, start_web):
    """Sockets may use 4 of 6 threads; the fifth socket is refused at the handshake, and HTTP is still served."""
    web, it = start_web(WEB_THREADS="6"), pair()
    with contextlib.ExitStack() as opened:
        for number in range(4):
            socket = opened.enter_context(open_socket(web, it.chat, it.buyer.token))
            say(socket, str(number))
            hear(socket)  # who has heard an answer is counted

        with pytest.raises(InvalidStatus) as refusal, open_socket(web, it.chat, it.seller.token):
            pass

        with urllib.request.urlopen(f"{web.url}/health", timeout=WAIT_LIMIT_SECONDS) as answer:
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
    """
    A side of a chat that reconnects when its socket breaks, and resends each message until it has received it.

    It says its last text only after *killed*, so that no side has finished before a process is killed.
    """

    who: object
    chat: int
    urls: itertools.cycle
    texts: list[str]
    expected: int
    killed: threading.Event
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
        self._say_first(socket, to_say)
        while len(self.frames) < self.expected:
            frame = json.loads(socket.recv(timeout=WAIT_LIMIT_SECONDS))
            self.frames.append(frame)
            progress.release()
            if to_say and frame["message"] == to_say[0]:
                to_say.pop(0)
                self._say_first(socket, to_say)

    def _say_first(self, socket, to_say):
        if len(to_say) == 1:
            assert self.killed.wait(WAIT_LIMIT_SECONDS)
        if to_say:
            say(socket, to_say[0], client_id=to_say[0])


@pytest.mark.slow
def test_everything_is_seen_once_and_in_order_though_a_process_is_killed(pair, start_web, database):
    webs = [start_web(), start_web()]
    clients, killed = [], threading.Event()
    for number in range(CHATS):
        it = pair()
        for who in (it.buyer, it.seller):
            texts = [f"{who.id}-{part}" for part in range(MESSAGES_OF_EACH)]
            urls = itertools.cycle(webs if number % 2 else webs[::-1])
            clients.append(Client(who, it.chat, urls, texts, 2 * MESSAGES_OF_EACH, killed))
            webs = webs[::-1]  # the two sides of a chat sit at different processes
    progress = threading.Semaphore(0)
    threads = [threading.Thread(target=client.run, args=(progress,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()

    for _ in range(sum(client.expected for client in clients) // 2):
        assert progress.acquire(timeout=WAIT_LIMIT_SECONDS)
    os.killpg(webs[0].pid, signal.SIGKILL)
    webs[0].wait()
    killed.set()
    for thread in threads:
        thread.join(WAIT_LIMIT_SECONDS)

    assert sum(client.breaks for client in clients) >= len(clients) // 2
    for client in clients:
        stored = database.query(ChatMessage).filter_by(chat_id=client.chat).order_by(ChatMessage.id).all()
        assert len(stored) == client.expected
        assert [frame["id"] for frame in client.frames] == [row.id for row in stored]
        mine = [frame["message"] for frame in client.frames if frame["sender_id"] == client.who.id]
        assert mine == client.texts
