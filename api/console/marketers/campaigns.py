"""A niche's campaigns and their ads: figures, and the forms that create and change them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from markupsafe import Markup

from api.console.kit import charts, forms
from api.console.kit.access import page_for
from api.console.kit.form_definitions import plain_text, with_choices
from api.console.kit.forms import Control
from api.console.kit.i18n import translate, translate_fault
from api.console.kit.pages import back, page_blueprint, wants_part
from api.console.marketers.advertising import (
    AD,
    AD_CHANGES,
    CAMPAIGN,
    CAMPAIGN_CHANGES,
    AdChangesForm,
    AdOfNicheForm,
    CampaignChangesForm,
    CampaignForm,
    statuses_after,
    values_of,
)
from api.http.db import session
from api.http.table_files import TableFormat, table_file
from api.leadgen.ad_figures import set_ad_figures
from api.leadgen.announce import announce_campaign, announce_change, announce_stats
from api.leadgen.campaigns import AdBody
from api.leadgen.csv_import import FileRefused
from models.core.base import utc_now
from models.core.enums import ADVERTISING_ROLES
from models.core.errors import InvalidValueError
from models.leadgen.ad_days import AdDay, ad_days, total_of_days
from models.leadgen.ads import MOVES as AD_MOVES
from models.leadgen.ads import Ad, ads_of, change_ad, create_ad, lock_ad, spent_by
from models.leadgen.campaigns import (
    MOVES,
    Campaign,
    CampaignStatus,
    campaigns,
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
#: The selectable periods of a campaign's series in days, and the default.
PERIODS = (7, 30, 90)
USUAL_PERIOD = 30


@blp.get("/console/leadgen/campaigns/<uuid:campaign_id>")
@for_marketers
def campaign_page(campaign_id: UUID) -> str:
    """A campaign's costs and results, and its ads, the newest first."""
    return _campaign_page(campaign_id)


@blp.post("/console/leadgen/campaigns/<uuid:campaign_id>/figures")
@for_marketers
def import_ad_figures(campaign_id: UUID) -> Response | tuple[str, int]:
    """Import a file of impressions, clicks and costs; errors are shown on the page."""
    get_campaign(session(), campaign_id)
    try:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise FileRefused({"files": {"file": ["csv.one_file"]}})
        set_ad_figures(file.stream)
    except FileRefused as error:
        session().rollback()
        return _campaign_page(campaign_id, mistake_sentences(error)), 400
    return back(f"/console/leadgen/campaigns/{campaign_id}", "saved")


@blp.get("/console/leadgen/campaigns/<uuid:campaign_id>/figures.csv")
@for_marketers
def ad_figures_file(campaign_id: UUID) -> Response:
    """The campaign's ads with their figures, as a file to complete and import again."""
    get_campaign(session(), campaign_id)
    rows = [
        [str(ad.id), ad.title, ad.impressions, ad.clicks, spent]
        for ad, spent in session().execute(ads_of(campaign_id).limit(MAX_ADS))
    ]
    return table_file("ads", TableFormat.CSV, ("ad_id", "title", "impressions", "clicks", "spent"), rows)


def mistake_sentences(error: FileRefused) -> str:
    """The first errors of a file, in the page's language."""
    sentences = []
    for line_name, faults in next(iter(error.data["messages"].values())).items():
        fields_ = faults.items() if isinstance(faults, dict) else [(line_name, faults)]
        line = line_name.replace("line", translate("Line"), 1)
        sentences += [f"{line}: {name}: {translate_fault(each)}" for name, reasons in fields_ for each in reasons]
    return "; ".join(sentences[:5])


def _campaign_page(campaign_id: UUID, wrong_file: str | None = None) -> str:
    counted = campaign_with_figures(session(), campaign_id)
    period = requested_days()
    last = utc_now().date()
    first = last - timedelta(days=period - 1)
    days = ad_days(session(), campaign_id, first - timedelta(days=period), last)
    return render_template(
        "console/campaign_part.html" if wants_part() else "console/campaign.html",
        campaign=counted.campaign,
        niche=get_niche(session(), counted.campaign.niche_id),
        total=counted.total,
        ads=session().execute(ads_of(campaign_id).limit(MAX_ADS)).all(),
        ads_count=counted.ads_count,
        wrong_file=wrong_file,
        period=period,
        periods=PERIODS,
        days={day: figures for day, figures in days.items() if day >= first},
        of_period=total_of_days([figures for day, figures in days.items() if day >= first]),
        before=total_of_days([figures for day, figures in days.items() if day < first]),
        chart_of=_chart_of,
    )


def requested_days() -> int:
    """The number of days in the address; :data:`USUAL_PERIOD` if it is missing or not offered."""
    raw = request.args.get("days", "")
    return int(raw) if raw in map(str, PERIODS) else USUAL_PERIOD


def _chart_of(days: Mapping[date, AdDay], name: str, label: str) -> Markup:
    """One figure by day; negative corrections appear only in the table."""
    rows = [(f"{day:%d.%m}", max(0, getattr(figures, name))) for day, figures in days.items()]
    return charts.columns(rows, label, every=max(1, len(rows) // 6), whole=name != "spend")


@blp.route("/console/leadgen/<uuid:niche_id>/campaigns/new", methods=["GET", "POST"])
@for_marketers
def new_campaign(niche_id: UUID) -> Response | str | tuple[str, int]:
    niche = get_niche(session(), niche_id)
    texts: dict[str, Any] = {
        "title": translate("New campaign"),
        "cancel": f"/console/leadgen/{niche.id}",
        "creates": True,
    }
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
    texts: dict[str, Any] = {"title": translate("Edit campaign"), "cancel": home}
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
    """Start, pause or end a campaign."""
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
    texts: dict[str, Any] = {"title": translate("New ad"), "cancel": home, "creates": True}
    if request.method == "GET":
        return _form(AD, forms.Filled({}), **texts)

    def add(body: dict[str, Any]) -> Ad:
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        return create_ad(session(), campaign, body, spent, day)

    made, filled = forms.send(AdBody(), AD, request.form, add)
    if made is None:
        return _form(AD, filled, **texts), 400
    announce_stats(campaign.id)
    return back(home, "saved")


@blp.route("/console/leadgen/<uuid:niche_id>/ads/new", methods=["GET", "POST"])
@for_marketers
def new_ad_of_niche(niche_id: UUID) -> Response | str | tuple[str, int]:
    """The form of an ad for one of the niche's campaigns."""
    niche = get_niche(session(), niche_id)
    rows = session().scalars(campaigns().where(Campaign.niche_id == niche.id).limit(MAX_ADS))
    names = {str(row.id): row.name for row in rows}
    controls = [Control("campaign_id", "Campaign", "choice", choices=tuple(names), labels=names, wide=True), *AD]
    texts: dict[str, Any] = {"title": translate("New ad"), "cancel": f"/console/leadgen/{niche.id}", "creates": True}
    if request.method == "GET":
        return _form(controls, forms.Filled(), **texts)

    def add(body: dict[str, Any]) -> Ad:
        campaign_id = body.pop("campaign_id")
        if str(campaign_id) not in names:
            raise InvalidValueError("campaign_id", "campaign.not_found")
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        return create_ad(session(), get_campaign(session(), campaign_id), body, spent, day)

    ad, filled = forms.send(AdOfNicheForm(), controls, request.form, add)
    if ad is None:
        return _form(controls, filled, **texts), 400
    announce_stats(ad.campaign_id)
    return back(f"/console/leadgen/campaigns/{ad.campaign_id}", "saved")


@blp.route("/console/leadgen/ads/<uuid:ad_id>/edit", methods=["GET", "POST"])
@for_marketers
def edit_ad(ad_id: UUID) -> Response | str | tuple[str, int]:
    ad = lock_ad(session(), ad_id)
    home = f"/console/leadgen/campaigns/{ad.campaign_id}"
    controls = with_choices(AD_CHANGES, "status", statuses_after(ad.status, AD_MOVES))
    texts: dict[str, Any] = {"title": translate("Edit ad"), "cancel": home}
    if request.method == "GET":
        filled = forms.Filled(
            values_of(ad, controls) | {"spent": plain_text(spent_by(session(), ad.id)), "spent_on": ""}
        )
        return _form(controls, filled, **texts)

    def change(body: dict[str, Any]) -> None:
        spent, day = body.pop("spent", None), body.pop("spent_on", None)
        change_ad(session(), ad, {"text": None, "url": None, "impressions": None, "clicks": None} | body, spent, day)

    _, filled = forms.send(AdChangesForm(), controls, request.form, change)
    if filled.errors:
        return _form(controls, filled, **texts), 400
    announce_stats(ad.campaign_id)
    return back(home, "saved")


def _form(
    controls: list[forms.Control], filled: forms.Filled, *, title: str, cancel: str, creates: bool = False
) -> str:
    return forms.show(
        [(title, controls)], filled, title=title, cancel=cancel, menu_path="/console/leadgen", creates=creates
    )
