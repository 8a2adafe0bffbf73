"""`leadmatch rates`: exchange rates, by which money in different currencies is compared."""

from datetime import UTC, datetime
from decimal import Decimal

import click
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from models.core.amounts import read_number
from models.core.currencies import currency_code
from models.core.errors import InvalidValueError
from models.core.numbers import UnreadableError
from models.market.rates import Rate, set_rate
from models.platform.settings import Settings
from models.translations.catalogue import describe_error
from scripts.databases import session_factory
from scripts.listing import json_option, print_listing
from scripts.terminal import Terminal


@click.group()
def command() -> None:
    """Set, fetch and list exchange rates.

    Where no rate is known, prices in two currencies are not compared; those in one currency always are.
    """


@command.command("set")
@click.argument("base")
@click.argument("currency")
@click.argument("rate")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="From which day it counts  [today, UTC].")
def set_command(base: str, currency: str, rate: str, day: datetime | None) -> None:
    """Set what 1 BASE costs in CURRENCY: rates set USD RUB 92.5"""
    base, currency = _code("base", base), _code("currency", currency)
    amount = _rate(rate)
    when = (day or datetime.now(UTC)).date()
    with session_factory(Settings.for_command())() as session:
        set_rate(session, base, currency, when, amount)
        session.commit()
    click.echo(f"1 {base} = {amount.normalize():f} {currency} from {when}.")
    click.echo("The lists follow with the next run: leadmatch rescore")


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Earlier and later rates too.")
@json_option
def list_command(everything: bool, as_json: bool) -> None:
    """List the rates in use.

    Those that count from a later day on are in --all.
    """
    console = Terminal()
    query = select(Rate).order_by(Rate.base, Rate.currency, Rate.day.desc())
    if not everything:
        query = query.where(Rate.day <= func.current_date()).ext(distinct_on(Rate.base, Rate.currency))
    table = Table("base", "currency", "rate", "from")
    table.columns[2].justify = "right"
    with session_factory(Settings.for_command())() as session:
        rows = []
        for row in session.scalars(query):
            rows.append({"base": row.base, "currency": row.currency, "rate": row.rate, "day": row.day})
            table.add_row(row.base, row.currency, f"{row.rate.normalize():f}", str(row.day))
    print_listing(console, rows, table, as_json=as_json, empty="No rate is set: leadmatch rates set USD RUB 92.5")


@command.command("fetch")
def fetch_command() -> None:
    """Fetch the tables of RATES_URL now.

    The schedule does it every three hours.
    """
    from worker.jobs.guarded_connections import FetchError
    from worker.jobs.rates import Stored, fetch_tables

    settings = Settings.for_command()
    if not settings.rates_urls:
        raise InvalidValueError("RATES_URL", "It is not set; see docs/operations.md.")
    failed = False
    with session_factory(settings)() as session:
        for url, outcome in fetch_tables(session, settings).items():
            if isinstance(outcome, Stored):
                table = outcome.table
                click.echo(f"{table.home}, {table.day}: {len(table.rates)} rates, {outcome.changed} new. {url}")
            else:
                failed = True
                reason = describe_error("en", outcome) if isinstance(outcome, FetchError) else outcome
                click.echo(f"Not fetched: {reason} {url}", err=True)
    if failed:
        raise SystemExit(1)


def _code(field: str, raw: str) -> str:
    code = currency_code(raw)
    if code is None:
        raise InvalidValueError(field, f"a currency is a code of ISO 4217, such as USD, not {raw}")
    return code


def _rate(raw: str) -> Decimal:
    try:
        return read_number(raw, machine=True)
    except UnreadableError as error:
        raise error.at("rate") from None
