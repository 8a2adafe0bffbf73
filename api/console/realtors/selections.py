"""A realtor's selections of a lead's homes: choosing, text, link, and the client's answers."""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request

from api.console.kit import form_keys
from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, listed, page_blueprint, wants_part
from api.console.kit.row_ids import ids_in
from api.console.kit.unread import read_news
from api.console.realtors.selection_pdf import pdf_answer
from api.exchange.selections import link_of
from api.http.db import session
from models.accounts.notifications import NotificationType
from models.core.base import database_now
from models.core.enums import SUPPLY_ROLES, ActionKind, Side
from models.core.errors import InvalidValueError, NotFoundError
from models.deals.matches import act
from models.deals.selection_marks import marks_of
from models.deals.selections import (
    MAX_HOMES,
    MAX_WORDS,
    MAX_WORDS_OF_HOME,
    USUAL_DAYS,
    SelectedHome,
    create_selection,
    homes_of,
    homes_on_market,
    is_open,
    offered_homes,
    owned_selection,
    selections_of,
    withdraw_selection,
)
from models.market.leads import owned_lead

blp = page_blueprint("selections")

for_realtors = page_for(*SUPPLY_ROLES)

PER_PAGE = 10
#: The selectable validity of a link, in days; 0: until it is revoked.
TERMS = (7, 14, 30, 90, 0)


@blp.get("/console/leads/<int:lead_id>/selections")
@for_realtors
def all_selections(lead_id: int) -> str:
    """The lead's selections with the answers, the newest first; new answers appear live."""
    lead = owned_lead(session(), visitor(), lead_id)
    selections, pager = listed(selections_of(session(), visitor(), lead_id), PER_PAGE)
    read_news(NotificationType.SELECTION_ANSWERED, selection_id=[each.id for each in selections])
    homes = homes_of(session(), selections)
    now = database_now(session())
    return render_template(
        "console/selections.html",
        part=wants_part(),
        lead=lead,
        selections=selections,
        homes=homes,
        on_offer=homes_on_market(session(), homes),
        marks=marks_of(session(), lead, homes),
        links={each.id: link_of(each) for each in selections},
        open_ids={each.id for each in selections if is_open(each, now)},
        **pager,
    )


@blp.get("/console/leads/<int:lead_id>/selections/new")
@for_realtors
def new_selection(lead_id: int) -> str:
    """The homes ticked in the list, with fields for text."""
    lead = owned_lead(session(), visitor(), lead_id)
    ids = ids_in(request.args.getlist("home"))[: MAX_HOMES + 1]
    return _form(lead_id, lead=lead, homes=offered_homes(session(), lead, ids)[:MAX_HOMES])


@blp.post("/console/leads/<int:lead_id>/selections")
@for_realtors
def create(lead_id: int) -> Response | tuple[str, int]:
    ids = ids_in(request.form.getlist("home"))
    picked = [SelectedHome(each, _words(f"words-{each}", MAX_WORDS_OF_HOME)) for each in ids]
    days = request.form.get("days", "")
    if days not in map(str, TERMS):
        raise InvalidValueError("days", "selection.choose_term")
    if form_keys.claim() is not None:
        lead = owned_lead(session(), visitor(), lead_id)
        homes = offered_homes(session(), lead, ids[: MAX_HOMES + 1])[:MAX_HOMES]
        return _form(lead_id, lead=lead, homes=homes, given=request.form), 409
    made = create_selection(
        session(), visitor(), lead_id, picked, words=_words("words", MAX_WORDS), days=int(days) or None
    )
    return back(f"/console/leads/{lead_id}/selections", "selection_made", made=made.id)


@blp.get("/console/leads/<int:lead_id>/selections/<int:selection_id>/pdf")
@for_realtors
def as_pdf(lead_id: int, selection_id: int) -> Response:
    """The selection as the PDF that the client may download."""
    selection = owned_selection(session(), visitor(), lead_id, selection_id)
    homes = homes_of(session(), [selection])
    on_offer = homes_on_market(session(), homes, owned_lead(session(), visitor(), lead_id))
    return pdf_answer(selection, visitor(), homes, on_offer, for_client=False)


@blp.post("/console/leads/<int:lead_id>/selections/<int:selection_id>/withdraw")
@for_realtors
def withdraw(lead_id: int, selection_id: int) -> Response:
    withdraw_selection(session(), visitor(), lead_id, selection_id)
    return back(f"/console/leads/{lead_id}/selections", "selection_withdrawn")


@blp.post("/console/leads/<int:lead_id>/selections/<int:selection_id>/homes/<int:property_id>/like")
@for_realtors
def like(lead_id: int, selection_id: int, property_id: int) -> Response:
    """Turn the client's mark into the realtor's own like, of which the other side is notified."""
    selection = owned_selection(session(), visitor(), lead_id, selection_id)
    if all(home.property_id != property_id for home in selection.homes):
        raise NotFoundError("property")
    act(session(), visitor(), Side.LEAD, lead_id=lead_id, property_id=property_id, kind=ActionKind.LIKE)
    return back(f"/console/leads/{lead_id}/selections", "liked")


def _form(lead_id: int, given: Mapping[str, str] | None = None, **shown: Any) -> str:
    """The form of a selection.

    Args:
        given: The texts of a form that was already saved with others.
    """
    return render_template("console/selection_new.html", terms=TERMS, usual=USUAL_DAYS, given=given or {}, **shown)


def _words(name: str, longest: int) -> str | None:
    text = request.form.get(name, "").replace("\r\n", "\n").strip()
    if len(text) > longest:
        raise InvalidValueError(name, "text.too_long", max=longest)
    return text or None
