"""Operators' pages of the engine: runs and the quality of lists."""

from datetime import date, timedelta
from typing import Any

from flask import Response, render_template, request
from markupsafe import Markup
from redis.exceptions import RedisError

from api.console.kit import charts
from api.console.kit.access import page_for, visitor
from api.console.kit.formatting import number, percent, towns_by_key
from api.console.kit.i18n import translate, translate_error, word
from api.console.kit.pages import back, listed, page_blueprint, wants_part
from api.console.operators.markets import counted_markets
from api.http import tasks
from api.http.db import session
from api.http.services import services
from api.http.short_cache import cached_for
from api.ops.pressure import refuse_while_queues_are_deep
from models.accounts import audit
from models.accounts.users import User
from models.core.base import utc_now
from models.core.enums import ENGINE_ROLES, OPEN_STATES, DealType, RunScope
from models.core.errors import InvalidValueError
from models.ranking.freshness import freshness
from models.rescoring import market_state
from models.rescoring.run_figures import progress_of
from models.rescoring.runs import cancel_run, get_run, request_run, runs
from models.rescoring.shards import retry_failed
from models.upkeep.market_days import Outcomes, outcomes_by_day, outcomes_by_market

blp = page_blueprint("ops")

for_operators = page_for(*ENGINE_ROLES)

RUNS_PER_PAGE = 15
MAX_MARKETS = 100
OUTCOME_DAYS = 30
#: Seconds for which the result of reading every list, lead or property is cached.
CHARTS_KEPT_SECONDS = 60
MARKETS_KEPT_SECONDS = 60
#: Pages request this every second.
FRESHNESS_KEPT_SECONDS = 3


@blp.app_template_global("requester_name")
def requester_name(requested_by: str) -> str:
    """The requester of a run in words: ``ops:7`` is a person, ``schedule:1c9a...`` and ``sweep`` are not."""
    kind, _, number_ = requested_by.partition(":")
    if kind != "ops" or not number_.isdecimal():
        return word(kind)
    person = session().get(User, int(number_))
    return person.name if person and person.name else translate("operator {id}", id=number_)


@blp.get("/console/engine")
@for_operators
def engine() -> str:
    """Runs, newest first, and the age of stale lists. A script refreshes the live part."""
    return _engine_page()


def _engine_page(wrong_city: str | None = None) -> str:
    rows, pager = listed(runs(), RUNS_PER_PAGE)
    shown: dict[str, Any] = {
        "runs": rows,
        "progress": progress_of(session(), [run.id for run in rows]),
        "open_states": OPEN_STATES,
        "is_open": any(run.state in OPEN_STATES for run in rows),
        "fresh": cached_for(FRESHNESS_KEPT_SECONDS, "freshness", lambda: freshness(session())),
        "queues": _queues(),
        **pager,
    }
    named = not wants_part() or any(run.city_key for run in rows)
    shown["cities"] = _cities() if named else {}
    if wants_part():
        return render_template("console/engine_part.html", **shown)
    counts = counted_markets()
    shown |= {"markets": counts[:MAX_MARKETS], "deals": list(DealType), "form": request.form}
    return render_template("console/engine.html", wrong_city=wrong_city, **shown)


@blp.post("/console/engine")
@for_operators
def start_run() -> Response | tuple[str, int]:
    """Request a run. A missing market is reported beside its field."""
    refuse_while_queues_are_deep()
    try:
        scope, city, deal = _requested_run(request.form)
    except InvalidValueError as error:
        if error.field != "city":
            raise
        return _engine_page(wrong_city=translate_error(error)), 400
    run, is_new = request_run(session(), scope, f"ops:{visitor().id}", city=city, deal_type=deal)
    if is_new:
        _note("run_requested", run.id)
        tasks.start_run(run)
    return back("/console/engine", "run" if is_new else "joined")


@blp.get("/console/engine/runs/<int:run_id>")
@for_operators
def run_page(run_id: int) -> str:
    run = get_run(session(), run_id)
    shown = {"run": run, "progress": progress_of(session(), [run.id]).get(run.id), "open_states": OPEN_STATES}
    shown["cities"] = _cities()
    return render_template("console/run_part.html" if wants_part() else "console/run.html", **shown)


@blp.post("/console/engine/runs/<int:run_id>/cancel")
@for_operators
def cancel(run_id: int) -> Response:
    cancel_run(session(), run_id)
    _note("run_cancelled", run_id)
    return back("/console/engine", "cancelled")


@blp.post("/console/engine/runs/<int:run_id>/retry")
@for_operators
def retry(run_id: int) -> Response:
    refuse_while_queues_are_deep()
    run, shard_ids = retry_failed(session(), run_id)
    _note("run_retried", run.id)
    tasks.continue_run(run, shard_ids)
    return back("/console/engine", "retried")


@blp.get("/console/quality")
@for_operators
def quality() -> str:
    """Four charts of the quality of lists."""
    state = _cached_state()
    scores = [(str(low), count) for low, count in state["scores"]]
    shares = [100 * share for share in state["exposure"].curve]
    times = [(f"№{row.run_id}", row.seconds) for row in state["times"]]
    since = utc_now().date() - timedelta(days=OUTCOME_DAYS - 1)
    by_day = outcomes_by_day(session(), since)
    every = max(1, len(times) // 8)
    return render_template(
        "console/quality.html",
        scores=charts.columns(scores, translate("Best scores of leads"), every=4, whole=True),
        coverage=charts.columns(state["coverage"], translate("Leads by number of offers"), whole=True),
        exposure=charts.line(
            shares, ("0%", "50%", "100%"), translate("Share of offers by share of properties"), diagonal=True
        ),
        times=charts.columns(times, translate("Seconds that runs took"), every=every) if times else None,
        state=state,
        covered=sum(count for _, count in state["coverage"][2:]),
        all_leads=sum(count for _, count in state["coverage"]),
        top_tenth=percent(shares[2], 0),
        shares=[(percent(100 * index / (len(shares) - 1), 0), percent(share)) for index, share in enumerate(shares)],
        outcomes=outcomes_by_market(session(), since)[:MAX_MARKETS],
        outcomes_by_day=by_day[::-1],
        liked=_likes_chart(by_day),
        names={each.city_key: each.name for each in counted_markets()},
        durations=[(name, number(seconds, 1)) for name, seconds in times],
    )


def _likes_chart(days: list[tuple[date, Outcomes]]) -> Markup | None:
    """Likes per hundred shown entries by day; None while nothing was shown."""
    rows = [(f"{day:%d.%m}", each.per_hundred(each.likes) or 0) for day, each in days]
    label = translate("Likes per hundred homes shown")
    return charts.columns(rows, label, every=max(1, len(rows) // 6)) if rows else None


def _requested_run(form: Any) -> tuple[RunScope, str | None, DealType | None]:
    if form.get("scope") not in list(RunScope):
        raise InvalidValueError("scope", "run.choose_scope")
    scope = RunScope(form["scope"])
    if scope is not RunScope.MARKET:
        return scope, None, None
    city, deal = form.get("city", "").strip()[:100], form.get("deal_type")
    if not city or deal not in list(DealType):
        raise InvalidValueError("city", "run.market_needs_both")
    return scope, city, DealType(deal)


def _note(action: str, run_id: int) -> None:
    audit.record(session(), action, actor_id=visitor().id, table_name="rescoring_runs", row_id=run_id)


def _queues() -> list[Any] | None:
    try:
        return services().worker.queues()
    except (RedisError, OSError):
        return None


def _cities() -> dict[str, str]:
    return towns_by_key(cached_for(MARKETS_KEPT_SECONDS, "cities", lambda: market_state.city_names(session())))


def _cached_state() -> dict[str, Any]:
    """The data of the charts."""
    read = lambda: {
        "scores": market_state.score_histogram(session()),
        "coverage": market_state.coverage(session()),
        "exposure": market_state.exposure(session()),
        "times": market_state.run_times(session()),
    }
    return cached_for(CHARTS_KEPT_SECONDS, "charts", read)
