"""The commands of the how-tos, exactly as on the pages, against a system that `leadmatch run` has started."""

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.launcher.processes import dies_with_parent
from scripts.launcher.servers.state import free_port
from tests.clients import pages
from tests.clients.conftest import ROOT
from tests.models.sources.feeds import yrl, yrl_offer
from tests.scripts.running_system import Output, environment
from tests.sites import Site
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(900),
]

SECRET = "a secret of the bot, 32 characters"


class System:
    """A home with a system, and a shell with a working directory and the command `leadmatch`."""

    def __init__(self, home: Path, folder: Path) -> None:
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        command = folder / "bin" / "leadmatch"
        command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m scripts "$@"\n')
        command.chmod(0o755)
        self.home, self.folder, self.port = home, folder, free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def variables(self, **more: str) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return environment(self.home, PATH=path, URL=self.url, **more)

    def run(self, script: str, **more: str) -> str:
        """The output of a script; the test fails with it if the script fails."""
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.variables(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, f"{script}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    @contextlib.contextmanager
    def running(self, script: str, **more: str) -> Iterator[None]:
        """Run a script that starts a system until the block ends."""
        process = subprocess.Popen(
            ["bash", "-c", f"{script.strip()} & trap 'kill $!' TERM; wait $!; wait $!"],
            cwd=self.folder,
            env=self.variables(**more),
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
            yield
        finally:
            process.terminate()
            process.wait(120)
            output.wait_for_end()


@pytest.fixture(scope="module")
def system(servers_folder, tmp_path_factory) -> Iterator[System]:
    system_ = System(servers_folder / "how-to", tmp_path_factory.mktemp("how-to"))
    more = {"FEED_PRIVATE_ADDRESSES": "1", "TELEGRAM_BOT_SECRET": SECRET}
    with system_.running("leadmatch run", NO_DEMO="1", PORT=str(system_.port), **more):
        system_.run("leadmatch create-admin --email ann@example.com --password 'correct horse battery'")
        yield system_


def test_answer_an_alert(system):
    """Every command in the page's sentences, on a system with a failed run."""
    system.run("leadmatch rescore --watch")
    run_id = json.loads(system.run("leadmatch runs --json"))[0]["id"]
    for table in ("rescoring_shards SET state = 'failed' WHERE run_id", "rescoring_runs SET state = 'failed' WHERE id"):
        system.run(f'leadmatch psql -c "UPDATE {table} = {run_id}"')
    wait_for(lambda: system_is_well(system, "beat"), 120, "beat's first tick")
    for command in pages.inline("howto/alerts"):
        assert system.run(command.replace("ID", str(run_id))), command

    [query] = re.findall(r"`(SELECT [^`]+)`", pages.text_of("howto/alerts"))
    assert "leadmatch-web" in system.run(f'leadmatch psql -c "{" ".join(query.split())}"')


def system_is_well(system: System, process: str) -> bool:
    command = [system.folder / "bin" / "leadmatch", "health", process]
    return subprocess.run(command, env=system.variables(), capture_output=True, check=False).returncode == 0


def test_back_up_and_restore(system, servers_folder):
    save, restore, *_ = pages.blocks("howto/back-up", "sh")
    [start] = pages.blocks("howto/back-up", "console")
    assert pages.script("howto/back-up").count("leadmatch ") == 4  # the page has no other commands
    system.run(save)
    assert (system.folder / "leadmatch.dump").stat().st_mode & 0o077 == 0

    second = System(servers_folder / "restored", system.folder)
    own = {"/tmp/restored": str(second.home)}
    with second.running(pages.with_own(start, own | {"PORT=8001": f"PORT={second.port}"})):
        output = second.run("set -e\n" + pages.with_own(restore, own))
        users = second.run("leadmatch psql -At -c \"SELECT email FROM users WHERE email = 'ann@example.com'\"")

    assert output and users.strip() == "ann@example.com"


def test_connect_feeds(system):
    site = Site()
    try:
        site.put(yrl(*(yrl_offer(name) for name in "12")))
        script = pages.script("howto/connect-feeds", **{"https://agency.example/feed.xml": site.url()})
        private = {"FEED_PRIVATE_ADDRESSES": "1"}
        assert "2 new" in system.run(script, **private)
        assert system.run("leadmatch psql -At -c 'SELECT count(*) FROM properties'").strip() == "0"
        assert "2 new" in system.run(script.replace("--dry-run", ""), **private)
        assert system.run("leadmatch psql -At -c 'SELECT count(*) FROM properties'").strip() == "2"
    finally:
        site.close()


def test_deploy(system, servers_folder):
    """The migration of the schema, and the command of the wheel that starts a production system."""
    *_, migrate, start = [line for line in pages.script("howto/deploy").splitlines() if "leadmatch" in line]
    own = {"/etc/leadmatch/environment": str(system.home / "environment"), ".venv/bin/leadmatch": "leadmatch"}
    system.run(pages.with_own(migrate, own))

    production = System(servers_folder / "production", system.folder)
    secrets = {
        "SECRET_KEY=...": "SECRET_KEY=q7Vw2pLr9XkTzB4mNcY8sHdG3fJ6aE4u",
        "SECRET=...": "SECRET=q7Vw2pLr9XkTzB4mNcY8",
    }
    with production.running(pages.with_own(start, secrets), PORT=str(production.port)):
        with urllib.request.urlopen(f"{production.url}/health/ready", timeout=60) as answer:
            assert json.load(answer)["status"] == "ready"
        for command in pages.inline("howto/deploy"):
            assert production.run(command) == "ok\n"


def test_upgrade(system, new_database):
    """The upgrade and the way back, on a separate database."""
    system.run(pages.script("howto/upgrade"))

    run, back = pages.inline("howto/upgrade")
    assert run == "leadmatch run"  # every test here uses it
    own = {"DATABASE_URL": new_database()}
    revisions = re.findall(
        r'^down_revision.*= "(\w+)"',
        "".join(path.read_text() for path in (ROOT / "models/migrations/versions").glob("*.py")),
        re.M,
    )
    output = system.run("set +o pipefail; yes | " + pages.with_own(back, {"REVISION": max(revisions)}), **own)
    assert "Is there a backup" in output
    system.run(pages.script("howto/upgrade"), **own)


def test_the_example_of_events(system):
    """docs/clients.md: the stream begins as the page shows it."""
    [command] = [block for block in pages.blocks("clients", "sh") if "/events" in block]
    [shown] = [block for block in pages.blocks("clients", "text") if "hello" in block]
    sign_in = "curl -s $URL/auth/login -d username=ann@example.com --data-urlencode 'password=correct horse battery'"
    token = json.loads(system.run(sign_in))
    variables = system.variables(TOKEN=token["access_token"])
    command = pages.with_own(command.strip(), {"https://leadmatch.example": system.url})
    stream = subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        first = "".join(itertools.islice(stream.stdout, 5))
    finally:
        stream.terminate()
        stream.communicate()

    assert re.sub(r"\d+", "N", first) == re.sub(r"\d+", "N", "".join(shown.splitlines(keepends=True)[:5]))


def test_write_a_bot(system):
    answer = json.loads(system.run(pages.script("howto/write-a-bot"), TELEGRAM_BOT_SECRET=SECRET))

    assert answer["access_token"]
