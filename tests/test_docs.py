"""The files, modules, names in modules, commands, settings and pages that README and docs name exist."""

import importlib
import re
from pathlib import Path

import pytest

from scripts import cli

ROOT = Path(__file__).parent.parent
PACKAGES = "api|clients|deploy|docs|matching|models|scripts|tests|worker"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]


def code_of(page: str) -> list[str]:
    """The texts between backticks."""
    return re.findall(r"`([^`\n]+)`", (ROOT / page).read_text())


@pytest.mark.parametrize("page", NAMES)
def test_files_that_a_page_names_exist(page):
    """Whole paths; `<contract>` and `*` are wildcards. The changelog may name files that are gone."""
    named = [match for code in code_of(page) for match in re.findall(rf"(?<![\w/.])(?:{PACKAGES})/[\w/.-]*\w", code)]

    assert sorted({path for path in named if not (ROOT / path).exists()}) == []


@pytest.mark.parametrize("page", NAMES)
def test_links_of_a_page_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / page).read_text())
    inside = [link for link in links if "://" not in link and not link.startswith("mailto:")]

    assert sorted({link for link in inside if not (ROOT / page).parent.joinpath(link).exists()}) == []


@pytest.mark.parametrize("page", NAMES)
def test_modules_and_names_that_a_page_names_exist(page):
    dotted = {
        match
        for code in code_of(page)
        for match in re.findall(r"(?<![\w.])(?:api|matching|models|scripts|worker)(?:\.\w+)+", code)
    }
    files = {name for name in dotted if name.endswith((".py", ".md", ".com"))}

    assert sorted(name for name in dotted - files if not exists(name)) == []


def exists(name: str) -> bool:
    """Whether a dotted name is a module, a name in a module, or a task's name."""
    if any(f'name="{name}"' in path.read_text() for path in (ROOT / "worker").glob("*.py")):
        return True
    module, _, rest = name, "", ""
    while module:
        path = ROOT.joinpath(*module.split("."))
        if path.is_dir() or path.with_suffix(".py").exists():
            break
        module, _, last = module.rpartition(".")
        rest = f"{last}.{rest}".rstrip(".")
    if not rest:
        return bool(module)
    found = importlib.import_module(module)
    for part in rest.split("."):
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


@pytest.mark.parametrize("page", NAMES)
def test_commands_that_a_page_names_exist(page):
    text = (ROOT / page).read_text()
    makefile = (ROOT / "Makefile").read_text()
    shown = "\n".join([*code_of(page), *re.findall(r"^ {4}.*$", text, re.M)])
    commands = set(re.findall(r"\bleadmatch ([a-z][a-z-]+)\b", shown))
    targets = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", shown))

    assert sorted(commands - cli.COMMANDS.keys()) == []
    assert sorted(name for name in targets if not re.search(rf"^{name}:", makefile, re.M)) == []


def test_settings_of_the_readme_are_those_of_the_code():
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.M)
    source = (ROOT / "models/platform/settings.py").read_text()

    assert len(rows) > 5
    assert [name for name in rows if name not in source and name not in ("NO_DEMO", "LEADMATCH_HOME")] == []


def test_labels_in_the_agencys_tutorial_are_on_a_page():
    """Bold words are labels of the console, and thus sentences of its templates."""
    pressed = re.findall(r"\*\*([^*]+)\*\*", (ROOT / "docs/tutorials/agency.md").read_text())
    pages = "".join(path.read_text() for path in (ROOT / "api").rglob("*") if path.suffix in (".html", ".py"))
    shown = set(re.findall(r"\b(?:_|translate)\(['\"]([^'\"]+)['\"]", pages))

    assert len(pressed) > 10
    assert sorted(set(pressed) - shown) == []
