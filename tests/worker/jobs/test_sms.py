"""SMS gateways against a small server with their protocols, and the task's promise: each SMS is sent at most once."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from celery.exceptions import Retry
from sqlalchemy.orm import Session

from models.accounts.codes import digits_of, request_code
from models.accounts.phone_codes import Delivery, PhoneCode
from models.core.base import utc_now
from models.core.errors import SettingsError
from models.platform.storage import Storage
from tests.factories import SECRET
from tests.serving import serve_in_thread
from worker import tasks
from worker.jobs import accounts
from worker.jobs.sms import ConsoleGateway, SmsBusyError, SmsRefusedError, SmsUnknownError, gateway_of

PHONE = "+77011234567"


class StandIn(ThreadingHTTPServer):
    """Sends `answers` in order, repeating the last one, and records the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict] = []
        self.answers: list[tuple] = [(200, {"id": 1, "cnt": 1})]

    def url(self, kind: str, options: str = "") -> str:
        return f"{kind}+http://me:s%40cret@127.0.0.1:{self.server_port}{options}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        auth = self.headers.get("Authorization")
        self.server.requests.append(
            {"path": self.path, "form": form, "auth": auth, "type": self.headers["Content-Type"]}
        )
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == "hang up":
            self.close_connection = True
            return
        status, content = answer
        content = content if isinstance(content, str) else json.dumps(content)
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with StandIn() as server:
        serve_in_thread(server)
        yield server
        server.shutdown()


@pytest.fixture
def smsc(server):
    return gateway_of(server.url("smsc", "?sender=Leadmatch"))


@pytest.fixture
def twilio(server):
    server.answers = [(201, {"sid": "SM1", "status": "queued", "error_code": None})]
    return gateway_of(server.url("twilio", "?from=%2B15005550006"))


def test_smsc_gets_the_request_that_its_interface_requires(server, smsc):
    smsc.send(PHONE, "Ваш код: 123456", 2**31 + 5)

    [request] = server.requests
    assert request["path"] == "/sys/send.php"  # no password in an address
    assert request["form"] == {
        "login": "me",
        "psw": "s@cret",
        "phones": "77011234567",
        "mes": "Ваш код: 123456",
        "charset": "utf-8",
        "fmt": "3",
        "sender": "Leadmatch",
        "id": "5",
    }


def test_smsc_takes_an_apikey_in_place_of_login_and_password(server):
    gateway_of(f"smsc+http://:key@127.0.0.1:{server.server_port}").send(PHONE, "x", 1)

    assert server.requests[0]["form"]["apikey"] == "key"
    assert "login" not in server.requests[0]["form"]


def test_twilio_gets_the_request_that_its_interface_requires(server, twilio):
    twilio.send(PHONE, "Ваш код: 123456", 1)

    [request] = server.requests
    assert request["path"] == "/2010-04-01/Accounts/me/Messages.json"
    assert request["auth"] == "Basic bWU6c0BjcmV0"  # me:s@cret
    assert request["form"] == {"From": "+15005550006", "To": PHONE, "Body": "Ваш код: 123456"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        *[((200, {"error": "…", "error_code": code}), SmsRefusedError) for code in (1, 2, 3, 5, 6, 7, 8)],
        *[((200, {"error": "…", "error_code": code}), SmsBusyError) for code in (4, 9)],
        ((429, {}), SmsBusyError),
        ((500, {}), SmsUnknownError),
        ((200, "ERROR = 1 (parameters)"), SmsUnknownError),
        ((200, []), SmsUnknownError),
        ("hang up", SmsUnknownError),
    ],
)
def test_the_answer_of_smsc_decides_whether_to_retry(server, smsc, answer, error):
    server.answers = [answer]

    with pytest.raises(error) as failure:
        smsc.send(PHONE, "secret text", 1)

    assert PHONE not in str(failure.value) and "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((400, {"code": 21211, "message": "Invalid 'To' Phone Number"}), SmsRefusedError),
        ((401, {"code": 20003}), SmsRefusedError),
        ((201, {"sid": "SM1", "status": "failed", "error_code": 30007}), SmsRefusedError),
        ((429, {"code": 20429}), SmsBusyError),
        ((503, {}), SmsUnknownError),
        ((201, "<html>"), SmsUnknownError),
        ("hang up", SmsUnknownError),
    ],
)
def test_the_answer_of_twilio_decides_whether_to_retry(server, twilio, answer, error):
    server.answers = [answer]

    with pytest.raises(error):
        twilio.send(PHONE, "x", 1)


def test_a_gateway_that_is_not_there_surely_sent_nothing(server):
    gateway = gateway_of(server.url("smsc"))
    server.shutdown()
    server.server_close()

    with pytest.raises(SmsBusyError):
        gateway.send(PHONE, "x", 1)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "smtp://me:secret@host",
        "smsc://smsc.ru",
        "smsc://me@smsc.ru",
        "twilio://me:secret@api.twilio.com",
        "smsc+ftp://me:secret@x",
        "smsc://me:secret@host:port",
    ],
)
def test_a_bad_url_is_reported_without_its_password(url):
    with pytest.raises(SettingsError) as error:
        gateway_of(url)

    assert "secret" not in str(error.value)


def test_a_worker_does_not_start_with_a_gateway_that_cannot_be_used(new_worker_session, monkeypatch):
    from worker.celery_app import app

    app._check_gateway()
    monkeypatch.setattr(app, "settings", replace(app.settings, sms_gateway_url="twilio://me:secret@api.twilio.com"))
    with pytest.raises(SystemExit, match="SMS_GATEWAY_URL is not usable"):
        app._check_gateway()


def test_the_console_prints(capsys):
    gateway_of("console://").send(PHONE, "text", 1)

    assert capsys.readouterr().err == f"SMS to {PHONE}: text\n"


# -- The task ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def code(db):
    row = request_code(
        db,
        PHONE,
        registration={"first_name": "A", "last_name": "B", "role": "tenant"},
        address=None,
        sends_per_hour=10,
        now=utc_now(),
    )
    db.commit()
    return row


@pytest.fixture
def send(new_worker_session, monkeypatch, server):
    """A function that runs the task in this process, against the stand-in."""
    gateway = gateway_of(server.url("smsc"))
    monkeypatch.setattr(accounts, "gateway", lambda: gateway)
    return lambda row: tasks.send_code.apply(args=(row.id,), throw=True)


def delivery(db, row) -> Delivery:
    db.rollback()
    return db.get(PhoneCode, row.id, populate_existing=True).delivery


def test_the_task_sends_the_code_and_twice_delivered_sends_it_once(db, server, send, code):
    send(code)
    send(code)

    [request] = server.requests
    assert digits_of(code, SECRET) in request["form"]["mes"]
    assert delivery(db, code) is Delivery.SENT


@pytest.mark.parametrize(("language", "words"), [(None, "Ваш код"), ("en", "Your code"), ("kk", "Кодыңыз")])
def test_a_code_for_a_new_user_is_in_the_language_of_the_request(db, server, send, code, language, words):
    code.language = language
    db.commit()

    send(code)

    assert server.requests[0]["form"]["mes"].startswith(f"{words}: {digits_of(code, SECRET)}.")


def test_a_lost_answer_is_not_tried_again_lest_it_arrive_twice(db, server, send, code):
    server.answers = ["hang up", (200, {"id": 1})]

    send(code)
    send(code)

    assert len(server.requests) == 1
    assert delivery(db, code) is Delivery.FAILED


def test_a_refusal_is_not_tried_again(db, server, send, code):
    server.answers = [(200, {"error": "no such number", "error_code": 7})]

    send(code)
    send(code)

    assert len(server.requests) == 1
    assert delivery(db, code) is Delivery.FAILED


def test_a_busy_gateway_is_tried_again(db, server, send, code, monkeypatch):
    server.answers = [(200, {"error": "busy", "error_code": 9}), (200, {"id": 1, "cnt": 1})]
    waits = []
    monkeypatch.setattr(tasks.send_code, "retry", lambda countdown: waits.append(countdown) or Retry(when=countdown))

    with pytest.raises(Retry):
        send(code)
    assert delivery(db, code) is Delivery.QUEUED
    send(code)

    assert waits == [60]
    assert delivery(db, code) is Delivery.SENT


def test_the_sweep_finds_codes_that_the_broker_lost_and_clears_old_ones(db, engine, send, code, monkeypatch):
    sent = []
    monkeypatch.setattr(accounts, "client", lambda: type("Client", (), {"code_made": staticmethod(sent.append)}))
    old = PhoneCode(phone=PHONE, country="7", seed=bytes(16), tries=0, made_at=utc_now() - accounts.timedelta(days=2))
    code.made_at = utc_now() - accounts.timedelta(minutes=1)
    db.add(old)
    db.commit()

    accounts.sweep()

    assert sent == [code.id]
    db.rollback()
    assert db.query(PhoneCode).count() == 1


def test_orphaned_files_are_removed_and_fresh_ones_left(engine, send, settings, monkeypatch):
    storage = Storage(settings.media_url)
    storage.put("A" * 32 + ".jpg", b"x")

    accounts.remove_orphans()
    assert len(storage.names()) == 1
    monkeypatch.setattr(accounts, "ORPHANED_AFTER", accounts.timedelta(0))
    accounts.remove_orphans()

    assert storage.names() == []


def test_the_console_gateway_is_the_default(settings):
    assert isinstance(gateway_of(settings.sms_gateway_url), ConsoleGateway)
