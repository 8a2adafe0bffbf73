"""Campaigns and their ads."""

from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import ValidationError, fields, validates_schema

from api.http.api_keys import niche_scope, with_api_key
from api.http.blueprint import Blueprint, Body, names_of, one_of
from api.http.db import session
from api.http.fields import Moment, Text, Whole, money
from api.leadgen.announce import announce_campaign, announce_change, announce_stats
from api.leadgen.schemas import Amount, ListArgs, window
from models.core.errors import Fault
from models.leadgen.ads import Ad, AdStatus, ads_of, change_ad, create_ad, lock_ad, spent_by
from models.leadgen.campaigns import CampaignStatus, Platform, change_status, create_campaign, get_campaign
from models.leadgen.earnings import CampaignFigures, campaign_with_figures, campaigns_with_figures

blp = Blueprint("leadgen-campaigns", __name__, description="Advertising of a niche on a platform")


#: Impressions or clicks of one ad.
MAX_SHOWN = 10**12


class CampaignBody(Body):
    niche_id = fields.UUID(required=True)
    name = Text(200, required=True)
    platform = one_of(Platform, required=True)
    budget = money(required=True)
    start_date = fields.Date(allow_none=True)
    end_date = fields.Date(allow_none=True)


class CampaignArgs(ListArgs):
    niche_id = fields.UUID()
    platform = one_of(Platform)


class CampaignStatusBody(Body):
    status = one_of(CampaignStatus, required=True)


class CampaignRow(Body):
    id = fields.UUID()
    niche_id = fields.UUID()
    name = fields.String()
    platform = fields.String()
    status = fields.String()
    budget = Amount()
    spent = Amount()
    ads_count = fields.Integer()
    leads_count = fields.Integer()
    start_date = fields.Date(allow_none=True)
    end_date = fields.Date(allow_none=True)
    created_at = Moment()


class CampaignStats(Body):
    total_leads = fields.Integer()
    qualified_leads = fields.Integer(metadata={"description": "Qualified, hot or won."})
    cpl = Amount(metadata={"description": "spent / total_leads; null without leads."})
    conversion_rate = Amount(metadata={"description": "Qualified of all leads, per cent; null without leads."})


class CampaignWithStats(CampaignRow):
    stats = fields.Nested(CampaignStats)


class AdBody(Body):
    #: spent_on is allowed only together with spent.
    openapi = {"anyOf": [{"required": ["spent"]}, {"not": {"required": ["spent_on"]}}]}

    title = Text(200, required=True)
    text = Text(5000, empty=True, allow_none=True)
    url = fields.URL(schemes={"http", "https"}, allow_none=True)
    spent = money(metadata={"description": "Total cost of the ad so far."})
    spent_on = fields.Date(metadata={"description": "The day on which the increase of spent is booked; default today."})
    impressions = Whole(0, MAX_SHOWN, allow_none=True, metadata={"description": "Impressions so far."})
    clicks = Whole(0, MAX_SHOWN, allow_none=True, metadata={"description": "Clicks so far."})
    status = one_of(AdStatus)

    @validates_schema
    def check_spent(self, data: dict, **kwargs: Any) -> None:
        if "spent_on" in data and "spent" not in data:
            raise ValidationError("ad.date_without_spend", "spent_on")
        if len(data.get("url") or "") > 2000:
            raise ValidationError(Fault("text.too_long", max=2000), "url")


class AdChanges(AdBody):
    openapi = AdBody.openapi

    title = Text(200)


class AdRow(Body):
    id = fields.UUID()
    campaign_id = fields.UUID()
    title = fields.String()
    text = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    spent = Amount()
    impressions = fields.Integer(allow_none=True)
    clicks = fields.Integer(allow_none=True)
    ctr = Amount(metadata={"description": "Clicks per hundred impressions; null if they are unknown."})
    status = fields.String()
    created_at = Moment()


@blp.route("/api/campaigns")
class Campaigns(MethodView):
    """List and create campaigns."""

    @with_api_key
    @blp.arguments(CampaignBody)
    @blp.response(201, CampaignRow)
    def post(self, body: dict[str, Any]) -> Any:
        """Create a campaign

        It begins as a draft. Its niche must not be archived.
        """
        announce_change()
        return _campaign(campaign_with_figures(session(), create_campaign(session(), body, scope=niche_scope()).id))

    @with_api_key
    @blp.arguments(CampaignArgs, location="query")
    @blp.response(200, CampaignRow(many=True))
    def get(self, args: dict[str, Any]) -> Any:
        """List campaigns, newest first

        Each has its cost and number of leads so far.
        """
        rows = campaigns_with_figures(
            session(), niche_id=args.get("niche_id"), platform=args.get("platform"), scope=niche_scope(), **window(args)
        )
        return [_campaign(row) for row in rows]


@blp.route("/api/campaigns/<uuid:campaign_id>")
class CampaignById(MethodView):
    """Read one campaign."""

    @with_api_key
    @blp.response(200, CampaignWithStats)
    def get(self, campaign_id: UUID) -> Any:
        """Read a campaign with its figures

        `stats` holds leads, cost of a lead and conversion.
        """
        row = campaign_with_figures(session(), campaign_id, scope=niche_scope())
        total = row.total
        stats = {
            "total_leads": total.leads,
            "qualified_leads": total.qualified,
            "cpl": total.cpl,
            "conversion_rate": total.conversion_rate,
        }
        return _campaign(row) | {"stats": stats}


@blp.route("/api/campaigns/<uuid:campaign_id>/status")
class CampaignStatusById(MethodView):
    """Change a campaign's status."""

    @with_api_key
    @blp.arguments(CampaignStatusBody)
    @blp.response(200, CampaignRow)
    def patch(self, body: dict[str, Any], campaign_id: UUID) -> Any:
        """Move a campaign to another status

        A move that is not allowed is refused with 409, which names the allowed ones. Live readers get an event.
        """
        campaign = get_campaign(session(), campaign_id, lock=True, scope=niche_scope())
        if change_status(session(), campaign, body["status"]):
            announce_campaign(campaign)
        return _campaign(campaign_with_figures(session(), campaign_id))


@blp.route("/api/campaigns/<uuid:campaign_id>/ads")
class CampaignAds(MethodView):
    """List and add ads of a campaign."""

    @with_api_key
    @blp.arguments(AdBody)
    @blp.response(201, AdRow)
    def post(self, body: dict[str, Any], campaign_id: UUID) -> Any:
        """Add an ad to a campaign

        `spent` is its total cost so far; it is booked on `spent_on`, or on today.
        """
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        campaign = get_campaign(session(), campaign_id, scope=niche_scope())
        ad = create_ad(session(), campaign, body, spent, day)
        announce_stats(campaign_id)
        return _ad(ad)

    @with_api_key
    @blp.arguments(ListArgs, location="query")
    @blp.response(200, AdRow(many=True))
    def get(self, args: dict[str, Any], campaign_id: UUID) -> Any:
        """List a campaign's ads, newest first

        Each has its cost so far.
        """
        get_campaign(session(), campaign_id, scope=niche_scope())
        when = window(args)
        rows = session().execute(ads_of(campaign_id).limit(when["limit"]).offset(when["offset"]))
        return [_fields(ad) | {"spent": spent} for ad, spent in rows]


@blp.route("/api/ads/<uuid:ad_id>")
class AdById(MethodView):
    """Change one ad."""

    @with_api_key
    @blp.arguments(AdChanges)
    @blp.response(200, AdRow)
    def patch(self, body: dict[str, Any], ad_id: UUID) -> Any:
        """Change the given fields of an ad

        `spent` is the new total: its increase is booked on `spent_on`, or on today.
        """
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        ad = lock_ad(session(), ad_id, scope=niche_scope())
        change_ad(session(), ad, body, spent, day)
        if spent is not None:
            announce_stats(ad.campaign_id)
        else:
            announce_change()
        return _ad(ad)


def _campaign(row: CampaignFigures) -> dict[str, Any]:
    campaign = row.campaign
    counted = {"spent": row.total.spend, "ads_count": row.ads_count, "leads_count": row.total.leads}
    return {name: getattr(campaign, name) for name in names_of(CampaignRow) if name not in counted} | counted


def _ad(ad: Ad) -> dict[str, Any]:
    return _fields(ad) | {"spent": spent_by(session(), ad.id)}


def _fields(ad: Ad) -> dict[str, Any]:
    return {name: getattr(ad, name) for name in names_of(AdRow) if name != "spent"}
