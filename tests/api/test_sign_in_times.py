"""
No sign-in method reveals whether somebody is registered: the answer, the statements in the database and the measured
time are the same.

The suite compares answers and counts statements, which do not depend on the machine's load. With WAY_IN_TRIES=300 it
measures times, and prints the table of docs/security.md (run with -s).
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.orm import Session

from models.accounts.passwords import hash_password
from tests.factories import make_user
from tests.statements import statements_on

TRIES = int(os.environ.get("WAY_IN_TRIES", "2"))
PASSWORD = "correct horse"
NAMES = {"first_name": "Иван", "last_name": "Иванов", "role": "user"}


def widget(number: int) -> dict:
    return {"id": number, "first_name": "x", "auth_date": int(time.time()), "hash": "0" * 64}


#: Sign-in method -> how an attempt is sent for a user with this phone, e-mail and Telegram account. Every attempt is
#: refused or, if it requests a code, gets the same answer.
SIGN_IN_OPERATIONS: dict[str, Callable[[int, str, str], tuple[str, dict]]] = {
    "sign in by e-mail, wrong password": lambda number, phone, email: (
        "/auth/login", {"data": {"username": email, "password": "wrong"}}
    ),
    "sign in by phone, wrong password": lambda number, phone, email: (
        "/auth/login", {"data": {"username": phone, "password": "wrong"}}
    ),
    "have a code sent": lambda number, phone, email: ("/users/reset", {"json": {"phone": phone}}),
    "register by phone": lambda number, phone, email: ("/users/register", {"json": NAMES | {"phone": phone}}),
    "activate, wrong code": lambda number, phone, email: (
        "/users/activate", {"json": {"phone": phone, "activation_code": "000000"}}
    ),
    "get a token, wrong code": lambda number, phone, email: (
        "/users/token", {"json": {"phone": phone, "activation_code": "000000"}}
    ),
    "Telegram, forged": lambda number, phone, email: (
        "/auth/telegram",
        {"json": {"telegram_auth_data": widget(number)}},
    ),
}  # fmt: skip


@pytest.fixture
def app(app_with):
    return app_with(TELEGRAM_BOT_TOKEN="42:TEST")


@pytest.fixture
def statements(engine) -> Iterator[list[str]]:
    """The executed statements, in order."""
    with statements_on(engine) as recorded:
        yield recorded


@pytest.fixture
def people(engine, clean_database, real_password_cost) -> list[tuple[int, str, str]]:
    """(Telegram account, phone, e-mail) for each number; half of them belong to registered users, half to nobody."""
    password_hash = hash_password(PASSWORD)
    known = [
        (number, f"+7701{number:07}", f"user{number}@example.com")
        for number in range(1, len(SIGN_IN_OPERATIONS) * TRIES + 1)
    ]
    with Session(engine) as session:
        for number, phone, email in known:
            make_user(session, telegram_id=str(number), phone=phone, email=email, password_hash=password_hash)
        session.commit()
    return known


def test_no_sign_in_method_reveals_whether_somebody_is_registered(app, people, statements):
    client, took = app.test_client(), {}
    addresses = (f"10.{number >> 8 & 255}.{number & 255}.1" for number in range(1_000_000))

    def knock(way: str, who: tuple[int, str, str]) -> tuple[int, dict, list[str], float]:
        path, body = SIGN_IN_OPERATIONS[way](*who)
        statements.clear()
        began = time.perf_counter()
        answer = client.post(path, environ_base={"REMOTE_ADDR": next(addresses)}, **body)
        return (
            answer.status_code,
            answer.json,
            [each.split(None, 1)[0] for each in statements],
            time.perf_counter() - began,
        )

    left = iter(people)
    for way in SIGN_IN_OPERATIONS:
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(TRIES):
            number, phone, email = next(left)
            stranger = (number + 5_000_000, f"+7702{number:07}", f"nobody{number}@example.com")
            known = knock(way, (number, phone, email))
            unknown = knock(way, stranger)
            assert known[:2] == unknown[:2], way
            assert known[2] == unknown[2], way
            times[0].append(known[3])
            times[1].append(unknown[3])
        took[way] = times
    if TRIES >= 20:
        print("\n" + table(took))


def table(took: dict[str, tuple[list[float], list[float]]]) -> str:
    """Mean times, and their difference with its standard error; up to two or three standard errors are noise."""
    lines = ["| Way in | registered, ms | nobody, ms | difference, ms |", "| --- | ---: | ---: | ---: |"]
    for way, (known, unknown) in took.items():
        apart = [1000 * (one - other) for one, other in zip(known, unknown, strict=True)]
        error = statistics.stdev(apart) / len(apart) ** 0.5
        means = 1000 * statistics.mean(known), 1000 * statistics.mean(unknown)
        lines.append(f"| {way} | {means[0]:.2f} | {means[1]:.2f} | {statistics.mean(apart):+.2f} ± {error:.2f} |")
    return "\n".join(lines)
