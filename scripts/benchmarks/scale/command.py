"""`leadmatch scale`: the resources that a country of a given size needs."""

from pathlib import Path

import click

from scripts.benchmarks.scale.constants import CONSTANTS, SCORING, Constant
from scripts.benchmarks.scale.needs import DATABASE_CORES, Country, needs, replicas_needed

#: The generated part of docs/scale.md is between these lines.
BEGIN, END = "<!-- leadmatch scale -->", "<!-- end -->"


@click.command()
@click.option("--properties", type=click.IntRange(min=1), default=2_000_000, show_default=True)
@click.option("--leads", type=click.IntRange(min=1), default=1_000_000, show_default=True)
@click.option("--towns", type=click.IntRange(1, 100_000), default=1_500, show_default=True)
@click.option("--writes", type=click.FloatRange(min=0), default=50.0, show_default=True, help="A second.")
@click.option("--pages", type=click.FloatRange(min=0), default=2_000.0, show_default=True, help="A second.")
@click.option(
    "--page",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write the tables into this page of the documentation instead.",
)
def command(properties: int, leads: int, towns: int, writes: float, pages: float, page: Path | None) -> None:
    """Compute hosts, memory, disk, run time and network from measured constants."""
    country = Country(properties, leads, towns, writes, pages)
    if page is None:
        click.echo("\n".join(as_markdown(country)))
    else:
        page.write_text(with_tables(page.read_text(), country))


def with_tables(page: str, country: Country) -> str:
    """The page with the tables of *country* between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, "", *as_markdown(country), "", END + after])


def as_markdown(country: Country) -> list[str]:
    """The needs of *country*, the answer about replicas, and the constants."""
    answer = "needed" if replicas_needed(country) else "not needed"
    return [
        f"{country.properties:,} properties, {country.leads:,} leads, {country.towns:,} towns, "
        f"{country.writes:g} writes and {country.pages:,g} pages a second:",
        "",
        "| what | how much | arithmetic |",
        "| --- | --- | --- |",
        *(
            f"| {each.name} | {_shown(each.amount)} {each.unit}".rstrip() + f" | {each.formula} |"
            for each in needs(country)
        ),
        "",
        f"Read replicas for pages are **{answer}** as long as one server has {DATABASE_CORES} processors.",
        "",
        "| constant | value | command | measured on |",
        "| --- | --- | --- | --- |",
        *(
            f"| {each.meaning} | {_readable(each)} | `{each.command}` | {each.measured_on} |"
            for each in CONSTANTS.values()
        ),
        *(
            f"| score a market of {size:,} x {size:,} | {seconds:.3g} CPU s | `{made_by}` | {where} |"
            for size, seconds, made_by, where in SCORING
        ),
    ]


def _readable(constant: Constant) -> str:
    """
    The value in a unit that leaves one to three digits before the point.

    >>> _readable(Constant(3.3e-3, "CPU s", "", "", "")), _readable(Constant(86_000.0, "bytes", "", "", ""))
    ('3.3 CPU ms', '86 KB')
    """
    value, unit = constant.value, constant.unit
    if unit == "bytes":
        return f"{value / 1000:.3g} KB"
    for factor, prefix in ((1.0, ""), (1e3, "m"), (1e6, "u"), (1e9, "n")):
        if unit.endswith("s") and value * factor >= 1:
            return f"{value * factor:.3g} {unit[:-1]}{prefix}s"
    return f"{value:.3g} {unit}"


def _shown(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"
