"""`make run` checks the port before it spends minutes on a virtual environment."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.waiting import WAIT_LIMIT_SECONDS


@pytest.fixture
def busy():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


@pytest.mark.parametrize("port", ["busy", "70000", "-1", "http", "8000x", "80 80"])
def test_an_unusable_port_is_reported_before_anything_is_installed(tmp_path, busy, port):
    for name in ("Makefile", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    port = busy if port == "busy" else port
    command = ["make", "run", f"PYTHON={sys.executable}"]
    environment = os.environ | {"PORT": port}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=WAIT_LIMIT_SECONDS
    )

    assert done.returncode != 0
    assert f"make: port {port} cannot be used" in done.stderr
    assert "Making .venv" not in done.stdout
    assert not (tmp_path / ".venv").exists()
