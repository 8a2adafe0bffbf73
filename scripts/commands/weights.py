"""`leadmatch weights`: the weights of the criteria, learnt from likes and dislikes."""

from typing import TYPE_CHECKING

import click
from rich.table import Table

from models.core.enums import DealType
from models.deals.weights import Scope, rollback, weight_sets
from models.market.town_aliases import city_in
from models.platform.settings import Settings
from models.rescoring.market_state import city_names
from scripts.arguments import ROW_ID, CityName
from scripts.databases import session_factory
from scripts.listing import json_option, print_listing
from scripts.terminal import Terminal

if TYPE_CHECKING:
    from worker.jobs.learning import LearningResult

EVERYWHERE = "everywhere"


@click.group()
def command() -> None:
    """Learnt weights of the criteria: list, learn, roll back.

    A set goes live only if it predicts held-out actions better than the present one. A market's lists
    follow with the next run over it: leadmatch rescore
    """


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many are listed.")
@json_option
def list_command(limit: int, as_json: bool) -> None:
    """List the sets, newest first.

    With the log-loss per held-out action (before → with the set).
    """
    console = Terminal()
    with session_factory(Settings.for_command())() as session:
        sets = list(session.scalars(weight_sets().limit(limit)))
        names = city_names(session) if any(weight_set.city_key for weight_set in sets) else {}
    table = Table("set", "where", "live", "learnt (UTC)", "actions", "log-loss", "weights")
    for weight_set in sets:
        table.add_row(
            str(weight_set.id),
            _name(weight_set.scope, names),
            "live" if weight_set.is_live else "",
            f"{weight_set.created_at:%Y-%m-%d %H:%M}",
            f"{weight_set.actions:,}",
            f"{weight_set.present_loss:.4f} → {weight_set.fitted_loss:.4f} (± {weight_set.standard_error:.4f})",
            ", ".join(f"{name} {weight:.2f}" for name, weight in weight_set.weights.items()),
        )
    fields = ("id", "city_key", "deal_type", "is_live", "created_at", "actions", "weights")
    losses = ("present_loss", "fitted_loss", "standard_error")
    rows = [{name: getattr(each, name) for name in (*fields, *losses)} for each in sets]
    empty = "Nothing is learnt yet; the default weights hold (docs/matching.md)."
    print_listing(console, rows, table, as_json=as_json, empty=empty)


@command.command("learn")
def learn_command() -> None:
    """Learn now, as the schedule does.

    Globally, then for every market.
    """
    from worker.jobs.learning import learn  # Imported here, because nothing else here needs its numeric libraries.

    console = Terminal()
    with session_factory(Settings.for_command())() as session:
        results = learn(session)
        names = city_names(session)
        for result in results:
            console.print(f"{_name(result.scope, names)}: {_outcome(result)}", highlight=False, markup=False)
    if any(result.kept for result in results):
        console.print("The lists follow with the next run: leadmatch rescore", highlight=False)


@command.command("rollback")
@click.option("--city", type=CityName(), help="The market's own set; without it, the set that holds everywhere else.")
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), help="With --city  [SALE].")
@click.option(
    "--to", "set_id", type=ROW_ID, metavar="ID", help="A certain set of that scope  [the one before the live one]."
)
def rollback_command(city: str | None, deal_type: str | None, set_id: int | None) -> None:
    """Make an earlier set live again.

    From the first one, return to the weights before it.
    """
    if deal_type and not city:
        raise click.UsageError("--deal-type goes with --city.")
    with session_factory(Settings.for_command())() as session:
        scope = (city_in(session, city).key, DealType(deal_type or DealType.SALE)) if city else None
        live = rollback(session, scope, set_id)
        session.commit()
        if live is not None:
            click.echo(f"Set {live.id} is live.")
        else:
            click.echo("The set that holds everywhere is live." if scope else "The default weights hold.")
    click.echo("The lists follow with the next run: leadmatch rescore")


def _name(scope: Scope, names: dict[str, str]) -> str:
    return f"{names.get(scope[0], scope[0])}, {scope[1]}" if scope else EVERYWHERE


def _outcome(result: "LearningResult") -> str:
    judged = result.judgement
    left_out = f"; {result.broken} pairs of other facts today left out" if result.broken else ""
    if judged is None:
        return f"{result.actions} actions, too few or too few new ones{left_out}"
    losses = (
        f"{judged.actions} actions, log-loss {judged.present_loss:.4f} → {judged.fitted_loss:.4f} "
        f"(± {judged.standard_error:.4f})"
    )
    return f"{losses}: {f'set {result.kept.id} is live' if result.kept else 'the present set stays'}{left_out}"
