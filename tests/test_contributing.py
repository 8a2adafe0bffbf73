"""The examples of CONTRIBUTING.md are applied to a copy of the code and run there; what the guide names exists."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import cli
from tests.postgres_data import EARLIER

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
COPIED = ("api", "matching", "models", "scripts", "tests", "worker")
COPIED_FILES = ("setup.cfg", "pyproject.toml", "celerybeat-schedule", "Procfile", "Makefile", "README.md")

#: Tests that must pass in the copy with the examples: the examples' own, and those of the rules that the guide names.
FILES = (
    "tests/api/test_favorite_count.py",
    "tests/api/test_access.py",
    "tests/api/test_favorite_own.py",
    "tests/models/platform/test_migrations.py",
    "tests/models/translations/test_catalogue.py",
    "tests/matching/reading/test_grammar.py",
)
CHOSEN = (
    "favourite or every_registered_operation or declared_access or declared_one"
    " or own_listing or every_language or has_a_sentence or example_is_read or has_an_example"
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.M | re.S)


def changes() -> Iterator[tuple[str, str, str]]:
    """Each change of the guide's diffs: a file, the text in it, and the new text."""
    for diff in blocks("diff"):
        header, *hunks = re.split(r"^@@\n", diff, flags=re.M)
        path = header.removeprefix("--- ").strip()
        for hunk in hunks:
            lines = hunk.splitlines()
            before = [line[1:] for line in lines if line[:1] in (" ", "-") or not line]
            after = [line[1:] for line in lines if line[:1] in (" ", "+") or not line]
            yield path, "\n".join(before) + "\n", "\n".join(after) + "\n"


def new_files() -> Iterator[tuple[str, str]]:
    for block in blocks("python"):
        if block.startswith("# "):
            name, _, content = block.partition("\n")
            yield name.removeprefix("# "), content


def apply(folder: Path) -> None:
    """Make the guide's changes in *folder*; the text of each must be in its file exactly once."""
    for path, before, after in changes():
        text = (folder / path).read_text()
        assert text.count(before) == 1, f"CONTRIBUTING.md changes what {path} does not hold once:\n{before}"
        (folder / path).write_text(text.replace(before, after))
    revisions = {path.read_text() for path in (folder / "models/migrations/versions").glob("*.py")}
    names = {re.search(r'^revision = "(\w+)"', text, re.M)[1] for text in revisions}
    named = {match[1] for text in revisions if (match := re.search(r'^down_revision = "(\w+)"', text, re.M))}
    [newest] = names - named
    for path, content in new_files():
        assert not (folder / path).exists()
        (folder / path).write_text(content.replace("<the newest revision>", newest))


@pytest.fixture
def copy(tmp_path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in COPIED:  # with the compiled files, which stay valid for unchanged sources
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("node_modules"))
    for name in COPIED_FILES:
        shutil.copy(ROOT / name, folder / name)
    folder.chmod(0o755)
    apply(folder)
    return folder


def test_the_examples_of_the_guide_work(copy, servers_folder, make_postgres_data):
    """An endpoint with its entry in the table of access, a migration that fits its table, and a wish that is read."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "-k", CHOSEN, *FILES]
    migrated = make_postgres_data(servers_folder / "without the examples")
    environment = os.environ | {"PYTHONPATH": str(copy), EARLIER: str(migrated)}  # its packages, not the installed ones
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=880)
    print(done.stdout, done.stderr)

    assert "12 passed" in done.stdout


def test_a_stale_guide_is_noticed(tmp_path):
    """Tests the check itself: a file no longer has the line that the guide changes."""
    path, before, _ = next(changes())
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text((ROOT / path).read_text().replace(before, "# gone\n"))

    with pytest.raises(AssertionError, match=path):
        apply(tmp_path)


def test_the_examples_in_the_guides_text_are_true():
    done = doctest.testfile(str(ROOT / "CONTRIBUTING.md"), module_relative=False, encoding="utf-8")

    assert done.attempted and not done.failed


def test_the_steps_for_a_new_criterion_name_things_that_exist():
    steps = re.findall(r"^\| [^|]+ \| `([\w/.]+)` \| `(\w+)` \|$", GUIDE, re.M)

    assert len(steps) > 10
    assert [(path, name) for path, name in steps if not re.search(rf"\b{name}\b", (ROOT / path).read_text())] == []


def test_files_and_folders_that_the_guide_names_exist():
    named = set(re.findall(r"`((?:api|docs|matching|models|scripts|tests|worker)/[\w/.-]+)`", GUIDE))
    named |= set(re.findall(r"\]\(([\w/.-]+)\)", GUIDE))

    assert named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_commands_that_the_guide_names_exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"\bmake ([a-z-]+)\b", re.sub(r"and make\b.*", "", GUIDE)))
    commands = set(re.findall(r"\bleadmatch ([a-z-]+)\b", GUIDE))

    assert {"test", "lint", "coverage"} <= targets
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.M)] == []
    assert [name for name in commands if name not in cli.COMMANDS] == []
