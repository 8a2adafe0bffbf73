"""
Everything that needs an operator's attention, on one page: failures, feeds, unknown towns, currencies without rates.
"""

from datetime import timedelta
from typing import Any

from flask import Response, render_template, request
from redis.exceptions import RedisError

from api.console.files.import_words import shown_reason
from api.console.kit.access import page_for, visitor
from api.console.kit.formatting import towns_by_key
from api.console.kit.i18n import translate_error
from api.console.kit.pages import back, page_blueprint, wants_part
from api.console.operators.markets import counted_markets
from api.http.db import session
from api.http.services import services
from api.http.short_cache import cached_for, clear_cached
from api.ops.markets import merge
from models.core.base import database_now
from models.core.enums import ENGINE_ROLES
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.market.missing_rates import missing_rates
from models.market.unscorable import count_quarantined
from models.rescoring.market_state import city_names
from models.rescoring.run_figures import failed_runs_since
from models.sources.sources import failing_sources
from models.sources.tables import Import, reason_fault

blp = page_blueprint("attention")

for_operators = page_for(*ENGINE_ROLES)

MAX_ODD_MARKETS, MAX_FEEDS = 50, 50
KEPT_SECONDS = 60


@blp.get("/console/attention")
@for_operators
def attention() -> str:
    """Everything that needs attention; a script refreshes it every five seconds."""
    return _page()


@blp.post("/console/attention/merge")
@for_operators
def merge_markets() -> Response | tuple[str, int]:
    """Merge a town's markets into another's; errors are shown beside the form."""
    town, into = (request.form.get(name, "").strip()[:110] for name in ("town", "into"))
    try:
        if not town or not into:
            raise InvalidValueError("into", "market.name_target")
        merge(visitor().id, town, into)
    except (InvalidValueError, ConflictError, NotFoundError) as error:
        session().rollback()
        return _page(wrong_merge=(town, translate_error(error))), 400
    clear_cached("markets", "cities")
    return back("/console/attention", "merged")


def _page(wrong_merge: tuple[str, str] | None = None) -> str:
    counts = counted_markets()
    odd = [each for each in counts if each.needs_attention]
    rates = cached_for(KEPT_SECONDS, "missing rates", lambda: missing_rates(session())[:100])
    shown: dict[str, Any] = {
        "failed_tasks": _failed_tasks(),
        "quarantined": count_quarantined(session()),
        "failed_runs": failed_runs_since(session(), database_now(session()) - timedelta(days=7)),
        "feeds": failing_sources(session(), MAX_FEEDS),
        "unknown_towns": len({each.city_key for each in counts if not each.is_known}),
        "missing_rates": rates,
        "cities": towns_by_key(cached_for(KEPT_SECONDS, "cities", lambda: city_names(session()))) if rates else {},
        "reason_of": _reason_of,
    }
    if wants_part():
        return render_template("console/operators/attention_part.html", **shown)
    names = sorted({each.name for each in counts if each.is_known})
    return render_template(
        "console/operators/attention.html",
        odd_markets=odd[:MAX_ODD_MARKETS],
        names=names,
        wrong_merge=wrong_merge,
        **shown,
    )


def _failed_tasks() -> int | None:
    """The number of recorded failed tasks; None while Redis is unavailable."""
    try:
        return len(services().worker.failures())
    except (RedisError, OSError):
        return None


def _reason_of(imported: Import) -> str:
    """Why an import failed, in the page's language."""
    fault = reason_fault(imported)
    return shown_reason(fault) if fault else "—"
