"""``leadmatch evaluate``: the quality of the ranking, against baselines."""

import time
from pathlib import Path

import click

from scripts.benchmarks.evaluate.page import read_sections, write_page
from scripts.benchmarks.evaluate.sections import SECTIONS, Inputs, intro


@click.command()
@click.argument("listings", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("sections", nargs=-1, type=click.Choice(list(SECTIONS)))
@click.option("--leads", default=2000, show_default=True, help="Leads at each blur level.")
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="Where evaluation.md and its plot go.",
)
def command(listings: Path, sections: tuple[str, ...], leads: int, seed: int, out: Path) -> None:
    """Measure the ranking on the listings of a CSV file, and write the page.

    Measures all sections of the page, or only SECTIONS: then the others stay as they are.
    """
    inputs = Inputs(listings, leads, seed, out)
    if not 0 < leads <= len(inputs.listings):
        raise click.UsageError(f"--leads must be 1 to {len(inputs.listings)}, the listings with a price")
    page = out / "evaluation.md"
    out.mkdir(parents=True, exist_ok=True)
    written = read_sections(page)
    for name in sections or SECTIONS:
        start = time.process_time()
        markdown = "\n".join(SECTIONS[name](inputs))
        click.echo(f"{name}: {time.process_time() - start:.0f} s of CPU")
        if sections:
            click.echo(f"{markdown}\n")
        written[name] = markdown
        write_page(page, intro(inputs), written, list(SECTIONS))
    click.echo(f"written to {page}")
