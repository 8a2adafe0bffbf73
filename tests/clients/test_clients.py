"""
The OpenAPI document as tools see it that are not ours: two linters, and two generators of clients whose clients do the
main job against the served system.

Part of `make clients`: the tools come from npm and PyPI into build/clients, once. Where those cannot be reached, or
there is no node, the tests are skipped and say so.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import web_processes

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
#: Tools are kept between runs, by what they are made from.
TOOLS = ROOT / "build" / "clients"

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]


def ran(*command: object, cwd: Path, seconds: float = 300) -> str:
    """What a command prints; the test fails with it if the command does."""
    ended = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=seconds)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def installed(folder: Path, made_from: list[Path], *commands: list[object]) -> Path:
    """A folder of tools, made by *commands* unless it was made from the same files before."""
    mark, said = folder / "made-from", "".join(each.read_text() for each in made_from)
    if not mark.exists() or mark.read_text() != said:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for each in made_from:
            shutil.copy(each, folder)
        for command in commands:
            ended = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, timeout=300)
            if ended.returncode != 0:
                pytest.skip(f"the tools cannot be had here: {ended.stderr.strip()[-300:]}")
        mark.write_text(said)
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
    """The command openapi-python-client, in an environment of its own."""
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
def served(process_environment, worker_process) -> Iterator[str]:
    """The URL of a system that answers and computes."""
    with web_processes(process_environment) as start:
        yield start().url


def test_spectral_finds_no_fault(npm, document, tmp_path):
    shutil.copy(HERE / "spectral.yaml", tmp_path)

    ran(npm / "spectral", "lint", "-r", "spectral.yaml", "--fail-severity", "hint", document, cwd=tmp_path)


def test_redocly_finds_no_fault(npm, document, tmp_path):
    shutil.copy(HERE / "redocly.yaml", tmp_path)

    told = ran(npm / "redocly", "lint", "--format", "json", document, cwd=tmp_path)
    assert json.loads(told)["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_a_generated_python_client_does_the_main_job(generator, document, served, tmp_path):
    ran(
        generator, "generate", "--path", document, "--output-path", tmp_path / "leadmatch_client", "--meta", "none",
        cwd=tmp_path,
    )  # fmt: skip
    shutil.copy(HERE / "main_job.py", tmp_path)

    assert ran(generator.parent / "python", "main_job.py", served, cwd=tmp_path).startswith("matched ")


def test_a_generated_typescript_client_passes_strict_checks_and_does_the_main_job(npm, document, served, tmp_path):
    for name in ("main_job.ts", "tsconfig.json", "node.d.ts"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(npm.parent)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ran(npm / "openapi-typescript", document, "-o", "api.ts", cwd=tmp_path)
    types = (tmp_path / "api.ts").read_text().partition("export interface components")[2]
    assert "Record<string, never>" not in types.partition("export type $defs")[0]

    ran(npm / "tsc", "-p", ".", cwd=tmp_path)

    assert ran("node", "main_job.js", served, cwd=tmp_path).startswith("matched ")
