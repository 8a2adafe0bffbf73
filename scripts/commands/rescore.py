"""`leadmatch rescore`: request a rescoring run."""

import sys
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from models.core.enums import DealType, RunScope, RunState
from models.core.errors import NotFoundError
from models.market.town_aliases import city_in
from models.platform.settings import Settings
from models.ranking.recommendations import Market
from models.rescoring.market_state import city_names
from models.rescoring.run_plan import live_markets, stale_markets
from models.rescoring.runs import get_run
from models.rescoring.tiles import grid_of
from scripts.arguments import CityName
from scripts.databases import session_factory
from scripts.listing import json_option, print_listing
from scripts.rescoring import request, run_line, watch
from scripts.terminal import Terminal

#: The figures of each market.
COUNTS = ("leads", "properties", "pairs", "tiles")


@click.command()
@click.option("--city", type=CityName(), help="One city only.")
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), help="With --city  [SALE].")
@click.option("--stale", is_flag=True, help="Only what has changed since it was scored.")
@click.option("--watch", "watched", is_flag=True, help="Show the progress until the run ends; exit code 1 if it fails.")
@click.option("--dry-run", is_flag=True, help="Say which markets would be scored; start nothing.")
@json_option
def command(city: str | None, deal_type: str | None, stale: bool, watched: bool, dry_run: bool, as_json: bool) -> None:
    """Ask the workers for a rescoring run: of everything, of one market, or of stale lists.

    The same request while a run is going joins that run. Ctrl-C while watching leaves the run going.
    """
    if stale and (city or deal_type):
        raise click.UsageError("--stale covers all markets; leave out --city and --deal-type.")
    if deal_type and not city:
        raise click.UsageError("--deal-type goes with --city.")
    if watched and dry_run:
        raise click.UsageError("--dry-run starts nothing to watch.")
    if as_json and not dry_run:
        raise click.UsageError("--json goes with --dry-run.")
    console = Terminal()
    settings = Settings.for_command("REDIS_URL")
    factory = session_factory(settings)
    scope = RunScope.STALE if stale else RunScope.MARKET if city else RunScope.ALL
    deal = DealType(deal_type or DealType.SALE) if city else None
    if dry_run:
        with factory() as session:
            _print_markets(session, console, scope, city, deal, settings.worker_memory_mb, as_json=as_json)
        return

    if city is not None and deal is not None:
        with factory() as session:
            _check_market(session, city, deal)
    run_id, new = request(factory, settings, scope, "cli", city=city, deal_type=deal)
    console.print(f"Run {run_id} {'is requested' if new else 'is going already'}.", highlight=False)
    if not watched:
        console.print(f"  leadmatch runs {run_id}", highlight=False)
        return
    try:
        state = watch(factory, run_id, console)
    except KeyboardInterrupt:
        console.print(f"Run {run_id} goes on; leadmatch runs --cancel {run_id} ends it.", highlight=False)
        sys.exit(130)
    with factory() as session:
        run = get_run(session, run_id)
        console.print(run_line(session, run, city_names(session)), highlight=False)
        for shard in run.shards:
            if shard.error:
                console.print(f"  shard {shard.id}: {shard.error}", highlight=False, markup=False)
    sys.exit(0 if state is RunState.SUCCEEDED else 1)


def _check_market(session: Session, city: str, deal: DealType) -> None:
    """Raise NotFoundError for a market without any rows: a mistyped city would "succeed" with no pairs."""
    key = city_in(session, city).key, deal
    if session.get(Market, key) is None and key not in (row[:2] for row in live_markets(session)):
        raise NotFoundError("market")


def _print_markets(
    session: Session,
    console: Console,
    scope: RunScope,
    city: str | None,
    deal: DealType | None,
    memory_mb: int,
    *,
    as_json: bool,
) -> None:
    markets = live_markets(session)
    if city is not None:
        key = city_in(session, city).key, deal
        markets = [row for row in markets if row[:2] == key]
    elif scope is RunScope.STALE:
        stale = stale_markets(session)
        markets = [row for row in markets if row[:2] in stale]
    names = city_names(session)
    rows: list[dict[str, Any]] = []
    for city_key, deal_type, leads, properties in markets:
        across, down = grid_of(leads, properties, memory_mb)
        rows.append(
            {
                "city": names.get(city_key, city_key),
                "city_key": city_key,
                "deal_type": deal_type.value,
                "leads": leads,
                "properties": properties,
                "pairs": leads * properties,
                "tiles": across * down,
            }
        )
    table = Table("city", "deal", *COUNTS, title="Would be scored")
    for column in table.columns[2:]:
        column.justify = "right"
    for row in rows:
        table.add_row(row["city"], row["deal_type"], *(f"{row[name]:,}" for name in COUNTS))
    print_listing(console, rows, table, as_json=as_json, empty="No market would be scored.")
    if not as_json:
        console.print(f"{sum(row['pairs'] for row in rows):,} pairs in {len(rows)} markets.", highlight=False)
