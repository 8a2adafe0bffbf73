"""`leadmatch weights`: what the criteria weigh, as learnt from what people like."""

import click
from rich.table import Table

from models.core.enums import DealType
from models.deals.weights import Scope, rollback, weight_sets
from models.market.town_aliases import city_in
from models.platform.settings import Settings
from models.rescoring.market_state import city_names
from scripts.arguments import ROW_ID, CityName
from scripts.databases import session_factory
from scripts.terminal import Terminal

EVERYWHERE = "everywhere"


@click.group()
def command() -> None:
    """Learnt weights of the criteria: list, learn, roll back.

    A set goes live only if it foretells held-out likes better than the present one. A market's lists
    follow with the next run over it: leadmatch rescore
    """


@command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many are listed.")
def list_command(limit: int) -> None:
    """List the sets, newest first, with what they lose a held-out action (before → with the set)."""
    console = Terminal()
    with session_factory(Settings.from_env())() as session:
        found = list(session.scalars(weight_sets().limit(limit)))
        names = city_names(session) if any(one.city_key for one in found) else {}
    table = Table("set", "where", "live", "learnt (UTC)", "actions", "log-loss", "weights")
    for one in found:
        scope = (one.city_key, one.deal_type) if one.city_key else None
        table.add_row(
            str(one.id),
            _name(scope, names),
            "live" if one.is_live else "",
            f"{one.created_at:%Y-%m-%d %H:%M}",
            f"{one.actions:,}",
            f"{one.present_loss:.4f} → {one.fitted_loss:.4f} (± {one.standard_error:.4f})",
            ", ".join(f"{name} {weight:.2f}" for name, weight in one.weights.items()),
        )
    console.print(table if found else "Nothing is learnt yet; the default weights hold (docs/matching.md).")


@command.command("learn")
def learn_command() -> None:
    """Learn now, as the schedule does: globally, then for every market."""
    from worker.jobs.learning import learn  # Its numeric libraries are needed by nothing else here.

    console = Terminal()
    with session_factory(Settings.from_env())() as session:
        lessons = learn(session)
        names = city_names(session)
        for lesson in lessons:
            console.print(f"{_name(lesson.scope, names)}: {_outcome(lesson)}", highlight=False, markup=False)
    if any(lesson.kept for lesson in lessons):
        console.print("The lists follow with the next run: leadmatch rescore", highlight=False)


@command.command("rollback")
@click.option("--city", type=CityName(), help="The market's own set; without it, the set that holds everywhere else.")
@click.option("--deal-type", type=click.Choice([each.value for each in DealType]), help="With --city  [SALE].")
@click.option(
    "--to", "set_id", type=ROW_ID, metavar="ID", help="A certain set of there  [the one before the live one]."
)
def rollback_command(city: str | None, deal_type: str | None, set_id: int | None) -> None:
    """Make an earlier set live again; from the first one, back to what held before anything was learnt."""
    if deal_type and not city:
        raise click.UsageError("--deal-type goes with --city.")
    with session_factory(Settings.from_env())() as session:
        scope = (city_in(session, city).key, DealType(deal_type or DealType.SALE)) if city else None
        found = rollback(session, scope, set_id)
        session.commit()
        if found is not None:
            click.echo(f"Set {found.id} is live.")
        else:
            click.echo("The set that holds everywhere is live." if scope else "The default weights hold.")
    click.echo("The lists follow with the next run: leadmatch rescore")


def _name(scope: Scope, names: dict[str, str]) -> str:
    return f"{names.get(scope[0], scope[0])}, {scope[1]}" if scope else EVERYWHERE


def _outcome(lesson) -> str:
    judged = lesson.judgement
    left_out = f"; {lesson.broken} pairs of other facts today left out" if lesson.broken else ""
    if judged is None:
        return f"{lesson.actions} actions, too few or too few new ones{left_out}"
    losses = (
        f"{judged.actions} actions, log-loss {judged.present_loss:.4f} → {judged.fitted_loss:.4f} "
        f"(± {judged.standard_error:.4f})"
    )
    return f"{losses}: {f'set {lesson.kept.id} is live' if lesson.kept else 'the present set stays'}{left_out}"
