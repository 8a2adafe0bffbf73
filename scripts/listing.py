"""
Listings printed by commands: a table for people, complete even through a pipe, or JSON for programs with `--json`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.table import Table

#: Decorates a command that lists: its function takes `as_json`.
json_option = click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")


def print_listing(
    console: Console, rows: Sequence[Mapping[str, Any]], table: Table, *, as_json: bool, empty: str
) -> None:
    """
    Print *rows* as a JSON array, or the *table* that shows them; without rows the sentence *empty*.

    Times are printed in UTC as ISO 8601, decimals as text, so that none loses a digit.
    """
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2, default=_plain))
    else:
        console.print(table if rows else empty)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
