"""Docstrings describe arguments that exist, and refer to names that exist."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "matching", "models", "scripts", "worker")
_ARGS = re.compile(r"^Args:\n((?: {4}.*\n?|\n)+)", re.MULTILINE)
_ARG_NAMES = re.compile(r"^ {4}(\*{0,2}\w+(?:, \*{0,2}\w+)*):", re.MULTILINE)
_REFERENCE = re.compile(r":(?:func|data|class|mod|meth|attr|exc):`([\w.]+)`")


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_describe_arguments_that_exist(package):
    absent, described = [], 0
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = _described(node)
                described += len(names)
                absent += [f"{path.relative_to(ROOT)}: {node.name}({name})" for name in names - _arguments(node)]
    assert described
    assert absent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_and_comments_refer_to_names_that_exist(package):
    absent, references = [], 0
    for path in (ROOT / package).rglob("*.py"):
        for reference in _REFERENCE.findall(path.read_text()):
            references += 1
            if not _exists(reference, path):
                absent.append(f"{path.relative_to(ROOT)}: {reference}")
    assert references
    assert absent == []


def _described(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    args = _ARGS.search(ast.get_docstring(node) or "")
    lists = _ARG_NAMES.findall(args[1]) if args else []
    return {name.strip().lstrip("*") for names in lists for name in names.split(",")}


def _arguments(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """The parameters of a function; of a class, its fields and those of its constructor."""
    if isinstance(node, ast.ClassDef):
        constructors = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        fields = {
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        return fields.union(*map(_arguments, constructors))
    parameters = node.args
    every = [*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs, parameters.vararg, parameters.kwarg]
    return {each.arg for each in every if each is not None}


def _exists(reference: str, path: Path) -> bool:
    """
    Whether a reference in the file *path* names something: a name of the file or of the module that the reference
    begins with. The module's own name may begin at the root or in the file's folder.
    """
    parts = reference.split(".")
    if _names(path).intersection(parts[:1]):
        return True
    for folder in (ROOT, path.parent):
        for length in range(len(parts), 0, -1):
            base = folder.joinpath(*parts[:length])
            module = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
            if module.is_file():
                return length == len(parts) or parts[length] in _names(module)
    return parts[0] not in PACKAGES and len(parts) > 1 and find_spec(parts[0]) is not None  # somebody else's


_names_of: dict[Path, set[str]] = {}


def _names(path: Path) -> set[str]:
    """The names that a file defines or imports, also inside its classes."""
    if path not in _names_of:
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names.update((each.asname or each.name).split(".")[0] for each in node.names)
        _names_of[path] = names
    return _names_of[path]
