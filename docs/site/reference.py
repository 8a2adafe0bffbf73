"""The pages of reference that are generated from the code: settings, commands, operations of the API."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import click

from models.platform import settings
from models.platform.settings import SETTING_NAMES, Settings
from scripts.cli import COMMANDS, LazyGroup, cli
from scripts.commands.openapi import document

#: Settings without a default, with values that only let the settings be read.
NEEDED = {"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", "SECRET_KEY": "-", "LEADMATCH_HOME": "/home"}
METHODS = ("get", "post", "put", "patch", "delete")


def write_reference(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "settings.md").write_text(settings_page())
    (folder / "commands.md").write_text(commands_page())
    (folder / "operations.md").write_text(operations_page(document()))


def settings_page() -> str:
    """The variables of the environment, each with its comment in the code and its default."""
    local, production = (
        Settings._read({**NEEDED, "ENVIRONMENT": environment}) for environment in ("local", "production")
    )
    rows = []
    for name, (attribute, meaning) in described_settings().items():
        defaults = [default_of(name, getattr(each, attribute)) for each in (local, production)]
        is_one = defaults[0] == defaults[1] or name == "ENVIRONMENT"
        default = defaults[0] if is_one else f"{defaults[0]}; in production {defaults[1] or 'none'}"
        rows.append(f"| `{name}` | {cell(meaning)} | {default} |")
    head = Path(settings.__file__).read_text().split('"""')[1]
    early = head.partition("Read before there are settings: ")[2].partition("\n\n")[0]
    return "\n".join(
        [
            "# Settings",
            "",
            "Variables of the environment. A bad value stops the start with one line that names the variable.",
            "",
            "| variable | meaning | default |",
            "| --- | --- | --- |",
            *rows,
            "",
            f"Read before there are settings: {' '.join(early.split())}",
            "",
        ]
    )


def described_settings() -> dict[str, tuple[str, str]]:
    """
    Name of a variable -> its attribute of Settings, and the comment on it.

    >>> described_settings()["PORT"]
    ('port', 'where the web process listens.')
    """
    source = Path(settings.__file__).read_text().partition("class Settings:")[2]
    found = {}
    for comment, attribute in re.findall(r"((?:^    #: .*\n)+)^    (\w+): ", source, re.M):
        text = " ".join(line.strip().removeprefix("#: ") for line in comment.splitlines())
        name, colon, meaning = text.partition(": ")
        if colon and name in SETTING_NAMES:
            found[name] = (attribute, meaning)
    return found


def default_of(name: str, value: Any) -> str:
    if name in NEEDED:
        return "set by `leadmatch run`"
    if value in ("", (), None):
        return ""
    if isinstance(value, bool):
        return f"`{int(value)}`"
    words = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{words}`" if name != "MEDIA_URL" else "`media` in the home"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def commands_page() -> str:
    """The `--help` of every command."""
    parts = ["# Commands", "", "What `leadmatch --help` says, and `--help` of each command.", "", *shown(cli, [])]
    group, context = LazyGroup(), click.Context(cli, info_name="leadmatch")
    for name in COMMANDS:
        command = group.get_command(context, name)
        if command is None:
            continue
        parts += ["", f"## {name}", "", *shown(command, [name])]
        if isinstance(command, click.Group):
            for sub in command.commands.values():
                parts += shown(sub, [name, sub.name or ""])
    return "\n".join(parts) + "\n"


def shown(command: click.Command, names: list[str]) -> list[str]:
    context = click.Context(command, info_name=" ".join(["leadmatch", *names]), max_content_width=100)
    return ["```text", command.get_help(context), "```"]


def operations_page(openapi: dict[str, Any]) -> str:
    """Every operation by its tag, with links to the pages where it can be tried."""
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, item in openapi["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                tag = operation.get("tags", ["other"])[0]
                summary, identifier = cell(operation.get("summary", "")), operation["operationId"]
                by_tag[tag].append(f"| `{method.upper()} {path}` | {summary} | `{identifier}` |")
    about = {tag["name"]: tag.get("description", "") for tag in openapi.get("tags", [])}
    parts = [
        "# Operations",
        "",
        f'The {sum(map(len, by_tag.values()))} operations of the API. <a href="/docs/">Try them</a>,'
        ' <a href="/redoc">read their schemas</a>, or give <a href="/openapi.json">the document</a> to a generator of'
        " clients; [what holds for all of them](../clients.md).",
    ]
    for tag, lines in by_tag.items():
        parts += [
            "",
            f"## {tag}",
            "",
            about.get(tag, ""),
            "",
            "| operation | what it does | id |",
            "| --- | --- | --- |",
        ]
        parts += lines
    return "\n".join(parts) + "\n"
