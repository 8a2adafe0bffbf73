"""`leadmatch import`: listings from a portal's feed, a spreadsheet or an address; and its alias `import-listings`."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import IO

import click
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from models.platform.settings import Settings
from models.sources.formats.feed import ALIASES, KINDS
from models.sources.imports import Progress as ImportProgress
from models.sources.report import Line, Report
from models.sources.tables import SourceContent
from models.translations.catalogue import describe_fault
from scripts.arguments import CityName, Name
from scripts.databases import session_factory
from scripts.importing import LISTINGS, ImportOptions, import_file, opened
from scripts.terminal import Terminal
from worker.jobs.imports import Rescoring
from worker.queue.client import Client

#: How many refused offers, guesses and tags are printed; --errors stores all refused offers.
SHOWN = 10


@click.command()
@click.argument("what", metavar="FILE_OR_ADDRESS")
@click.option("--owner", metavar="EMAIL", help="Who owns new listings  [a firm made for imports].")
@click.option(
    "--source",
    type=Name(200),
    metavar="NAME",
    help="The owner's source that they belong to  [the file's or address's name].",
)
@click.option("--city", type=CityName(), help="The town of listings that name none.")
@click.option(
    "--kind",
    type=click.Choice([*KINDS, *ALIASES]),
    help="The format  [found by the content, whatever the file's name].",
)
@click.option("--leads", is_flag=True, help="The rows are clients' requests: they become leads.")
@click.option(
    "--partial",
    is_flag=True,
    help="The file does not hold all of the source's listings: what it lacks stays on the market.",
)
@click.option("--withdraw-missing", is_flag=True, help="Take off the market what is missing, however much it is.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--errors", type=click.File("w", encoding="utf-8", lazy=False), help="A file for all refused offers.")
@click.option("--no-rescore", is_flag=True, help="Do not ask the workers to rescore.")
def command(
    what: str,
    owner: str | None,
    source: str | None,
    city: str | None,
    kind: str | None,
    leads: bool,
    partial: bool,
    withdraw_missing: bool,
    dry_run: bool,
    errors: IO[str] | None,
    no_rescore: bool,
) -> None:
    """Import listings: YRL, CIAN, Avito, CSV or XLSX, from a file or an address.

    New ones are added, changed ones updated, and listings missing from a complete file leave the market. A refused
    listing is reported with its place and reason and does not stop the rest. See docs/imports.md.
    """
    if partial and withdraw_missing:
        raise click.UsageError("--withdraw-missing is for a complete file; leave out --partial.")
    options = ImportOptions(
        what,
        source=source,
        city=city,
        kind=kind,
        content=SourceContent.LEADS if leads else SourceContent.LISTINGS,
        is_complete=not partial,
        dry_run=dry_run,
        withdraw_missing=withdraw_missing,
    )
    run(options, owner, errors, rescore=not no_rescore)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--city", type=CityName(), required=True, help="Where the listings are; others are refused.")
@click.option("--owner", metavar="EMAIL", help="Who owns new listings  [a firm made for imports].")
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--errors", type=click.File("w", encoding="utf-8", lazy=False), help="A file for all refused offers.")
@click.option("--no-rescore", is_flag=True, help="Do not ask the workers to rescore.")
def listings(file: Path, city: str, owner: str | None, dry_run: bool, errors: IO[str] | None, no_rescore: bool) -> None:
    """Import listings of one town; an older name of `leadmatch import --partial`."""
    options = ImportOptions(str(file), source=LISTINGS, city=city, is_complete=False, only_city=True, dry_run=dry_run)
    run(options, owner, errors, rescore=not no_rescore)


def run(options: ImportOptions, owner: str | None, errors: IO[str] | None, *, rescore: bool) -> None:
    """Do the import with a progress bar, and print its outcome."""
    console = Terminal()
    settings = Settings.for_command("REDIS_URL")
    factory = session_factory(settings)
    rescoring = Rescoring(Client(settings.redis_url), options.content)
    columns = (TextColumn("Importing"), BarColumn(), TextColumn("{task.fields[counted]}"), TimeElapsedColumn())
    with contextlib.ExitStack() as stack:
        feed = stack.enter_context(opened(options, settings))
        progress = stack.enter_context(Progress(*columns, console=console, transient=True))
        bar = progress.add_task("", total=None if feed.kind == "xlsx" else feed.path.stat().st_size, counted="")
        try:
            report = import_file(
                factory,
                options,
                feed,
                owner,
                on_progress=lambda done: _show(progress, bar, done),
                on_refused=lambda line: print(line_in_words(line), file=errors) if errors else None,
                on_committed=rescoring if rescore else lambda _: None,
            )
        finally:
            if rescore:
                rescoring.finish(factory, "cli")
    print_report(console, report, options, errors)


def print_report(console: Terminal, report: Report, options: ImportOptions, errors: IO[str] | None) -> None:
    """Print a report: refused, guessed and ignored values, and the counts."""
    _lines(
        console,
        "Refused",
        report.refusals,
        report.refused,
        f"in {errors.name}" if errors else "name a file with --errors",
    )
    _lines(console, "Guessed", report.guesses, report.guessed, "")
    if report.ignored_fields:
        names = [f"{name} ({count:,})" for name, count in list(report.ignored_fields.items())[: 2 * SHOWN]]
        more = f" and {len(report.ignored_fields) - len(names)} more" if len(report.ignored_fields) > len(names) else ""
        console.print(f"Skipped: {', '.join(names)}{more}", highlight=False, soft_wrap=True)
    words = [
        f"{report.new:,} new",
        f"{report.changed:,} changed",
        f"{report.unchanged:,} as they were",
        *([f"{report.returned:,} back on the market"] if report.returned else []),
        *([f"{report.off_market:,} sold, booked or withheld"] if report.off_market else []),
        f"{report.withdrawn:,} withdrawn",
        f"{report.refused:,} refused",
    ]
    kind = report.kind + (f", {report.dialect}" if report.dialect else "")
    console.print(f"Source «{options.source_name}» ({kind}): {', '.join(words)}.", highlight=False, soft_wrap=True)
    if report.reason:
        reason = describe_fault("en", report.reason)
        way = "They would be withdrawn." if options.withdraw_missing else "To withdraw them: --withdraw-missing."
        console.print(f"Waits: {reason} {way}", highlight=False, soft_wrap=True)
    if options.dry_run:
        console.print("Nothing was stored (--dry-run).", highlight=False, soft_wrap=True)


def line_in_words(line: Line) -> str:
    """A line of a report with the sentence of its reason."""
    reason = describe_fault("en", line.remark.reason)
    return str(replace(line, remark=replace(line.remark, reason=reason)))


def _lines(console: Terminal, title: str, lines: list[Line], count: int, rest: str) -> None:
    if not lines:
        return
    console.print(f"{title}:", highlight=False, soft_wrap=True)
    for line in lines[:SHOWN]:
        console.print(f"  {line_in_words(line)}", highlight=False, soft_wrap=True)
    if count > SHOWN:
        console.print(
            f"  ... and {count - min(SHOWN, len(lines)):,} more{f': {rest}' if rest else ''}", highlight=False
        )


def _show(progress: Progress, bar: TaskID, done: ImportProgress) -> None:
    offers = done.report.offers if done.report else 0
    progress.update(bar, completed=done.bytes_read, counted=f"{offers:,} offers")
