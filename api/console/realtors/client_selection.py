"""The page of a selection that a lead's client opens by its link: on a phone, without an account, cookies or scripts.

The token in the address is the only key. Anybody who could forge a request already knows it, so the forms have no CSRF
token. The page shows neither the other realtor nor the house number, and omits the listing's text, which may contain
contacts.
"""

from typing import cast

from flask import Response, redirect, render_template, request

from api.console.kit.formatting import public_address
from api.console.kit.pages import page_blueprint
from api.console.realtors.selection_pdf import pdf_answer
from api.http.access import public
from api.http.db import session
from api.http.request_state import current
from models.core.enums import ActionKind
from models.core.errors import InvalidValueError
from models.deals.selection_answers import answer_home, ask_about_home
from models.deals.selections import MAX_QUESTION, homes_of, homes_on_market, opened_selection

blp = page_blueprint("client_selection")

#: The values of the buttons: the client's answer, or its withdrawal.
ANSWERS = {"LIKE": ActionKind.LIKE, "DISLIKE": ActionKind.DISLIKE, "NONE": None}


@blp.after_request
def _keep_private(response: Response) -> Response:
    """Headers that keep the page private: not indexed, no referrer, no cookie."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    current().new_guest = None
    return response


@blp.get("/s/<token>")
@public
def selection_page(token: str) -> str:
    selection, lead, owner = opened_selection(session(), token)
    homes = homes_of(session(), [selection])
    return render_template(
        "console/client_selection.html",
        selection=selection,
        homes=homes,
        on_offer=homes_on_market(session(), homes, lead),
        realtor=owner,
        token=token,
        longest=MAX_QUESTION,
        address_of=public_address,
    )


@blp.get("/s/<token>/pdf")
@public
def as_pdf(token: str) -> Response:
    """The selection as a PDF with the page's contents."""
    selection, lead, owner = opened_selection(session(), token)
    homes = homes_of(session(), [selection])
    return pdf_answer(selection, owner, homes, homes_on_market(session(), homes, lead), for_client=True)


@blp.post("/s/<token>/homes/<int:property_id>")
@public
def answer(token: str, property_id: int) -> Response:
    """Store a mark or a question, and return to its place on the page."""
    answer_given = request.form.get("answer")
    if answer_given is not None:
        if answer_given not in ANSWERS:
            raise InvalidValueError("answer", "selection.choose_answer")
        answer_home(session(), token, property_id, ANSWERS[answer_given])
    else:
        ask_about_home(session(), token, property_id, request.form.get("question", ""))
    return cast(Response, redirect(f"/s/{token}#home-{property_id}", 303))
