"""Markets, for operators: their size, which ones look wrong, and merging one town's markets into another's."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, one_of
from api.http.db import session
from api.http.fields import Text, Town
from api.http.tasks import start_run
from models.accounts import audit
from models.core.enums import ENGINE_ROLES, DealType, RunScope
from models.rescoring.market_census import market_counts
from models.rescoring.runs import request_run
from models.rescoring.town_merge import Moved, merge_towns, town_key

blp = Blueprint("ops-markets", __name__, description="Markets and their towns")

for_operators = for_roles(*ENGINE_ROLES)


class MarketArgs(Body):
    odd = fields.Boolean(
        load_default=False, metadata={"description": "Only markets with an unknown town or very few rows."}
    )


class MarketRow(Body):
    city_key = fields.String()
    city = fields.String(attribute="name")
    deal_type = one_of(DealType)
    leads = fields.Integer()
    properties = fields.Integer()
    is_known = fields.Boolean(metadata={"description": "Whether the town is known."})
    is_nearly_empty = fields.Boolean()
    suggestions = fields.List(
        fields.String(), attribute="nearest", metadata={"description": "Known towns with names like an unknown one's."}
    )


class MarketRows(Body):
    markets = fields.List(fields.Nested(MarketRow))


class MergeBody(Body):
    city = Text(110, required=True, metadata={"description": "The town to merge: its name, or its key as listed."})
    into = Town(required=True)


class Merged(Body):
    city_key = fields.String(attribute="from_key")
    into_key = fields.String()
    leads = fields.Integer()
    properties = fields.Integer()


@blp.route("/ops/markets")
class Markets(MethodView):
    """List all markets."""

    @for_operators
    @blp.arguments(MarketArgs, location="query")
    @blp.response(200, MarketRows)
    def get(self, args: dict[str, Any]) -> Any:
        """List the markets, the largest first

        With `odd` only those whose town is unknown or that are nearly empty: mostly misspelt towns that should be
        merged.
        """
        counts = market_counts(session())
        return {"markets": [each for each in counts if each.needs_attention or not args["odd"]]}


@blp.route("/ops/markets/merge")
class Merge(MethodView):
    """Merge one town's markets into another's."""

    @for_operators
    @blp.arguments(MergeBody)
    @blp.response(200, Merged)
    @blp.alt_response(404, description="There is no such market.")
    def post(self, body: dict[str, Any]) -> Any:
        """Merge the markets of one town into those of another

        Its leads and properties move, archived ones included, and rows that are saved under its name later go to the
        other town. The lists follow with a run over the stale ones, which is requested here.
        """
        return merge(current_user().id, body["city"], body["into"])


def merge(actor_id: int, town: str, into: str) -> Moved:
    """Merge the markets, record who did it, and request a run over the stale lists.

    Args:
        town: The town's name, or its key as lists show it.
    """
    requested_by = f"ops:{actor_id}"
    moved = merge_towns(session(), town_key(town), town_key(into), requested_by)
    row = {"table_name": "town_aliases", "row_id": moved.from_key}
    audit.record(session(), "towns_merged", actor_id=actor_id, into=moved.into_key, **row)
    run, is_new = request_run(session(), RunScope.STALE, requested_by)
    if is_new:
        session().refresh(run)
        start_run(run)
    return moved
