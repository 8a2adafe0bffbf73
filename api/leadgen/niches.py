"""Niches with their costs and earnings."""

from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import fields, validate

from api.http.api_keys import niche_scope, with_api_key
from api.http.blueprint import Blueprint, Body, names_of, one_of
from api.http.db import session
from api.http.fields import Moment, Text, money
from api.leadgen.announce import announce_change
from api.leadgen.schemas import Amount, ListArgs, PeriodArgs, rows_of
from models.accounts import audit
from models.core.errors import NotAllowedError
from models.leadgen.campaigns import delete_niche
from models.leadgen.earnings import Figures, Slice, niche_earnings
from models.leadgen.niches import Niche, NicheStatus, change_niche, create_niche, get_niche, niches

blp = Blueprint("leadgen-niches", __name__, description="Markets that are tested by advertising")

#: The allowed currencies of a niche.
NICHE_CURRENCIES = ("KZT", "RUB", "USD", "EUR")
OF_ONE_NICHE = "The API key is of one niche."


class NicheBody(Body):
    name = Text(200, required=True)
    category = Text(100, required=True)
    description = Text(5000, empty=True, allow_none=True)
    currency = fields.String(
        validate=validate.OneOf(NICHE_CURRENCIES),
        metadata={"description": "The currency of all its amounts; KZT by default."},
    )
    cpl_target = money(allow_none=True, metadata={"description": "Maximum cost of a lead."})
    roi_target = money(allow_none=True, metadata={"description": "Minimum return on spend, per cent."})


class NicheChanges(NicheBody):
    name = Text(200)
    category = Text(100)
    status = one_of(NicheStatus)


class NicheArgs(ListArgs):
    status = one_of(NicheStatus)


class DeleteArgs(Body):
    force = fields.Boolean(load_default=False, metadata={"description": "Archive a niche that has campaigns."})


class NicheRow(Body):
    id = fields.UUID()
    name = fields.String()
    category = fields.String()
    description = fields.String(allow_none=True)
    status = fields.String()
    currency = fields.String()
    cpl_target = Amount()
    roi_target = Amount()
    created_at = Moment()


class NicheDeleted(Body):
    message = fields.String()
    id = fields.UUID()


class FiguresRow(Body):
    leads = fields.Integer()
    qualified = fields.Integer(metadata={"description": "Qualified, hot or won."})
    won = fields.Integer()
    spend = Amount()
    revenue = Amount(metadata={"description": "The revenue from won leads."})
    cpl = Amount(metadata={"description": "spend / leads; null without leads."})
    conversion_rate = Amount(metadata={"description": "Qualified of all leads, per cent; null without leads."})
    roi = Amount(metadata={"description": "(revenue - spend) / spend, per cent; null without spend."})


class DayEarnings(FiguresRow):
    day = fields.Date()


class PlatformEarnings(FiguresRow):
    platform = fields.String()


class CampaignEarnings(FiguresRow):
    campaign_id = fields.UUID()
    campaign = fields.String()


class Targets(Body):
    cpl_target = Amount()
    cpl_met = fields.Boolean(allow_none=True, metadata={"description": "Null without a target or without leads."})
    roi_target = Amount()
    roi_met = fields.Boolean(allow_none=True, metadata={"description": "Null without a target or without spend."})


class NicheStats(Body):
    niche_id = fields.UUID()
    first = fields.Date(data_key="from", allow_none=True)
    last = fields.Date(data_key="to", allow_none=True)
    total = fields.Nested(FiguresRow)
    targets = fields.Nested(Targets)
    by_day = fields.List(fields.Nested(DayEarnings))
    by_platform = fields.List(fields.Nested(PlatformEarnings))
    by_campaign = fields.List(fields.Nested(CampaignEarnings))


@blp.route("/api/niches")
class Niches(MethodView):
    """List and create niches."""

    @with_api_key
    @blp.arguments(NicheBody)
    @blp.response(201, NicheRow)
    @blp.alt_response(403, description=OF_ONE_NICHE)
    def post(self, body: dict[str, Any]) -> Any:
        """Create a niche

        It begins as research. Targets state the maximum cost of a lead and the minimum return on the money spent.
        """
        _refuse_confined()
        announce_change()
        return create_niche(session(), body)

    @with_api_key
    @blp.arguments(NicheArgs, location="query")
    @blp.response(200, NicheRow(many=True))
    def get(self, args: dict[str, Any]) -> Any:
        """List niches, newest first

        In pages of 100 by default; `status` filters by status.
        """
        return rows_of(niches(args.get("status"), scope=niche_scope()), args)


@blp.route("/api/niches/<uuid:niche_id>")
class NicheById(MethodView):
    """Read, change or delete one niche."""

    @with_api_key
    @blp.response(200, NicheRow)
    def get(self, niche_id: UUID) -> Any:
        """Read a niche

        What it costs and earns is at `/stats`.
        """
        return get_niche(session(), niche_id, scope=niche_scope())

    @with_api_key
    @blp.arguments(NicheChanges)
    @blp.response(200, NicheRow)
    @blp.alt_response(403, description=OF_ONE_NICHE)
    def patch(self, body: dict[str, Any], niche_id: UUID) -> Any:
        """Change the given fields of a niche

        A status changes only as the table of moves allows; null clears a field that may be empty.
        """
        niche = get_niche(session(), niche_id, lock=True, scope=niche_scope())
        _refuse_confined()
        change_niche(session(), niche, body)
        announce_change()
        return niche

    @with_api_key
    @blp.arguments(DeleteArgs, location="query")
    @blp.response(200, NicheDeleted)
    @blp.alt_response(403, description=OF_ONE_NICHE)
    def delete(self, args: dict[str, Any], niche_id: UUID) -> Any:
        """Delete a niche; one with campaigns is archived, and only by force

        A niche without campaigns is deleted; one with campaigns is archived to keep its figures.
        """
        niche = get_niche(session(), niche_id, lock=True, scope=niche_scope())
        _refuse_confined()
        delete_niche(session(), niche, force=args["force"])
        audit.record(session(), "niche_deleted", table_name="niches", row_id=niche_id, forced=args["force"])
        announce_change()
        return {"message": "Ниша удалена", "id": niche_id}


@blp.route("/api/niches/<uuid:niche_id>/stats")
class NicheStatsById(MethodView):
    """Report a niche's figures."""

    @with_api_key
    @blp.arguments(PeriodArgs, location="query")
    @blp.response(200, NicheStats)
    def get(self, args: dict[str, Any], niche_id: UUID) -> Any:
        """Report the costs and earnings of a niche, in total and by day, platform and campaign, with its targets

        Days are UTC, both ends included; leave them out for all time. A figure whose divisor is zero is null.
        """
        niche = get_niche(session(), niche_id, scope=niche_scope())
        earned = niche_earnings(session(), niche, args.get("first"), args.get("last"))
        return {
            "niche_id": niche.id,
            "first": args.get("first"),
            "last": args.get("last"),
            "total": earned.total,
            "targets": _targets(niche, earned.total),
            "by_day": [_row(part) | {"day": part.day} for part in earned.by_day],
            "by_platform": [_row(part) | {"platform": part.platform} for part in earned.by_platform],
            "by_campaign": [
                _row(part) | {"campaign_id": part.campaign_id, "campaign": part.campaign_name}
                for part in earned.by_campaign
            ],
        }


def _refuse_confined() -> None:
    """
    Raise NotAllowedError for a key that is restricted to one niche: it may work within the niche, but not change it.
    """
    if niche_scope() is not None:
        raise NotAllowedError("api_key.of_one_niche")


def _row(part: Slice) -> dict:
    return {name: getattr(part.figures, name) for name in names_of(FiguresRow)}


def _targets(niche: Niche, total: Figures) -> dict[str, Any]:
    """Compare the figures with the targets; a comparison without a target or a figure is None."""
    cpl_met = roi_met = None
    if niche.cpl_target is not None and total.cpl is not None:
        cpl_met = total.cpl <= niche.cpl_target
    if niche.roi_target is not None and total.roi is not None:
        roi_met = total.roi >= niche.roi_target
    return {
        "cpl_target": niche.cpl_target,
        "cpl_met": cpl_met,
        "roi_target": niche.roi_target,
        "roi_met": roi_met,
    }
