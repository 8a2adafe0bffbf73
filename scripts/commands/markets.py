"""`leadmatch markets`: what markets there are, and how their lists are read."""

import click
from rich.table import Table
from sqlalchemy import select

from models.core.enums import DealType, ListOrder
from models.market.places import city_of
from models.platform.settings import Settings
from models.ranking.display_order_settings import set_exploration_slots, set_list_order
from models.ranking.recommendations import Market
from models.rescoring.market_state import city_names
from scripts.arguments import CityName
from scripts.databases import session_factory
from scripts.terminal import Terminal


@click.group()
def command() -> None:
    """List markets; choose how their lists are read.

    By score (the default) or balanced: spread over the market, so that not everybody is sent to the same few. And with
    a few new properties after the end that hardly any list has room for, or without (the default). Scores stay what
    they are. docs/evaluation.md tells what it brings.
    """


@command.command("list")
def list_command() -> None:
    """List the markets and how their lists are read."""
    console = Terminal()
    with session_factory(Settings.from_env())() as session:
        found = session.scalars(select(Market).order_by(Market.city_key, Market.deal_type)).all()
        names = city_names(session) if found else {}
    table = Table("city", "deal type", "order of lists", "explored", "last run (UTC)")
    for one in found:
        table.add_row(
            names.get(one.city_key, one.city_key),
            one.deal_type,
            _told(one),
            str(one.exploration_slots or ""),
            f"{one.published_at:%Y-%m-%d %H:%M}" if one.published_at else "",
        )
    console.print(table if found else "There is no market yet.")


@command.command("order")
@click.argument("order", type=click.Choice([each.value for each in ListOrder]))
@click.option("--city", type=CityName(), required=True)
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), default="SALE", show_default=True)
def order_command(order: str, city: str, deal_type: str) -> None:
    """Read the lists of a market by score, or in the balanced order: markets order balanced --city Москва"""
    with session_factory(Settings.from_env())() as session:
        set_list_order(session, city_of(city).key, DealType(deal_type), ListOrder(order))
        session.commit()
    if order == ListOrder.SCORE:
        click.echo("Its lists are read by score.")
    else:
        click.echo("Its lists are read in the balanced order within a minute, and anew after each run over it.")


@command.command("explore")
@click.argument("slots", type=click.IntRange(0, 5))
@click.option("--city", type=CityName(), required=True)
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), default="SALE", show_default=True)
def explore_command(slots: int, city: str, deal_type: str) -> None:
    """Let up to SLOTS new properties follow each lead's list: markets explore 3 --city Москва. 0 ends it."""
    with session_factory(Settings.from_env())() as session:
        set_exploration_slots(session, city_of(city).key, DealType(deal_type), slots)
        session.commit()
    if slots:
        click.echo(f"Up to {slots} new properties follow each list within a minute, and others after each run.")
    else:
        click.echo("Nothing follows its lists.")


def _told(market: Market) -> str:
    if market.list_order is ListOrder.BALANCED and market.ordered_at is None:
        return "balanced (soon)"
    return market.list_order.value
