"""`leadmatch check`: check the consistency of stored data."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from models.platform.settings import Settings
from scripts.databases import session_factory
from scripts.terminal import Terminal

if TYPE_CHECKING:
    from models.upkeep.invariants import Result


@click.command()
@click.option("--examples", type=click.IntRange(0, 1000), default=5, show_default=True, help="Ids shown of each rule.")
@click.option("--quiet", is_flag=True, help="Print broken rules only.")
@click.option("--json", "as_json", is_flag=True, help="Print rules and missing rates as JSON.")
def command(examples: int, quiet: bool, as_json: bool) -> None:
    """Check every list, match, notification and run against the rules that must hold at any moment.

    Only reads, in one snapshot of the database, so it may run while the system works. Exit code 1 if a rule is broken.
    Markets with money in a currency without a rate are listed, and break no rule. Prints ids, no personal data.
    """
    from models.market.missing_rates import missing_rates
    from models.upkeep.invariants import check_all

    console = Console()
    broken = 0
    rules: list[dict[str, Any]] = []
    with session_factory(Settings.for_command())() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        for result in check_all(session, examples):
            broken += bool(result.count)
            if as_json:
                if result.count or not quiet:
                    rules.append(_row(result))
            elif result.count:
                shown = "; ".join(result.examples)
                console.print(
                    f"[red]BROKEN[/] {result.rule.claim}: {result.count:,} ({shown})", highlight=False, soft_wrap=True
                )
            elif not quiet:
                console.print(
                    f"[green]ok[/]     {result.rule.claim}  [dim]{result.seconds:.1f} s[/]",
                    highlight=False,
                    soft_wrap=True,
                )
        rates = list(missing_rates(session))
    if as_json:
        report = {"broken": broken, "rules": rules, "missing_rates": [asdict(missing) for missing in rates]}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        sys.exit(1 if broken else 0)
    for missing in rates:
        # The names of towns are text from users.
        Terminal().print(
            f"note   no rate of {missing.currency} in {missing.home}, market {missing.city_key} {missing.deal_type}: "
            f"{missing.leads:,} leads and {missing.properties:,} properties are compared with their own currency only",
            highlight=False,
            soft_wrap=True,
        )
    if broken:
        console.print(f"{broken} rules are broken.", highlight=False)
    sys.exit(1 if broken else 0)


def _row(result: "Result") -> dict[str, Any]:
    return {
        "claim": result.rule.claim,
        "broken": result.count,
        "examples": list(result.examples),
        "seconds": round(result.seconds, 3),
    }
