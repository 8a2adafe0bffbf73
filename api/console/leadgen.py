"""Lead generation for administrators: niches against their targets, campaigns, prospects and why they are good."""

from datetime import timedelta
from uuid import UUID

from flask import Response, render_template, request

from api.console import charts
from api.console.access import page_for
from api.console.page import back, page_blueprint, page_number, wants_part
from api.console.speech import say
from api.db import session
from api.leadgen.announce import announce, announce_stats
from api.paging import page_of
from models.base import utc_now
from models.earnings import campaigns_with_figures, niche_earnings
from models.enums import Role
from models.errors import InvalidValueError
from models.events import EventKind
from models.messages import messages_of
from models.niches import get_niche, niches
from models.prospects import MOVES, ProspectStatus, change_status, get_prospect, prospects, touches_of

blp = page_blueprint("leadgen")

for_operators = page_for(Role.ADMIN)

PER_PAGE = 30
CAMPAIGNS = 50
CHART_DAYS = 30


@blp.get("/console/leadgen")
@for_operators
def all_niches() -> str:
    """Niches with what they cost and bring, against their targets; a script keeps the figures fresh."""
    page = page_number()
    rows, total = page_of(niches(), {"page": page, "limit": PER_PAGE})
    shown = {
        "niches": [(niche, niche_earnings(session(), niche).total) for niche in rows],
        "total": total,
        "page": page,
        "pages": max(1, -(-total // PER_PAGE)),
    }
    return render_template("console/niches_part.html" if wants_part() else "console/niches.html", **shown)


@blp.get("/console/leadgen/<uuid:niche_id>")
@for_operators
def one_niche(niche_id: UUID) -> str:
    niche = get_niche(session(), niche_id)
    earned = niche_earnings(session(), niche)
    last = utc_now().date()
    days = [last - timedelta(days=back_) for back_ in range(CHART_DAYS - 1, -1, -1)]
    by_day = {part.day: part.figures.leads for part in earned.by_day}
    newest, _ = page_of(prospects(niche_id=niche.id), {"page": 1, "limit": 20})
    return render_template(
        "console/niche.html",
        niche=niche,
        total=earned.total,
        chart=charts.columns(
            [(f"{day:%d.%m}", by_day.get(day, 0)) for day in days], say("Leads by day"), every=CHART_DAYS // 6
        ),
        campaigns=campaigns_with_figures(session(), niche_id=niche.id, platform=None, limit=CAMPAIGNS, offset=0),
        prospects=newest,
    )


@blp.get("/console/leadgen/prospects")
@for_operators
def all_prospects() -> str:
    raw = request.args.get("status")
    status = ProspectStatus(raw) if raw in list(ProspectStatus) else None
    page = page_number()
    rows, total = page_of(prospects(status=status), {"page": page, "limit": PER_PAGE})
    return render_template(
        "console/prospects.html",
        prospects=rows,
        status=status,
        statuses=list(ProspectStatus),
        total=total,
        page=page,
        pages=max(1, -(-total // PER_PAGE)),
    )


@blp.get("/console/leadgen/prospects/<uuid:prospect_id>")
@for_operators
def one_prospect(prospect_id: UUID) -> str:
    """The conversation, and what each criterion adds to the quality; a script asks for what came since."""
    prospect = get_prospect(session(), prospect_id)
    return render_template(
        "console/prospect_part.html" if wants_part() else "console/prospect.html",
        prospect=prospect,
        messages=session().scalars(messages_of(prospect_id)).all(),
        touches=touches_of(session(), prospect),
        moves=sorted(MOVES[prospect.status], key=list(ProspectStatus).index),
    )


@blp.post("/console/leadgen/prospects/<uuid:prospect_id>")
@for_operators
def move(prospect_id: UUID) -> Response:
    status = request.form.get("status", "")
    if status not in list(ProspectStatus):
        raise InvalidValueError("status", "Choose a status.")
    prospect = get_prospect(session(), prospect_id, lock=True)
    if change_status(session(), prospect, ProspectStatus(status)):
        announce(
            EventKind.LEAD_STATUS,
            lead_id=str(prospect.id),
            status=prospect.status,
            campaign_id=prospect.campaign_id and str(prospect.campaign_id),
            niche_id=prospect.niche_id and str(prospect.niche_id),
        )
        announce_stats(prospect.campaign_id)
    return back(f"/console/leadgen/prospects/{prospect_id}", "changed")
