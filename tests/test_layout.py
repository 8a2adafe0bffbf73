"""The layout of the code: which package may import which, and how long a file may be.

    api ──> models <── worker ──> matching        scripts and tests may import everything

Two exceptions: `api` enqueues through `worker.queue.client` and explains pairs through `matching.engine.explain`.
"""

import ast
import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"api", "matching", "models", "scripts", "worker"}

#: Package -> which of our packages, or single modules, it may import.
MAY_IMPORT = {
    "api": {
        "api",
        "models",
        "worker.queue",
        "matching.engine.explain",
        "matching.engine.text",
        "matching.errors",
        "matching.facts.closeness",
        "matching.facts.place_names",
        "matching.facts.stored",
        "matching.reading",
    },
    "matching": {"matching"},
    "models": {"models"},
    "scripts": PACKAGES,
    "worker": {"worker", "models", "matching"},
}

#: Package -> one of its folders -> the folders of the same package that it may import. Modules outside the folders are
#: not restricted.
FOLDERS: dict[str, dict[str, set[str]]] = {
    "api": {
        "http": set(),
        "accounts": {"http"},
        "swipe": {"http"},
        "exchange": {"http", "swipe"},
        "portal": {"http", "accounts", "exchange", "swipe"},
        "leadgen": {"http", "exchange"},
        "ops": {"http"},
        "sources": {"http"},
        "webhooks": {"http"},
        "bot": {"http", "exchange", "portal"},
        "console": {"http", "accounts", "exchange", "leadgen", "ops", "portal", "sources", "swipe", "webhooks"},
        "server": {
            "http",
            "accounts",
            "bot",
            "console",
            "exchange",
            "leadgen",
            "ops",
            "portal",
            "sources",
            "swipe",
            "webhooks",
        },
    },
    # One folder for each role at the console; they may import the parts that all pages share.
    "api.console": {
        "kit": set(),
        "account": {"kit"},
        "files": {"kit"},
        "realtors": {"kit", "files"},
        "buyers": {"kit", "realtors"},
        "owners": {"kit"},
        "public": {"kit"},
        "tenants": {"kit", "public"},
        "marketers": {"kit"},
        "operators": {"kit", "files"},
    },
    "matching": {
        "facts": {"reading"},
        "reading": set(),
        "engine": {"facts", "reading"},
        "learning": {"engine", "facts"},
        "prospect_quality": set(),
        "homes": set(),
    },
    "models": {
        "core": set(),
        "platform": {"core"},
        "accounts": {"core", "platform"},
        "webhooks": {"core", "platform", "accounts"},
        "market": {"core", "platform", "accounts"},
        "sources": {"core", "platform", "accounts", "market", "webhooks"},
        "ranking": {"core", "accounts", "market"},
        "rescoring": {"core", "accounts", "market", "ranking", "webhooks"},
        "leadgen": {"core", "accounts", "market", "webhooks"},
        "deals": {"core", "platform", "accounts", "market", "ranking", "webhooks"},
        "agenda": {"core", "platform", "accounts", "market", "ranking", "deals"},
        "agencies": {"core", "platform", "accounts", "market", "sources", "ranking", "deals", "agenda"},
        "translations": {"core"},  # nothing in models imports it: rules raise codes, which other code translates
        "upkeep": {
            "core",
            "platform",
            "accounts",
            "agencies",
            "agenda",
            "market",
            "sources",
            "ranking",
            "rescoring",
            "deals",
            "webhooks",
        },
        "migrations": set(),
    },
    "scripts": {
        "demo": set(),
        "launcher": {"demo"},
        "commands": {"demo", "launcher"},
        "benchmarks": {"demo", "launcher", "commands"},
    },
    "worker": {
        "queue": set(),
        "celery_app": {"queue"},
        "market": {"celery_app"},
        "lists": {"celery_app", "market"},
        "jobs": {"celery_app", "queue", "market", "lists"},
    },
}

#: Modules that assemble a package and are started by name: they import its parts, and nothing imports them.
ENTRY_POINTS = {"worker.celery_app.app", "worker.celery_app.beat"}

#: Package -> third-party libraries that it must not import.
DOES_WITHOUT = {
    "api": {"celery", "numpy", "scipy", "sklearn"},
    "models": {"celery", "click", "flask", "flask_smorest", "gunicorn", "numpy", "scipy", "sklearn"},
    "worker": {"flask", "flask_smorest"},
}

#: All that `matching` may use besides the standard library: no clock of a framework, no database, no network.
MATCHING_USES = {"numpy", "pymorphy3", "scipy", "sklearn", "snowballstemmer", "threadpoolctl"}


#: The maximum length of a file; a longer one is about more than one thing.
MAX_LINES = 350

#: Suffixes of handwritten files in the packages and in tests; released migrations are never edited.
WRITTEN = {".css", ".html", ".js", ".py"}
NOT_OURS = {"redoc", "vendor", "versions"}


@dataclass(frozen=True)
class Import:
    """One name that a file imports."""

    file: str
    line: int
    name: str  #: Dotted: a module, or something in it.
    in_function: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def imports_of(package: str) -> tuple[Import, ...]:
    return _imports_below(ROOT / package.replace(".", "/"))


@functools.cache
def _imports_below(folder: Path) -> tuple[Import, ...]:
    return tuple(each for path in sorted(folder.rglob("*.py")) for each in imports_in(path))


def imports_in(path: Path) -> Iterator[Import]:
    file = str(path.relative_to(ROOT))
    in_function = set()
    tree = ast.parse(path.read_text(), file)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            in_function.update(id(inner) for inner in ast.walk(node))
    folder = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(folder[: len(folder) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, (base, node.module)))
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield Import(file, node.lineno, name, id(node) in in_function)


def allowed(name: str, targets: set[str]) -> bool:
    return any(name == target or name.startswith(target + ".") for target in targets)


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_arrows_between_our_packages_point_one_way(package):
    imports = [found for found in imports_of(package) if found.package in PACKAGES]

    assert [str(found) for found in imports if not allowed(found.name, MAY_IMPORT[package])] == []


@pytest.mark.parametrize("package", sorted(FOLDERS))
def test_arrows_between_the_folders_of_a_package_point_one_way(package):
    folders, depth = FOLDERS[package], package.count(".") + 1
    wrong = []
    for each in imports_of(package):
        source, target = each.file.removesuffix(".py").split("/"), each.name.split(".")
        if ".".join(target[:depth]) != package or len(source) < depth + 2 or ".".join(source) in ENTRY_POINTS:
            continue
        here, there = source[depth], ".".join(target[depth : depth + 1])
        if there in folders and there not in folders[here] | {here}:
            wrong.append(str(each))

    assert wrong == []


def test_the_allowed_imports_of_every_folder_are_declared():
    for package, folders in FOLDERS.items():
        present = {
            path.name for path in (ROOT / package.replace(".", "/")).iterdir() if (path / "__init__.py").exists()
        }
        assert present <= set(folders), package


def test_the_declared_arrows_have_no_cycle():
    for folders in FOLDERS.values():
        TopologicalSorter(folders).prepare()


def test_no_files_import_each_other_in_a_circle():
    """Imports for annotations alone count as well: a reader of one file should not need all of the circle."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    imported: dict[str, set[str]] = {}
    for each in (each for package in PACKAGES for each in imports_of(package)):
        name = each.name
        while name and name not in modules:
            name = name.rpartition(".")[0]
        if name and modules[name] != each.file:
            imported.setdefault(each.file, set()).add(modules[name])

    TopologicalSorter(imported).prepare()


@pytest.mark.parametrize("package", sorted(DOES_WITHOUT))
def test_packages_do_not_import_the_libraries_of_other_packages(package):
    assert [str(found) for found in imports_of(package) if found.package in DOES_WITHOUT[package]] == []


def test_matching_imports_only_libraries_for_arrays_and_text():
    known = MATCHING_USES | {"matching"} | sys.stdlib_module_names

    assert [str(found) for found in imports_of("matching") if found.package not in known] == []


@pytest.mark.parametrize("package", sorted(PACKAGES - {"scripts"}))
def test_no_import_in_a_function_avoids_a_cycle(package):
    """Commands import late what `--help` need not wait for; elsewhere an import in a function hides a wrong arrow."""
    imports = [found for found in imports_of(package) if found.package in PACKAGES - {package}]

    assert [str(found) for found in imports if found.in_function] == []


def test_no_file_is_too_long():
    longer = set()
    for package in [*PACKAGES, "tests"]:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in WRITTEN and not NOT_OURS & set(path.relative_to(ROOT).parts):
                with path.open() as lines:
                    if sum(1 for _ in lines) > MAX_LINES:
                        longer.add(str(path.relative_to(ROOT)))

    assert longer == set()


def test_imports_are_found_everywhere_in_a_file(tmp_path, monkeypatch):
    """Tests the scan itself: relative, aliased, in a function, behind TYPE_CHECKING."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "models/sub").mkdir(parents=True)
    (tmp_path / "models/sub/x.py").write_text(
        "import numpy as np\n"
        "from . import sibling\n"
        "from ..core.errors import DomainError\n"
        "if TYPE_CHECKING:\n"
        "    from api.server.app import create_app\n"
        "def f():\n"
        "    import worker.queue.client\n"
    )

    found = {(each.name, each.in_function) for each in imports_of("models")}

    assert found == {
        ("numpy", False),
        ("models.sub.sibling", False),
        ("models.core.errors.DomainError", False),
        ("api.server.app.create_app", False),
        ("worker.queue.client", True),
    }
