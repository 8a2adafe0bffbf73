"""`leadmatch import-listings`: properties from a CSV file."""

import contextlib
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from models.market.places import city_of
from models.platform.settings import Settings
from scripts.arguments import CityName
from scripts.databases import session_factory
from scripts.importing import Summary, import_listings, owner_of_imports
from scripts.listings import BadRow, read_listings
from scripts.rescoring import ask_for_run
from scripts.terminal import Terminal

#: Bad rows that are printed; --errors keeps all.
SHOWN = 10


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--city", type=CityName(), required=True, help="Where the listings are; rows of another city are bad rows."
)
@click.option("--owner", metavar="EMAIL", help="Who owns new listings  [a firm made for imports].")
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--errors", type=click.File("w", encoding="utf-8", lazy=False), help="A file for all bad rows.")
@click.option("--no-rescore", is_flag=True, help="Do not ask the workers to rescore.")
def command(file: Path, city: str, owner: str | None, dry_run: bool, errors: IO[str] | None, no_rescore: bool) -> None:
    """Load listings from a CSV file: new ones are added, changed ones updated, the rest left alone.

    The first line names the columns; id and price are needed. Bad rows are told with line and reason and do not
    stop the rest. See docs/operations.md for the columns.
    """
    console = Terminal()
    settings = Settings.from_env()
    factory = session_factory(settings)
    place = city_of(city)
    bad: list[BadRow] = []

    def note(row: BadRow) -> None:
        if len(bad) < SHOWN:
            bad.append(row)
        if errors is not None:
            print(row, file=errors)

    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(factory())
        progress = stack.enter_context(Progress(*columns, console=console, transient=True))
        bar = progress.add_task("", total=file.stat().st_size if file.exists() else None)
        rows = read_listings(file, place, lambda done: progress.update(bar, completed=done))
        owner_id = owner_of_imports(session, owner)
        done = import_listings(session, rows, place, city, owner_id, on_bad=note, dry_run=dry_run)

    _tell(console, done, bad, errors, dry_run)
    if done.new + done.changed and not dry_run and not no_rescore:
        deal_type = done.deal_types.pop() if len(done.deal_types) == 1 else None
        ask_for_run(factory, settings, console, city=city if deal_type else None, deal_type=deal_type)


def _tell(console: Console, done: Summary, bad: list[BadRow], errors: IO[str] | None, dry_run: bool) -> None:
    for row in bad:
        console.print(f"  {row}", highlight=False, markup=False)
    if done.bad > len(bad):
        rest = f"in {errors.name}" if errors else "name a file with --errors to see them"
        console.print(f"  ... and {done.bad - len(bad):,} more: {rest}", highlight=False, markup=False)
    words = f"{done.new:,} new, {done.changed:,} changed, {done.same:,} as they were, {done.bad:,} bad"
    console.print(f"Listings: {words}.{' Nothing was stored (--dry-run).' if dry_run else ''}", highlight=False)
