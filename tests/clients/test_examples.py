"""Every example of docs/examples does what it shows, against a served system. Part of `make clients`."""

import os
import shutil
import sys

import pytest

from tests.api.test_sign_in_clients import init_data
from tests.clients.conftest import BOT_SECRET, BOT_TOKEN, HERE, ROOT, ran

EXAMPLES = ROOT / "docs" / "examples"

#: Contract -> the beginning of the example's last line.
ENDS = {"exchange": "matched ", "swipe": "asked about ", "portal": "chat ", "leadgen": "said Сколько стоит"}

pytestmark = [
    pytest.mark.skipif(not os.environ.get("CLIENTS"), reason="part of `make clients`"),
    pytest.mark.timeout(600),
]


def last_line(output: str) -> str:
    return output.strip().splitlines()[-1]


def test_each_contract_has_an_example_in_each_language():
    names = {path.name for path in EXAMPLES.iterdir() if path.is_file()}

    assert names == {f"{contract}.{ending}" for contract in ENDS for ending in ("sh", "py", "ts")} | {"bot.py"}


def test_the_examples_in_curl(served, tmp_path):
    if shutil.which("jq") is None:
        pytest.skip("there is no jq on this machine")
    for contract, end in ENDS.items():
        output = ran("bash", EXAMPLES / f"{contract}.sh", served, cwd=tmp_path)
        assert last_line(output).startswith(end), output


def test_the_examples_in_python(served, generator, python_client, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(python_client))
    for contract, end in ENDS.items():
        output = ran(generator.parent / "python", EXAMPLES / f"{contract}.py", served, cwd=python_client)
        assert last_line(output).startswith(end), output


def test_a_bot_and_its_mini_app(served, monkeypatch, tmp_path):
    """Typical clients: httpx with the bot's secret, and the header of Mini Apps instead of a token."""
    monkeypatch.setenv("TELEGRAM_BOT_SECRET", BOT_SECRET)
    monkeypatch.setenv("INIT_DATA", init_data(token=BOT_TOKEN))

    output = ran(sys.executable, EXAMPLES / "bot.py", served, cwd=tmp_path)

    assert output.splitlines()[:2] == ["like Студия у реки", "mini app of Айгуль"], output
    assert last_line(output).startswith("asked about ")


def test_the_examples_in_typescript(served, npm, document, tmp_path):
    for path in [*EXAMPLES.glob("*.ts"), HERE / "node.d.ts"]:
        shutil.copy(path, tmp_path)
    configuration = (HERE / "tsconfig.json").read_text()
    (tmp_path / "tsconfig.json").write_text(configuration.replace('"main_job.ts"', '"*.ts"'))
    (tmp_path / "node_modules").symlink_to(npm.parent)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ran(npm / "openapi-typescript", document, "-o", "api.ts", cwd=tmp_path)
    ran(npm / "tsc", "-p", ".", cwd=tmp_path)

    for contract, end in ENDS.items():
        output = ran("node", f"{contract}.js", served, cwd=tmp_path)
        assert last_line(output).startswith(end), output
