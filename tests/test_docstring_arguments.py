"""The arguments that a docstring describes exist under that name."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "matching", "models", "scripts", "worker")
_ARGS = re.compile(r"^Args:\n((?: {4}.*\n?|\n)+)", re.MULTILINE)
_NAMES = re.compile(r"^ {4}(\*{0,2}\w+(?:, \*{0,2}\w+)*):", re.MULTILINE)


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


def _described(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    args = _ARGS.search(ast.get_docstring(node) or "")
    lists = _NAMES.findall(args[1]) if args else []
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
