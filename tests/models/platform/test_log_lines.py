"""Log lines that wait for each other."""

import logging
import os
import select
import subprocess
import sys

import pytest

from models.platform.log_lines import PIECE, BufferedHandler


@pytest.fixture
def written(monkeypatch):
    """The pieces that the handler has written."""
    pieces = []
    monkeypatch.setattr("models.platform.log_lines._write", pieces.append)
    return pieces


@pytest.fixture
def log(written, monkeypatch):
    monkeypatch.setattr("models.platform.log_lines.MAX_WAIT_SECONDS", 3600)
    logger = logging.Logger("buffered")
    logger.addHandler(BufferedHandler())
    return logger


def test_a_warning_waits_for_nothing_and_takes_along_what_waits(log, written):
    log.info("first")
    assert written == []
    log.warning("second")
    assert written == [b"first\nsecond\n"]


def test_no_piece_tears_a_line_or_is_longer_than_a_pipe_takes_whole(log, written):
    lines = [f"{number} " + "x" * 150 for number in range(100)]
    for line in lines:
        log.info(line)
    log.handlers[0].flush()

    assert len(written) > 1
    assert all(piece.endswith(b"\n") and len(piece) <= PIECE for piece in written)
    assert b"".join(written).decode().splitlines() == lines


PROGRAM = """
import logging, sys
from models.platform.log_lines import BufferedHandler
logging.getLogger().addHandler(BufferedHandler())
logging.getLogger().setLevel("INFO")
logging.info("a line")
sys.stdin.read()
logging.info("the last one")
"""


def test_a_line_comes_by_itself_and_the_last_one_at_the_end():
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert select.select([process.stderr], [], [], 30)[0]
        assert os.read(process.stderr.fileno(), 100) == b"a line\n"
        process.stdin.close()
        assert process.stderr.read() == b"the last one\n"
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
