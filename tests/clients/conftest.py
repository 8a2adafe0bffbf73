"""
Fixtures for tests of clients: third-party tools and our own client, built once in build/clients, and a served system.
"""

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.api.conftest import web_processes

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
#: Tools are kept between runs, while the files that define them do not change.
TOOLS = ROOT / "build" / "clients"

BOT_TOKEN = "42:TOKEN-OF-A-BOT"
BOT_SECRET = "the secret of a bot 0123"


def ran(*command: object, cwd: Path, seconds: float = 300) -> str:
    """The output of a command; the test fails with it if the command fails."""
    ended = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=seconds)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def installed(folder: Path, made_from: list[Path], *commands: list[object]) -> Path:
    """A folder of tools, built by *commands* unless it was built from the same files before."""
    mark, wanted = folder / "made-from", "".join(each.read_text() for each in made_from)
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for each in made_from:
            shutil.copy(each, folder)
        for command in commands:
            ended = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=300)
            if ended.returncode != 0:
                pytest.skip(f"the tools cannot be had here: {ended.stderr.strip()[-300:]}")
        mark.write_text(wanted)
    return folder


@pytest.fixture(scope="module")
def npm() -> Path:
    """The folder of the npm packages' commands."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm on this machine")
    files = [HERE / "package.json", HERE / "package-lock.json"]
    install = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    return installed(TOOLS / "npm", files, install) / "node_modules" / ".bin"


@pytest.fixture(scope="module")
def generator() -> Path:
    """The command openapi-python-client, in its own virtual environment."""
    folder = TOOLS / "python"
    pip = [folder / "venv" / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]
    make = [sys.executable, "-m", "venv", "venv"]
    installed(folder, [HERE / "requirements.txt"], make, [*pip, "requirements.txt"])
    return folder / "venv" / "bin" / "openapi-python-client"


@pytest.fixture
def document(app, tmp_path) -> Path:
    found = tmp_path / "openapi.json"
    found.write_text(json.dumps(app.test_client().get("/openapi.json").json))
    return found


@pytest.fixture
def served(process_environment, worker_process, preloaded) -> Iterator[str]:
    """The URL of a running system with a worker; it is local, so its answers contain the codes that it would send."""
    with web_processes(preloaded, process_environment) as start:
        yield start(ENVIRONMENT="local", TELEGRAM_BOT_TOKEN=BOT_TOKEN, TELEGRAM_BOT_SECRET=BOT_SECRET).url


@pytest.fixture(scope="module")
def python_client(generator, tmp_path_factory) -> Path:
    """The folder of our Python client, generated from this code's document."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(ran(sys.executable, "-m", "scripts", "openapi", cwd=ROOT))
    make = ROOT / "clients" / "python" / "make_client.py"
    ran(sys.executable, make, generator, folder / "openapi.json", folder / "made", cwd=ROOT)
    return folder / "made"


@pytest.fixture
def client(python_client, monkeypatch) -> Iterator[ModuleType]:
    """The package, imported."""
    monkeypatch.syspath_prepend(str(python_client))
    yield importlib.import_module("leadmatch_client")
    for name in [name for name in sys.modules if name.partition(".")[0] == "leadmatch_client"]:
        del sys.modules[name]
