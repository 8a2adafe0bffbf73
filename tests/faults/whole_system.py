"""The whole system, as `make run` starts it, in its own home, and the people who use it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models.accounts.passwords import hash_password
from models.accounts.tokens import make_token
from models.accounts.users import User
from models.core.enums import Role
from models.market.properties import Property
from models.platform.database import connect
from models.platform.settings import database_url
from models.ranking.freshness import freshness
from scripts.launcher.home import Home
from tests.factories import make_user, property_body
from tests.ports import free_port
from tests.scripts.running_system import System, leadmatch
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for

PASSWORD = "correct horse battery"


class WholeSystem(System):
    """`leadmatch run` with the Procfile of the checkout; *through* is a command that runs it, such as ``unshare``."""

    wait_limit = 2 * WAIT_LIMIT_SECONDS  # a start migrates an empty database
    lines_when_up = ("Leadmatch is up",)

    def __init__(self, home: Path, through: tuple[str, ...] = (), **variables: str) -> None:
        self.home = Home(home)
        self._variables = {"LOG_LEVEL": "WARNING", "WEB_CONCURRENCY": "1", **variables}
        self.port = free_port()
        self.command = [*through, sys.executable, "-m", "scripts", "run"]

    @contextmanager
    def database(self) -> Iterator[Engine]:
        """An engine on its database, for facts that HTTP does not show."""
        engine = connect(database_url(self.home.read_environment()["DATABASE_URL"]), application="tests")
        yield engine
        engine.dispose()

    def is_fresh(self) -> bool:
        """Whether every list shows the latest writes."""
        with self.database() as engine, Session(engine) as session:
            return freshness(session).stale == 0

    def properties(self) -> int:
        with self.database() as engine, Session(engine) as session:
            return session.scalar(select(func.count()).select_from(Property)) or 0

    def assert_whole(self) -> None:
        """Wait until the lists have caught up, and assert that every rule of `leadmatch check` holds."""
        wait_for(self.is_fresh, what="lists that show everything")
        checked = leadmatch("check", home=self.home.path)
        assert checked.returncode == 0, checked.stdout + checked.stderr

    def person(self, role: Role = Role.ADMIN) -> "Visitor":
        """A new user, with a token for the API and signed in to the console."""
        with self.database() as engine, Session(engine) as session:
            number = session.scalar(select(func.count()).select_from(User))
            names = {"telegram_id": f"{number}", "phone": f"+7701{number:07}", "email": f"{role}{number}@example.com"}
            user = make_user(session, role, password_hash=hash_password(PASSWORD), **names)
            session.commit()
            token = make_token(user, self.home.read_environment()["SECRET_KEY"], 1)
        return Visitor(self.port, user, token)


class Visitor:
    """Uses the API and the console of a running system."""

    def __init__(self, port: int, user: User, token: str) -> None:
        self.phone = user.phone
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._pages = requests.Session()
        form = self._pages.get(self._base + "/console/sign-in", timeout=WAIT_LIMIT_SECONDS)
        csrf = form.text.split('name="csrf" value="')[1].split('"')[0]
        named = {"csrf": csrf, "username": user.email, "password": PASSWORD}
        answer = self._pages.post(self._base + "/console/sign-in", data=named, timeout=WAIT_LIMIT_SECONDS)
        assert answer.status_code == 200 and "/sign-in" not in answer.url, answer.text

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call an operation of the API."""
        options.setdefault("timeout", WAIT_LIMIT_SECONDS)
        return requests.request(method, self._base + path, headers=self._headers, **options)

    def see(self, path: str) -> int:
        """Request a page; returns its status."""
        return self._pages.get(self._base + path, timeout=WAIT_LIMIT_SECONDS).status_code

    def offer(self, **changes: Any) -> int:
        """Try to create a property; returns the status."""
        return self.call("POST", "/properties", json=property_body(**changes)).status_code
