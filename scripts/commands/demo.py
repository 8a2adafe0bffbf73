"""`leadmatch demo`: a plausible market to try things with."""

import click
from rich.console import Console

from models.platform.settings import Settings
from scripts.arguments import CityName
from scripts.databases import session_factory
from scripts.rescoring import ask_for_run


@click.command()
@click.option("--leads", type=click.IntRange(0, 1_000_000), help="How many leads  [3000, or 0 with --properties].")
@click.option(
    "--properties",
    type=click.IntRange(0, 1_000_000),
    help="How many properties  [as many as leads, or 0 where the city has properties already].",
)
@click.option("--users", type=click.IntRange(1, 100_000), help="How many realtors and firms own them.")
@click.option("--city", type=CityName(), help="Москва, Алматы, Астана, or any city with properties  [all three].")
@click.option(
    "--own",
    type=click.IntRange(0, 1_000_000),
    default=0,
    help="How many leads, and as many properties, of all are the known realtor's  [as it falls out].",
)
@click.option("--seed", type=int, help="The same seed on the same database makes the same market.")
@click.option("--no-rescore", is_flag=True, help="Do not ask the workers to rescore.")
def command(
    leads: int | None,
    properties: int | None,
    users: int | None,
    city: str | None,
    own: int,
    seed: int | None,
    no_rescore: bool,
) -> None:
    """Add a plausible market: for trying, testing and measuring.

    Leads resemble the properties that the database holds: after `import-listings`, `demo --leads 5000 --city Москва`
    adds leads for the imported properties. A second call adds more.
    """
    from scripts.demo import DEFAULT_SEED, make_demo, print_summary

    console = Console()
    settings = Settings.for_command("REDIS_URL", "SECRET_KEY")
    factory = session_factory(settings)
    with factory() as session:
        summary = make_demo(
            session,
            console,
            leads=leads,
            properties=properties,
            users=users,
            city=city,
            own=own,
            seed=DEFAULT_SEED if seed is None else seed,
        )
        session.commit()
    print_summary(summary, console)
    if not no_rescore and summary.leads + summary.properties:
        ask_for_run(factory, settings, console)
