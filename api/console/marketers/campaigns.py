"""Campaigns of a niche and the ads in them: their figures, the forms that make and change them."""

from typing import Any
from uuid import UUID

from flask import Response, render_template, request

from api.console.kit import forms
from api.console.kit.access import page_for
from api.console.kit.form_definitions import plain_text, with_choices
from api.console.kit.i18n import translate
from api.console.kit.pages import back, page_blueprint, wants_part
from api.console.marketers.advertising import (
    AD,
    AD_CHANGES,
    CAMPAIGN,
    CAMPAIGN_CHANGES,
    AdChangesForm,
    CampaignChangesForm,
    CampaignForm,
    statuses_after,
    values_of,
)
from api.http.db import session
from api.leadgen.announce import announce_campaign, announce_change, announce_stats
from api.leadgen.campaigns import AdBody
from models.core.enums import ADVERTISING_ROLES
from models.leadgen.ads import MOVES as AD_MOVES
from models.leadgen.ads import Ad, ads_of, change_ad, create_ad, lock_ad, spent_by
from models.leadgen.campaigns import (
    MOVES,
    CampaignStatus,
    change_campaign,
    change_status,
    create_campaign,
    get_campaign,
)
from models.leadgen.earnings import campaign_with_figures
from models.leadgen.niches import get_niche

blp = page_blueprint("campaigns")

for_marketers = page_for(*ADVERTISING_ROLES)

MAX_ADS = 200


@blp.get("/console/leadgen/campaigns/<uuid:campaign_id>")
@for_marketers
def one_campaign(campaign_id: UUID) -> str:
    """What a campaign costs and brings, and its ads, the newest first."""
    found = campaign_with_figures(session(), campaign_id)
    return render_template(
        "console/campaign_part.html" if wants_part() else "console/campaign.html",
        campaign=found.campaign,
        niche=get_niche(session(), found.campaign.niche_id),
        total=found.total,
        ads=session().execute(ads_of(campaign_id).limit(MAX_ADS)).all(),
        ads_count=found.ads_count,
    )


@blp.route("/console/leadgen/<uuid:niche_id>/campaigns/new", methods=["GET", "POST"])
@for_marketers
def new_campaign(niche_id: UUID) -> Response | str | tuple[str, int]:
    niche = get_niche(session(), niche_id)
    texts = {"title": translate("New campaign"), "cancel": f"/console/leadgen/{niche.id}"}
    if request.method == "GET":
        return _form(CAMPAIGN, forms.Filled({"platform": "olx"}), **texts)
    made, filled = forms.send(
        CampaignForm(), CAMPAIGN, request.form, lambda body: create_campaign(session(), body | {"niche_id": niche.id})
    )
    if made is None:
        return _form(CAMPAIGN, filled, **texts), 400
    announce_change()
    return back(f"/console/leadgen/campaigns/{made.id}", "saved")


@blp.route("/console/leadgen/campaigns/<uuid:campaign_id>/edit", methods=["GET", "POST"])
@for_marketers
def edit_campaign(campaign_id: UUID) -> Response | str | tuple[str, int]:
    campaign = get_campaign(session(), campaign_id, lock=request.method == "POST")
    home = f"/console/leadgen/campaigns/{campaign.id}"
    controls = with_choices(CAMPAIGN_CHANGES, "status", statuses_after(campaign.status, MOVES))
    texts = {"title": translate("Edit campaign"), "cancel": home}
    if request.method == "GET":
        return _form(controls, forms.Filled(values_of(campaign, controls)), **texts)
    before = campaign.status
    _, filled = forms.send(
        CampaignChangesForm(), controls, request.form, lambda body: change_campaign(session(), campaign, body)
    )
    if filled.errors:
        return _form(controls, filled, **texts), 400
    if campaign.status is not before:
        announce_campaign(campaign)
    else:
        announce_change()
    return back(home, "saved")


@blp.post("/console/leadgen/campaigns/<uuid:campaign_id>/status")
@for_marketers
def move_campaign(campaign_id: UUID) -> Response:
    """Start, pause or end it, by one button of its page."""
    campaign = get_campaign(session(), campaign_id, lock=True)
    status = forms.one_of(CampaignStatus, request.form.get("status"), "status", "status.choose")
    if change_status(session(), campaign, status):
        announce_campaign(campaign)
    return back(f"/console/leadgen/campaigns/{campaign_id}", "changed")


@blp.route("/console/leadgen/campaigns/<uuid:campaign_id>/ads/new", methods=["GET", "POST"])
@for_marketers
def new_ad(campaign_id: UUID) -> Response | str | tuple[str, int]:
    campaign = get_campaign(session(), campaign_id)
    home = f"/console/leadgen/campaigns/{campaign.id}"
    texts = {"title": translate("New ad"), "cancel": home}
    if request.method == "GET":
        return _form(AD, forms.Filled({}), **texts)

    def add(body: dict[str, Any]) -> Ad:
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        return create_ad(session(), campaign, body, spent, day)

    _, filled = forms.send(AdBody(), AD, request.form, add)
    if filled.errors:
        return _form(AD, filled, **texts), 400
    announce_stats(campaign.id)
    return back(home, "saved")


@blp.route("/console/leadgen/ads/<uuid:ad_id>/edit", methods=["GET", "POST"])
@for_marketers
def edit_ad(ad_id: UUID) -> Response | str | tuple[str, int]:
    ad = lock_ad(session(), ad_id)
    home = f"/console/leadgen/campaigns/{ad.campaign_id}"
    controls = with_choices(AD_CHANGES, "status", statuses_after(ad.status, AD_MOVES))
    texts = {"title": translate("Edit ad"), "cancel": home}
    if request.method == "GET":
        filled = forms.Filled(
            values_of(ad, controls) | {"spent": plain_text(spent_by(session(), ad.id)), "spent_on": ""}
        )
        return _form(controls, filled, **texts)

    def change(body: dict[str, Any]) -> None:
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        change_ad(session(), ad, {"text": None, "url": None} | body, spent, day)

    _, filled = forms.send(AdChangesForm(), controls, request.form, change)
    if filled.errors:
        return _form(controls, filled, **texts), 400
    announce_stats(ad.campaign_id)
    return back(home, "saved")


def _form(controls: list[forms.Control], filled: forms.Filled, *, title: str, cancel: str) -> str:
    return forms.show([(title, controls)], filled, title=title, cancel=cancel, here="/console/leadgen")
