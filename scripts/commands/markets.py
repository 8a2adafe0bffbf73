"""`leadmatch markets`: list markets, choose the order of their lists, merge towns."""

import click
from rich.table import Table
from sqlalchemy import select

from models.core.enums import DealType, ListOrder
from models.market.town_aliases import city_in
from models.platform.settings import Settings
from models.ranking.display_order_settings import set_exploration_slots, set_list_order
from models.ranking.recommendations import Market
from models.rescoring.market_census import MarketCount, market_counts
from models.rescoring.market_state import city_names
from models.rescoring.town_merge import Moved, merge_towns, reread_towns, town_key
from scripts.arguments import CityName
from scripts.databases import session_factory
from scripts.listing import json_option, print_listing
from scripts.terminal import Terminal


@click.group()
def command() -> None:
    """List markets; choose the order of their lists.

    By score (the default) or balanced: spread over the market, so that not everybody is sent to the same few homes. And
    with a few new properties after the end that are in hardly any list, or without (the default). Scores stay the same.
    docs/evaluation.md shows the effects.
    """


@command.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the markets and the order of their lists."""
    console = Terminal()
    with session_factory(Settings.for_command())() as session:
        scored = session.scalars(select(Market).order_by(Market.city_key, Market.deal_type)).all()
        names = city_names(session)
        counts = {(each.city_key, each.deal_type): each for each in market_counts(session)}
    table = Table("city", "deal type", "leads", "properties", "order of lists", "explored", "last run (UTC)", "remarks")
    unscored = [Market(city_key=key, deal_type=deal, list_order=ListOrder.SCORE) for key, deal in counts]
    listed = {(market.city_key, market.deal_type): market for market in (*unscored, *scored)}
    rows = []
    for key, market in sorted(listed.items()):
        count = counts.get(key)
        rows.append(
            {
                "city_key": market.city_key,
                "city": names.get(market.city_key, market.city_key),
                "deal_type": market.deal_type,
                "leads": count.leads if count else 0,
                "properties": count.properties if count else 0,
                "list_order": market.list_order,
                "exploration_slots": market.exploration_slots or 0,
                "published_at": market.published_at,
                "is_known": count.is_known if count else None,
                "remarks": _remarks(market, count),
            }
        )
        table.add_row(
            names.get(market.city_key, market.city_key),
            market.deal_type,
            str(count.leads if count else 0),
            str(count.properties if count else 0),
            _as_row(market),
            str(market.exploration_slots or ""),
            f"{market.published_at:%Y-%m-%d %H:%M}" if market.published_at else "",
            _remarks(market, count),
        )
    print_listing(console, rows, table, as_json=as_json, empty="There is no market yet.")


@command.command("order")
@click.argument("order", type=click.Choice([each.value for each in ListOrder]))
@click.option("--city", type=CityName(), required=True)
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), default="SALE", show_default=True)
def order_command(order: str, city: str, deal_type: str) -> None:
    """Choose the order in which lists are shown.

    By score, or the balanced order: markets order balanced --city Москва
    """
    with session_factory(Settings.for_command())() as session:
        set_list_order(session, city_in(session, city).key, DealType(deal_type), ListOrder(order))
        session.commit()
    if order == ListOrder.SCORE:
        click.echo("Its lists are read by score.")
    else:
        click.echo("Its lists are read in the balanced order within a minute, and again after each run over it.")


@command.command("explore")
@click.argument("slots", type=click.IntRange(0, 5))
@click.option("--city", type=CityName(), required=True)
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), default="SALE", show_default=True)
def explore_command(slots: int, city: str, deal_type: str) -> None:
    """Let new properties follow each lead's list.

    Up to SLOTS of them: markets explore 3 --city Москва. 0 ends it.
    """
    with session_factory(Settings.for_command())() as session:
        set_exploration_slots(session, city_in(session, city).key, DealType(deal_type), slots)
        session.commit()
    if slots:
        click.echo(f"Up to {slots} new properties follow each list within a minute, and others after each run.")
    else:
        click.echo("Nothing follows its lists.")


def _remarks(market: Market, count: MarketCount | None) -> str:
    """Signs of a misspelt town: an unknown name (with similar ones), or a nearly empty market."""
    if count is None:
        return "empty"
    if not count.is_known:
        like = f"; like {', '.join(count.nearest)}" if count.nearest else ""
        return f"unknown town, key {market.city_key}{like}"
    return "nearly empty" if count.is_nearly_empty else ""


def _as_row(market: Market) -> str:
    if market.list_order is ListOrder.BALANCED and market.ordered_at is None:
        return "balanced (soon)"
    return market.list_order.value


@command.command("merge")
@click.argument("town")
@click.argument("into", type=CityName())
def merge_command(town: str, into: str) -> None:
    """Move a town's rows into another town's markets.

    Its leads and properties: markets merge "Алматы гор" Алматы

    TOWN is a name, or a key as `markets list` shows it. Rows saved under its name later go to the other town too.
    """
    factory = session_factory(Settings.for_command())
    with factory() as session:
        moved = merge_towns(session, town_key(town), town_key(into), "cli")
        session.commit()
    _echo_moved(moved)
    click.echo("Their lists follow with the next run over what is stale: leadmatch rescore --stale")


@command.command("reread")
def reread_command() -> None:
    """Read the towns of all leads and properties again.

    After an upgrade: rows that an earlier release put into towns of their own move into the right markets. Doing so
    twice changes nothing.
    """
    with session_factory(Settings.for_command())() as session:
        moved = reread_towns(session)
        session.commit()
    for each in moved:
        _echo_moved(each)
    if moved:
        click.echo("Their lists follow with the next run over what is stale: leadmatch rescore --stale")
    else:
        click.echo("Every town is where it belongs.")


def _echo_moved(moved: Moved) -> None:
    rows = f"{moved.leads:,} leads, {moved.properties:,} properties"
    click.echo(f"{_printable(moved.from_key)} -> {_printable(moved.into_key)}: {rows}.")


def _printable(text: str) -> str:
    """A key from users' text, without terminal control characters."""
    return "".join(sign for sign in text if sign.isprintable())
