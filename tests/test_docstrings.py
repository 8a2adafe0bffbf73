"""Examples in docstrings are correct."""

import contextvars
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "matching", "models", "scripts", "worker")
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_are_true(name):
    module = importlib.import_module(name)
    # In a fresh context: an earlier test may have left the language of another page.
    found = contextvars.Context().run(doctest.testmod, module)

    assert found.attempted and not found.failed
