"""An import whose process is killed loses nothing and withdraws nothing; run again, it finishes."""

import os
import signal
import subprocess
import sys

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.core.enums import Role, Status
from models.market.properties import Property
from models.sources.tables import Import, ImportState
from tests.conftest import ROOT
from tests.factories import make_user
from tests.models.sources.feeds import yrl, yrl_offer
from tests.waiting import wait_for

OFFERS, GONE = 4_000, 50


def feed(count, price):
    return yrl(*(yrl_offer(str(number), price=f"<value>{price}</value>") for number in range(count)))


def test_a_killed_import_is_finished_by_the_next_one(engine, process_environment, tmp_path):
    with Session(engine) as session:
        make_user(session, Role.AGENCY, email="agency@example.com")
        session.commit()
    path = tmp_path / "feed.xml"
    command = [sys.executable, "-m", "scripts", "import", str(path), "--owner", "agency@example.com", "--no-rescore"]

    def start():
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **process_environment}, stdout=subprocess.DEVNULL)

    def changed():
        with Session(engine) as session:
            return session.scalar(select(func.count()).where(Property.price == 2))

    path.write_bytes(feed(OFFERS, price=1))
    assert start().wait(100) == 0
    path.write_bytes(feed(OFFERS - GONE, price=2))
    process = start()
    wait_for(lambda: changed() > 0, what="the first changed listing")
    process.send_signal(signal.SIGKILL)
    process.wait(10)

    with Session(engine) as session:
        active = select(func.count()).where(Property.status == Status.ACTIVE)
        assert 0 < changed() < OFFERS - GONE
        assert session.scalar(active) == OFFERS
        session.rollback()
        assert start().wait(100) == 0
        assert changed() == session.scalar(active) == OFFERS - GONE
        states = session.scalars(select(Import.state).order_by(Import.id)).all()
        assert states == [ImportState.SUCCEEDED, ImportState.FAILED, ImportState.SUCCEEDED]
