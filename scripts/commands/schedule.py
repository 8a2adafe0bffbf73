"""`leadmatch schedule`: the entries of the file `celerybeat-schedule`, with their next times."""

from datetime import UTC, datetime

import click
from rich.table import Table

from scripts.listing import json_option, print_listing
from scripts.terminal import Terminal


@click.command()
@click.option(
    "--count", type=click.IntRange(1, 20), default=2, show_default=True, help="Number of next times per entry."
)
@json_option
def command(count: int, as_json: bool) -> None:
    """Show the schedule with its next times (UTC); a bad line is an error, with exit code 1."""
    from worker.queue.upcoming import upcoming

    table = Table("line", "when", "task", "arguments", "next (UTC)")
    entries = upcoming(datetime.now(UTC), count)
    rows = []
    for entry, times in entries:
        line = {"line": entry.line, "when": entry.when, "task": entry.task, "arguments": entry.arguments}
        rows.append(line | {"next": times})
        shown = "\n".join(f"{moment:%a %Y-%m-%d %H:%M}" for moment in times)
        table.add_row(str(entry.line), entry.when, entry.task, str(entry.arguments or ""), shown)
    print_listing(Terminal(), rows, table, as_json=as_json, empty="Nothing scheduled.")
