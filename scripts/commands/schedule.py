"""`leadmatch schedule`: the entries of the file `celerybeat-schedule`, with their next times."""

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table


@click.command()
@click.option(
    "--count", type=click.IntRange(1, 20), default=2, show_default=True, help="Number of next times per entry."
)
def command(count: int) -> None:
    """Show the schedule with its next times (UTC); a bad line is an error, with exit code 1."""
    from worker.queue.upcoming import upcoming

    console = Console()
    table = Table("line", "when", "task", "arguments", "next (UTC)")
    entries = upcoming(datetime.now(UTC), count)
    for entry, times in entries:
        shown = "\n".join(f"{moment:%a %Y-%m-%d %H:%M}" for moment in times)
        table.add_row(str(entry.line), entry.when, entry.task, str(entry.arguments or ""), shown)
    console.print(table if entries else "Nothing is scheduled.")
