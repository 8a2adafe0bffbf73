"""
Lead generation for marketers: niches against their targets, campaigns, prospects with the reasons of their quality.
"""

from datetime import timedelta
from uuid import UUID

from flask import Response, render_template, request

from api.console.kit import charts, forms
from api.console.kit.access import page_for
from api.console.kit.form_definitions import with_choices
from api.console.kit.forms import Control
from api.console.kit.i18n import translate
from api.console.kit.pages import back, chosen, listed, page_blueprint, page_number, wants_part
from api.console.marketers.advertising import (
    NICHE,
    NICHE_CHANGES,
    NicheChangesForm,
    NicheForm,
    statuses_after,
    values_of,
)
from api.console.marketers.contacts import reaches
from api.http.blueprint import Body, one_of
from api.http.db import session
from api.http.fields import money
from api.leadgen.announce import announce_change, announce_prospect
from models.core.base import utc_now
from models.core.enums import ADVERTISING_ROLES
from models.leadgen.campaigns import count_campaigns
from models.leadgen.earnings import campaigns_with_figures, niche_earnings, niche_totals
from models.leadgen.events import EventKind
from models.leadgen.messages import messages_of
from models.leadgen.niches import MOVES as NICHE_MOVES
from models.leadgen.niches import change_niche, create_niche, currencies_of, get_niche, niches
from models.leadgen.prospect_search import search_prospects
from models.leadgen.prospects import MOVES, Prospect, ProspectStatus, change_status, get_prospect, prospects, touches_of
from models.market.leads import Lead

blp = page_blueprint("leadgen")

for_marketers = page_for(*ADVERTISING_ROLES)

PER_PAGE = 30
CAMPAIGNS = 50
NEWEST = 20
CHART_DAYS = 30
#: The period of a niche's figures in days; it is compared with the period of the same length before it.
PERIODS = (7, 30, 90)

STATUS = [
    Control("status", "Move to", "choice", choices=tuple(ProspectStatus)),
    Control("revenue", "Revenue", "money", required=False),
]


class StatusForm(Body):
    status = one_of(ProspectStatus, required=True)
    revenue = money()


@blp.get("/console/leadgen")
@for_marketers
def all_niches() -> str:
    """Niches with costs and results, against their targets; a script refreshes the figures."""
    rows, pager = listed(niches(), PER_PAGE)
    totals = niche_totals(session(), [niche.id for niche in rows])
    name = "console/niches_part.html" if wants_part() else "console/niches.html"
    return render_template(name, niches=[(niche, totals[niche.id]) for niche in rows], **pager)


@blp.route("/console/leadgen/new", methods=["GET", "POST"])
@for_marketers
def new_niche() -> Response | str | tuple[str, int]:
    if request.method == "GET":
        return _niche_form(NICHE, forms.Filled(), translate("New niche"), "/console/leadgen", creates=True)
    made, filled = forms.send(NicheForm(), NICHE, request.form, lambda body: create_niche(session(), body))
    if made is None:
        return _niche_form(NICHE, filled, translate("New niche"), "/console/leadgen", creates=True), 400
    announce_change()
    return back(f"/console/leadgen/{made.id}", "saved")


@blp.route("/console/leadgen/<uuid:niche_id>/edit", methods=["GET", "POST"])
@for_marketers
def edit_niche(niche_id: UUID) -> Response | str | tuple[str, int]:
    niche = get_niche(session(), niche_id, lock=request.method == "POST")
    home = f"/console/leadgen/{niche.id}"
    controls = with_choices(NICHE_CHANGES, "status", statuses_after(niche.status, NICHE_MOVES))
    if request.method == "GET":
        return _niche_form(controls, forms.Filled(values_of(niche, controls)), translate("Edit niche"), home)
    _, filled = forms.send(
        NicheChangesForm(), controls, request.form, lambda body: change_niche(session(), niche, body)
    )
    if filled.errors:
        return _niche_form(controls, filled, translate("Edit niche"), home), 400
    announce_change()
    return back(home, "saved")


@blp.get("/console/leadgen/<uuid:niche_id>")
@for_marketers
def niche_page(niche_id: UUID) -> str:
    """A niche over a period, compared with the period before; "all time" has no comparison."""
    niche = get_niche(session(), niche_id)
    raw = request.args.get("days", "")
    period = int(raw) if raw in map(str, PERIODS) else None
    last = utc_now().date()
    first = last - timedelta(days=period - 1) if period else None
    earned = niche_earnings(session(), niche, first, last if period else None)
    before = None
    if first is not None and period:
        before = niche_earnings(session(), niche, first - timedelta(days=period), first - timedelta(days=1)).total
    shown_days = period or CHART_DAYS
    days = [last - timedelta(days=back_) for back_ in range(shown_days - 1, -1, -1)]
    leads = {part.day: part.figures.leads for part in earned.by_day}
    by_day = [(f"{day:%d.%m}", leads.get(day, 0)) for day in days]
    pages = max(1, -(-count_campaigns(session(), niche.id) // CAMPAIGNS))
    page = min(page_number(), pages)
    newest = session().scalars(prospects(niche_id=niche.id).limit(NEWEST)).all()
    return render_template(
        "console/niche_part.html" if wants_part() else "console/niche.html",
        niche=niche,
        total=earned.total,
        before=before,
        period=period,
        periods=PERIODS,
        chart=charts.columns(by_day, translate("Leads by day"), every=max(1, shown_days // 6), whole=True),
        by_day=by_day,
        campaigns=campaigns_with_figures(
            session(), niche_id=niche.id, platform=None, limit=CAMPAIGNS, offset=(page - 1) * CAMPAIGNS
        ),
        page=page,
        pages=pages,
        prospects=newest,
        currencies={niche.id: niche.currency},
    )


@blp.get("/console/leadgen/prospects")
@for_marketers
def all_prospects() -> str:
    """Prospects, filtered by words and status, newest or best first."""
    status, words = chosen(ProspectStatus, "status"), request.args.get("q", "").strip()[:100]
    best_first = request.args.get("sort") == "quality"
    rows, pager = listed(search_prospects(words, best_first=best_first, status=status), PER_PAGE)
    return render_template(
        "console/prospect_rows.html" if wants_part() else "console/prospects.html",
        prospects=rows,
        status=status,
        statuses=list(ProspectStatus),
        words=words,
        best_first=best_first,
        currencies=currencies_of(session(), {row.niche_id for row in rows if row.niche_id}),
        **pager,
    )


@blp.get("/console/leadgen/prospects/<uuid:prospect_id>")
@for_marketers
def prospect_page(prospect_id: UUID) -> str:
    """The conversation, and each criterion's share of the quality; a script polls for new messages."""
    return _prospect_page(get_prospect(session(), prospect_id))


@blp.post("/console/leadgen/prospects/<uuid:prospect_id>")
@for_marketers
def move(prospect_id: UUID) -> Response | tuple[str, int]:
    """Change a prospect's status; the status "won" accepts a revenue."""
    prospect = get_prospect(session(), prospect_id, lock=True)
    changed, filled = forms.send(
        StatusForm(),
        STATUS,
        request.form,
        lambda body: change_status(session(), prospect, body["status"], body.get("revenue")),
    )
    if filled.errors:
        return _prospect_page(prospect, filled), 400
    if changed:
        announce_prospect(EventKind.LEAD_STATUS, prospect, status=prospect.status)
    return back(f"/console/leadgen/prospects/{prospect_id}", "changed")


def _prospect_page(prospect: Prospect, filled: forms.Filled | None = None) -> str:
    return render_template(
        "console/prospect_part.html" if wants_part() else "console/prospect.html",
        prospect=prospect,
        messages=session().scalars(messages_of(prospect.id)).all(),
        currency=currencies_of(session(), {prospect.niche_id}).get(prospect.niche_id) if prospect.niche_id else None,
        goes_out=reaches(prospect),
        lead=session().get(Lead, prospect.lead_id) if prospect.lead_id else None,
        touches=touches_of(session(), prospect),
        moves=sorted(MOVES[prospect.status], key=list(ProspectStatus).index),
        filled=filled or forms.Filled(),
    )


def _niche_form(
    controls: list[Control], filled: forms.Filled, title: str, cancel: str, *, creates: bool = False
) -> str:
    return forms.show(
        [(title, controls)], filled, title=title, cancel=cancel, menu_path="/console/leadgen", creates=creates
    )
