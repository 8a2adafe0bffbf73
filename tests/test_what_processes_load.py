"""A process loads only the libraries it needs, because imports take most of the time of a start."""

import subprocess
import sys

import pytest

#: Libraries that take long to import.
HEAVY = ("icalendar", "numpy", "openpyxl", "redis", "scipy", "sklearn", "sqlalchemy")

BEAT = "from worker.celery_app.app import app; app.tasks.get('worker.tasks.sweep')"
#: The bot loads a part of it; none of them builds a query of a list before it needs one.
WEB = "from sqlalchemy.sql.expression import Select; Select.compile = None; import api.server.app, api.bot.process"


def loaded_by(code: str) -> set[str]:
    settings = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "8f2c6f2b1d0a4e5c9b7a3d1e6f8c0b2a",
        "ENVIRONMENT": "test",
    }
    shown = f"{code}\nimport sys\nprint(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, env=settings, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("process", "code", "may_load"),
    [
        ("leadmatch --help", "import scripts.cli", set()),
        ("the keeper of a process", "import scripts.launcher.keep_alive", set()),
        ("beat", BEAT, {"redis", "sqlalchemy"}),
        ("a worker", "import worker.tasks", {"numpy", "redis", "scipy", "sqlalchemy"}),
        ("the web process and the bot", WEB, {"redis", "sqlalchemy", "numpy"}),
    ],
)
def test_a_process_loads_only_the_libraries_it_uses(process: str, code: str, may_load: set[str]) -> None:
    assert loaded_by(code) <= may_load, process


def test_what_fills_a_database_that_is_migrated_and_empty_knows_every_table() -> None:
    loaded_by("import scripts.demo; from models.core.base import Base; assert 'sources' in Base.metadata.tables")
