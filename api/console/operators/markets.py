"""Markets by name, each with its history by day."""

from collections.abc import Callable
from datetime import timedelta

from flask import render_template, request
from markupsafe import Markup

from api.console.kit import charts
from api.console.kit.access import page_for
from api.console.kit.formatting import number, percent
from api.console.kit.i18n import translate
from api.console.kit.pages import page_blueprint
from api.http.db import session
from api.http.short_cache import cached_for
from models.core.base import utc_now
from models.core.enums import ENGINE_ROLES
from models.rescoring.market_census import MarketCount, market_counts
from models.upkeep.market_days import MarketDay, days_of

blp = page_blueprint("markets")

for_operators = page_for(*ENGINE_ROLES)

#: The selectable lengths of a history, in days.
PERIODS = (30, 90, 365)
MARKETS_KEPT_SECONDS = 60
#: The maximum number of columns of a chart; for a longer history, days at even intervals are shown.
COLUMNS = 60

#: The charts of a history: title, function of a day's figure, unit.
FIGURES: tuple[tuple[str, Callable[[MarketDay], float], str], ...] = (
    ("Leads", lambda day: day.leads, ""),
    ("Properties", lambda day: day.properties, ""),
    ("Leads with at least ten offers", lambda day: 100 * day.covered / day.leads if day.leads else 0, "%"),
    ("Outdated lists", lambda day: day.stale, ""),
    ("Lists shown", lambda day: day.lists_shown, ""),
    ("Likes", lambda day: day.likes, ""),
    ("Likes per list shown", lambda day: day.likes / day.lists_shown if day.lists_shown else 0, "/"),
    ("Matches per hundred likes", lambda day: 100 * day.matches / day.likes if day.likes else 0, "/"),
)


@blp.get("/console/markets")
@for_operators
def markets() -> str:
    """One market's history: that of the market in the address, otherwise of the largest one."""
    known = counted_markets()
    chosen = next((each for each in known if _name_of(each) == request.args.get("market")), None)
    chosen = chosen or (known[0] if known else None)
    raw = request.args.get("days", "")
    period = int(raw) if raw in map(str, PERIODS) else PERIODS[0]
    days: list[MarketDay] = []
    if chosen:
        since = utc_now().date() - timedelta(days=period - 1)
        days = list(session().scalars(days_of(chosen.city_key, chosen.deal_type, since)))
    return render_template(
        "console/operators/markets.html",
        markets=sorted(known, key=lambda each: (each.name.casefold(), each.deal_type)),
        name_of=_name_of,
        chosen=chosen,
        period=period,
        periods=PERIODS,
        days=days[::-1],
        charts=[_chart(title, figure, unit, days) for title, figure, unit in FIGURES] if days else [],
        shown_figure=_shown,
        figures=FIGURES,
    )


def counted_markets() -> list[MarketCount]:
    """All markets with their sizes, cached for a minute."""
    counts: list[MarketCount] = cached_for(MARKETS_KEPT_SECONDS, "markets", lambda: market_counts(session()))
    return counts


def _name_of(market: MarketCount) -> str:
    """A market's name in the address."""
    return f"{market.deal_type}:{market.city_key}"


def _chart(title: str, figure: Callable[[MarketDay], float], unit: str, days: list[MarketDay]) -> tuple[str, Markup]:
    step = max(1, -(-len(days) // COLUMNS))
    rows = [(f"{day.day:%d.%m}", figure(day)) for day in days[::-1][::step][::-1]]
    label = translate(title)
    every = max(1, len(rows) // 6)
    return label, charts.columns(rows, label, every=every, whole=not unit, unit="%" if unit == "%" else "")


def _shown(value: float, unit: str) -> str:
    if unit == "%":
        return percent(value, 0)
    return number(value, 2 if unit else 0)
