"""An import whose process is killed loses nothing and withdraws nothing; the next run finishes it."""

import signal
import subprocess
import sys

from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.core.enums import Role, Status
from models.market.properties import Property
from models.sources.tables import Import, ImportState
from scripts.cli import cli
from tests.conftest import ROOT
from tests.factories import make_user
from tests.models.sources.feeds import yrl, yrl_offer
from tests.waiting import lock_waits, wait_for

OFFERS, GONE = 2_000, 50
#: An offer behind the first transactions; a lock on it stops the import there.
MIDDLE = "1200"


def feed(count, price):
    return yrl(*(yrl_offer(str(number), price=f"<value>{price}</value>") for number in range(count)))


def test_a_killed_import_is_finished_by_the_next_one(engine, process_environment, monkeypatch, tmp_path):
    """The command that is killed runs in its own process; those before and after it run in ours."""
    for name, value in process_environment.items():
        monkeypatch.setenv(name, value)
    with Session(engine) as session:
        make_user(session, Role.AGENCY, email="agency@example.com")
        session.commit()
    path = tmp_path / "feed.xml"
    line = ["import", str(path), "--owner", "agency@example.com", "--no-rescore"]

    def run():
        return CliRunner().invoke(cli, line, catch_exceptions=False).exit_code

    def changed():
        with Session(engine) as session:
            return session.scalar(select(func.count()).where(Property.price == 2))

    path.write_bytes(feed(OFFERS, price=1))
    assert run() == 0
    path.write_bytes(feed(OFFERS - GONE, price=2))
    with Session(engine) as holder:
        holder.execute(select(Property.id).where(Property.external_id == MIDDLE).with_for_update())
        process = subprocess.Popen([sys.executable, "-m", "scripts", *line], cwd=ROOT, stdout=subprocess.DEVNULL)
        wait_for(lambda: changed() > 0 and lock_waits(engine), what="an import in its middle")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with Session(engine) as session:
        active = select(func.count()).where(Property.status == Status.ACTIVE)
        assert 0 < changed() < OFFERS - GONE
        assert session.scalar(active) == OFFERS
        session.rollback()
        assert run() == 0
        assert changed() == session.scalar(active) == OFFERS - GONE
        states = session.scalars(select(Import.state).order_by(Import.id)).all()
        assert states == [ImportState.SUCCEEDED, ImportState.FAILED, ImportState.SUCCEEDED]
