"""``leadmatch evaluate``: planted truth on real listings, against what one would do without us."""

from pathlib import Path

import click

from scripts.benchmarks.evaluate import balanced, drift, exploring, learning, report
from scripts.benchmarks.evaluate.planted import read_listings


@click.command()
@click.argument("listings", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--leads", default=2000, show_default=True, help="Leads at each blur level.")
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="Where evaluation.md and its plot go.",
)
def command(listings: Path, leads: int, seed: int, out: Path) -> None:
    """Blur listings of a CSV file into leads, rank, and write how often each listing comes back.

    The page also tells what balanced order, exploration, learning and a new text model do on the same listings.
    """
    market = read_listings(listings)
    if not 0 < leads <= len(market):
        raise click.UsageError(f"--leads must be 1 to {len(market)}, the listings with a price")
    outcomes = report.evaluate(market, leads, seed, click.echo)
    click.echo("balanced order")
    more = balanced.as_markdown(balanced.compare(market, leads, seed))
    click.echo("exploration")
    more += ["", *exploring.as_markdown(exploring.compare(market, leads, seed), len(market))]
    click.echo("learning")
    more += ["", *learning.as_markdown(learning.learn(market, leads, seed), leads)]
    click.echo("drift of a new text model")
    more += ["", *drift.as_markdown(drift.measure(market, leads, seed))]
    out.mkdir(parents=True, exist_ok=True)
    page = report.as_markdown(outcomes, len(market), leads, seed, listings.name, more)
    (out / "evaluation.md").write_text(page, encoding="utf-8")
    report.plot_recall(outcomes, out / "evaluation-recall.svg")
    click.echo(f"written to {out / 'evaluation.md'}")
    for missed in report.beaten_everywhere(outcomes):
        click.echo(f"not above the baseline: {missed}")
