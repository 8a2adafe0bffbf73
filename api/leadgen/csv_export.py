"""Leads and figures as CSV, streamed: only one page of rows is in memory at a time."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import fields
from sqlalchemy.orm import Session, sessionmaker

from api.http.api_keys import niche_scope, with_api_key
from api.http.blueprint import Blueprint, Body, one_of
from api.http.db import session
from api.http.services import services
from api.http.table_files import TableFormat, table_file
from api.leadgen.prospects import filters_of
from api.leadgen.schemas import PeriodArgs
from models.leadgen.campaigns import Platform
from models.leadgen.earnings import Figures, earnings_by_day_and_campaign
from models.leadgen.niches import get_niche
from models.leadgen.prospects import ProspectStatus, prospect_pages

blp = Blueprint("leadgen-export", __name__, description="Leads and figures as CSV")

PROSPECT_COLUMNS = (
    "id", "created_at", "name", "phone", "source", "platform_user_id", "budget", "notes", "status", "revenue",
    "quality_score", "ad_id", "campaign_id", "niche_id",
)  # fmt: skip
EARNING_COLUMNS = (
    "day", "platform", "campaign_id", "campaign", "leads", "qualified", "won", "spend", "revenue", "cpl",
    "conversion_rate", "roi",
)  # fmt: skip


class ExportArgs(Body):
    status = one_of(ProspectStatus)
    source = one_of(Platform)
    niche_id = fields.UUID()
    campaign_id = fields.UUID()


@blp.route("/api/leads/export")
class ProspectExport(MethodView):
    """Download leads as a file."""

    @with_api_key
    @blp.arguments(ExportArgs, location="query")
    @blp.response(200, {"type": "string"}, content_type="text/csv", description="CSV")
    def get(self, args: dict[str, Any]) -> Any:
        """Download leads as CSV, newest first

        With the filters of the list, streamed. Cells that a spreadsheet would execute as formulas are escaped.
        """
        return prospect_file(services().sessions, **filters_of(args))


@blp.route("/api/niches/<uuid:niche_id>/stats/export")
class EarningsExport(MethodView):
    """Download a niche's figures as a file."""

    @with_api_key
    @blp.arguments(PeriodArgs, location="query")
    @blp.response(200, {"type": "string"}, content_type="text/csv", description="CSV")
    def get(self, args: dict[str, Any], niche_id: UUID) -> Any:
        """Download the costs and earnings of a niche's campaigns by day as CSV

        One row per day and campaign with leads or spend. Days are UTC, both ends included.
        """
        get_niche(session(), niche_id, scope=niche_scope())
        query = earnings_by_day_and_campaign(niche_id, args.get("first"), args.get("last"))
        return table_file("stats", TableFormat.CSV, EARNING_COLUMNS, _earnings(services().sessions, query))


def prospect_file(sessions: sessionmaker[Session], **filters: Any) -> Response:
    """All prospects that :func:`models.leadgen.prospects.prospects` selects, as CSV, streamed."""
    pages = prospect_pages(sessions, **filters)
    rows = ([getattr(prospect, name) for name in PROSPECT_COLUMNS] for page in pages for prospect in page)
    return table_file("leads", TableFormat.CSV, PROSPECT_COLUMNS, rows)


def _earnings(sessions: sessionmaker[Session], query: Any) -> Iterator[list[Any]]:
    with sessions() as own:  # the request's session is already closed
        for *group, leads, qualified, won, revenue, spend in own.execute(query.execution_options(yield_per=1000)):
            part = Figures(int(leads), int(qualified), int(won), revenue, spend)
            figures = [part.leads, part.qualified, part.won, part.spend, part.revenue]
            yield [*group, *figures, part.cpl, part.conversion_rate, part.roi]
