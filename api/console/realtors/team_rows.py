"""The leads and properties of an agency's agents, for its head, and reassigning them."""

from typing import Any

from flask import Response, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import counted, translate_fault
from api.console.kit.pages import back, chosen, listed, page_blueprint
from api.console.kit.row_ids import id_in, ids_in
from api.console.realtors.home_parts import parts_of
from api.http.db import session
from api.http.tasks import rescore_lead, rescore_property
from models.accounts.users import User
from models.agencies.duplicates import duplicates_for
from models.agencies.members import headed_agency, members_of
from models.agencies.reassigning import MAX_AT_ONCE, agents_for, reassign
from models.agencies.tables import Agency
from models.agencies.visibility import TeamFilter, readable_lead, readable_property, team_rows
from models.core.enums import Role, Side, Status
from models.core.errors import InvalidValueError
from models.deals.match_board import best_scores
from models.deals.matches import match_counts

blp = page_blueprint("team_rows")

for_realtors = page_for(Role.REALTOR)

PER_PAGE = 30
#: Word of the address -> side of the rows.
SIDES = {"leads": Side.LEAD, "properties": Side.PROPERTY}


@blp.get("/console/team/leads", defaults={"what": "leads"})
@blp.get("/console/team/properties", defaults={"what": "properties"})
@for_realtors
def rows(what: str) -> str:
    """All agents' leads, or properties."""
    return _list(headed_agency(session(), visitor()), what)


@blp.post("/console/team/leads", defaults={"what": "leads"})
@blp.post("/console/team/properties", defaults={"what": "properties"})
@for_realtors
def reassign_rows(what: str) -> Response | tuple[str, int]:
    """Give the selected rows to another agent; rows that must stay are reported with the reason."""
    side = SIDES[what]
    ids = ids_in(request.form.getlist("id")[:MAX_AT_ONCE])
    if not ids:
        raise InvalidValueError("id", "several.none")
    result = reassign(session(), visitor(), side, ids, id_in(request.form.get("to", "")) or 0)
    for row in result.moved:
        (rescore_lead if side is Side.LEAD else rescore_property)(row)
    if not result.refused:
        return back(f"/console/team/{what}", "reassigned" if result.moved else "unchanged")
    refused = {row_id: translate_fault(reason) for row_id, reason in result.refused.items()}
    page = _list(headed_agency(session(), visitor()), what, refused=refused, moved=len(result.moved))
    return page, 200 if result.moved else 409


@blp.get("/console/team/leads/<int:lead_id>")
@for_realtors
def lead_page(lead_id: int) -> str:
    """An agent's lead, without the agent's private parts."""
    agency = headed_agency(session(), visitor())
    lead = readable_lead(session(), visitor(), lead_id)
    return render_template("console/realtors/team_lead.html", lead=lead, **_about(agency, Side.LEAD, lead))


@blp.get("/console/team/properties/<int:property_id>")
@for_realtors
def property_page(property_id: int) -> str:
    """An agent's property, as anybody who meets it in a list sees it."""
    agency = headed_agency(session(), visitor())
    listing = readable_property(session(), visitor(), property_id)
    about = _about(agency, Side.PROPERTY, listing)
    return render_template("console/realtors/team_home.html", listing=listing, parts=parts_of(listing), **about)


@blp.get("/console/team/duplicates")
@for_realtors
def duplicates() -> str:
    """Clients and homes that two agents both have."""
    headed_agency(session(), visitor())
    return render_template("console/realtors/team_duplicates.html", groups=duplicates_for(session(), visitor()))


def _list(agency: Agency, kind: str, *, refused: dict[int, str] | None = None, moved: int = 0) -> str:
    side = SIDES[kind]
    query = request.args
    filters = TeamFilter(
        words=query.get("q", "").strip()[:300],
        owner_id=id_in(query.get("agent", "")),
        status=chosen(Status, "status"),
    )
    shown, pager = listed(team_rows(visitor(), side, filters), PER_PAGE)
    ids = [row.id for row, _ in shown]
    return render_template(
        "console/realtors/team_rows.html",
        kind=kind,
        side=side,
        rows=shown,
        filters=filters,
        members=[user for user, _ in session().execute(members_of(agency))],
        agents=_agents(agency),
        counts=match_counts(session(), side, ids),
        best=best_scores(session(), side, ids),
        refused=refused or {},
        moved=counted(moved, "lead" if side is Side.LEAD else "property") if moved else "",
        **pager,
    )


def _about(agency: Agency, side: Side, row: Any) -> dict[str, Any]:
    return {
        "owner": session().get_one(User, row.owner_id),
        "agents": [agent for agent in _agents(agency) if agent.id != row.owner_id],
        "matches": match_counts(session(), side, [row.id]).get(row.id, 0),
        "best": best_scores(session(), side, [row.id]).get(row.id, (0, None)),
    }


def _agents(agency: Agency) -> list[User]:
    return list(session().scalars(agents_for(agency)))
