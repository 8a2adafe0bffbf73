"""Rescoring runs, for operators: start, watch, cancel, retry."""

from typing import Any

from flask import jsonify
from flask.views import MethodView
from marshmallow import ValidationError, fields, validates_schema

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, PageArgs, one_of, shown_word
from api.http.db import session
from api.http.fields import Moment, Town, YesNo
from api.http.paging import page_of
from api.http.services import services
from api.http.tasks import continue_run, start_run
from api.ops.pressure import refuse_while_queues_are_deep
from models.accounts import audit
from models.core.enums import ENGINE_ROLES, DealType, RunScope, RunState
from models.market.town_aliases import city_in
from models.rescoring.run_figures import difference_of, progress_of
from models.rescoring.run_plan import planned_markets
from models.rescoring.runs import RescoringRun, cancel_run, get_run, request_run, runs
from models.rescoring.shards import retry_failed

blp = Blueprint("ops", __name__, description="Rescoring runs, for operators")

for_operators = for_roles(*ENGINE_ROLES)


class RunRequest(Body):
    openapi = {
        "oneOf": [
            {"properties": {"scope": {"enum": [RunScope.MARKET]}}, "required": ["city", "deal_type"]},
            {
                "properties": {"scope": {"enum": [scope for scope in RunScope if scope is not RunScope.MARKET]}},
                "not": {"anyOf": [{"required": ["city"]}, {"required": ["deal_type"]}]},
            },
        ],
        "examples": [{"scope": "market", "city": "Алматы", "deal_type": "SALE"}],
    }

    scope = one_of(RunScope, required=True)
    city = Town()
    deal_type = one_of(DealType)
    dry_run = YesNo(load_default=False, metadata={"description": "Only report what would be done."})

    @validates_schema
    def check_market(self, data: dict, **kwargs: Any) -> None:
        names_market = "city" in data and "deal_type" in data
        if data["scope"] is RunScope.MARKET and not names_market:
            raise ValidationError("run.market_needs_both", "city")
        if data["scope"] is not RunScope.MARKET and ("city" in data or "deal_type" in data):
            raise ValidationError("run.only_for_market", "scope")


class RunArgs(PageArgs):
    state = one_of(RunState)


class Progress(Body):
    shards = fields.Dict(metadata={"description": "The number of shards in each state."})
    pairs_done = fields.Integer()
    pairs_total = fields.Integer()
    pairs_per_second = fields.Float(allow_none=True)
    seconds = fields.Float()
    eta_seconds = fields.Float(allow_none=True)


class Run(Body):
    optional = ("joined",)

    id = fields.Integer()
    scope = shown_word(RunScope)
    city_key = fields.String(allow_none=True)
    deal_type = shown_word(DealType, allow_none=True)
    state = shown_word(RunState)
    requested_by = fields.String()
    error = fields.String(allow_none=True)
    created_at = Moment()
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)
    progress = fields.Nested(Progress, allow_none=True)
    joined = fields.Boolean(metadata={"description": "The same run was already in progress; this is that run."})


#: Fields that come only from the run's row.
RUN_FIELDS = tuple(name for name in Run().fields if name not in ("progress", "joined"))


class Difference(Body):
    lists_total = fields.Integer()
    lists_changed = fields.Integer(
        metadata={"description": "Lists whose entries, or their order, differ from those of the list before."}
    )
    mean_score_change = fields.Float(
        allow_none=True,
        metadata={"description": "Mean change of the best score of lists; null: there were no lists before."},
    )
    skipped = fields.Integer(metadata={"description": "Leads and properties that the engine failed on."})


class Skipped(Body):
    side = fields.String()
    id = fields.Integer()
    error = fields.String()


class Shard(Body):
    id = fields.Integer()
    city_key = fields.String()
    deal_type = fields.String()
    tile = fields.Integer(metadata={"description": "0: the market itself; 1, 2, ...: a tile of a big market."})
    tiles = fields.Integer(
        metadata={"description": "Tiles that the market has in this run; its own shard merges them. 0: scored whole."}
    )
    state = fields.String()
    pairs_total = fields.Integer()
    pairs_done = fields.Integer()
    worker = fields.String(allow_none=True)
    attempts = fields.Integer()
    seconds = fields.Float(
        allow_none=True, metadata={"description": "Duration of its last attempt, so far or in total."}
    )
    error = fields.String(allow_none=True)
    lists_total = fields.Integer(allow_none=True)
    lists_changed = fields.Integer(allow_none=True)
    mean_score_change = fields.Float(allow_none=True)
    skipped = fields.List(fields.Nested(Skipped))
    stages = fields.Dict(
        metadata={"description": "Seconds of each stage of the attempt that succeeded, and its process's peak_mb."}
    )
    heartbeat_at = Moment(allow_none=True)
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)


class RunWithShards(Run):
    shards = fields.List(fields.Nested(Shard))
    difference = fields.Nested(
        Difference,
        allow_none=True,
        metadata={"description": "The changes of lists by the run; null while nothing is published."},
    )


class PlannedMarket(Body):
    city_key = fields.String()
    deal_type = fields.String()
    pairs = fields.Integer()
    tiles = fields.Integer(metadata={"description": "0: the market is scored whole."})


class Plan(Body):
    dry_run = fields.Boolean()
    markets = fields.List(fields.Nested(PlannedMarket))
    pairs_total = fields.Integer()


class RunRows(Body):
    runs = fields.List(fields.Nested(Run))
    total = fields.Integer()
    page = fields.Integer()


@blp.route("/ops/rescoring-runs")
class Runs(MethodView):
    """List and start rescoring runs."""

    @for_operators
    @blp.arguments(RunRequest)
    @blp.response(202, Run)
    @blp.alt_response(200, schema=Plan, description="A dry run: what would be done.")
    def post(self, body: dict[str, Any]) -> Any:
        """Start a rescoring run, or join the same run if it is already going; `dry_run` only reports what it would do

        `all` scores every market, `stale` those with outdated lists, `market` one. Refused with 503 while the queues
        are deep.
        """
        if body["dry_run"]:
            return jsonify(_plan(body))
        refuse_while_queues_are_deep()
        run, new = request_run(
            session(),
            body["scope"],
            f"ops:{current_user().id}",
            city=body.get("city"),
            deal_type=body.get("deal_type"),
        )
        if new:
            audit.record(
                session(),
                "run_requested",
                actor_id=current_user().id,
                table_name="rescoring_runs",
                row_id=run.id,
            )
            session().refresh(run)
            start_run(run)
        return _shown(run) | {"joined": not new}

    @for_operators
    @blp.arguments(RunArgs, location="query")
    @blp.response(200, RunRows)
    def get(self, args: dict[str, Any]) -> Any:
        """List rescoring runs, newest first

        With the progress of each; `state` filters by state.
        """
        rows, total = page_of(runs(args.get("state")), args)
        progress = progress_of(session(), [run.id for run in rows])
        shown = [_fields(run) | {"progress": progress.get(run.id)} for run in rows]
        return {"runs": shown, "total": total, "page": args["page"]}


@blp.route("/ops/rescoring-runs/<int:run_id>")
class RunById(MethodView):
    """Read one run."""

    @for_operators
    @blp.response(200, RunWithShards)
    def get(self, run_id: int) -> Any:
        """Read one run with its shards

        A shard is a market, or a tile of a large one. `difference` shows what the run has changed in the lists.
        """
        run = get_run(session(), run_id)
        return _shown(run) | {"shards": run.shards, "difference": difference_of(session(), run.id)}


@blp.route("/ops/rescoring-runs/<int:run_id>/cancel")
class RunCancellation(MethodView):
    """Cancel a run."""

    @for_operators
    @blp.response(200, Run)
    def post(self, run_id: int) -> Any:
        """Cancel the unfinished shards of a run

        Finished shards stay published; readers keep the present lists.
        """
        run = cancel_run(session(), run_id)
        audit.record(session(), "run_cancelled", actor_id=current_user().id, table_name="rescoring_runs", row_id=run.id)
        session().refresh(run)
        return _shown(run)


@blp.route("/ops/rescoring-runs/<int:run_id>/retry")
class RunRetry(MethodView):
    """Retry a failed run."""

    @for_operators
    @blp.response(202, Run)
    def post(self, run_id: int) -> Any:
        """Queue a failed run's failed shards again

        Shards that succeeded are not scored again. Refused with 503 while the queues are deep.
        """
        refuse_while_queues_are_deep()
        run, shard_ids = retry_failed(session(), run_id)
        audit.record(session(), "run_retried", actor_id=current_user().id, table_name="rescoring_runs", row_id=run.id)
        continue_run(run, shard_ids)
        return _shown(run)


def _plan(body: dict[str, Any]) -> dict[str, Any]:
    city_key = city_in(session(), body["city"]).key if "city" in body else None
    memory_mb = services().settings.worker_memory_mb
    planned = planned_markets(session(), body["scope"], city_key, body.get("deal_type"), memory_mb)
    markets = [
        {"city_key": city, "deal_type": deal.value, "pairs": market.pairs, "tiles": market.tiles}
        for (city, deal), market in planned.items()
    ]
    return {"dry_run": True, "markets": markets, "pairs_total": sum(market["pairs"] for market in markets)}


def _shown(run: RescoringRun) -> dict[str, Any]:
    return _fields(run) | {"progress": progress_of(session(), [run.id]).get(run.id)}


def _fields(run: RescoringRun) -> dict[str, Any]:
    return {name: getattr(run, name) for name in RUN_FIELDS}
