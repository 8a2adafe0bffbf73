"""Selections of a lead's homes, sent to its client as a link (api/console/realtors/client_selection.py)."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, PageArgs, shown_word
from api.http.db import only_reads, session
from api.http.fields import IdText, Moment, Text, Whole
from api.http.paging import page_of
from api.http.services import services
from models.core.base import database_now
from models.core.enums import ActionKind
from models.deals.selections import (
    MAX_DAYS,
    MAX_HOMES,
    MAX_WORDS,
    MAX_WORDS_OF_HOME,
    USUAL_DAYS,
    SelectedHome,
    Selection,
    create_selection,
    homes_of,
    homes_on_market,
    is_open,
    owned_selection,
    selections_of,
    withdraw_selection,
)

blp = Blueprint("selections", __name__, description="Homes that a realtor sends to a client, and the answers")


class PickedHome(Body):
    property_id = IdText(required=True)
    words = Text(MAX_WORDS_OF_HOME, empty=True, allow_none=True)


class SelectionBody(Body):
    homes = fields.List(fields.Nested(PickedHome), required=True, validate=validate.Length(min=1, max=MAX_HOMES))
    words = Text(MAX_WORDS, empty=True, allow_none=True, metadata={"description": "A text about the whole selection."})
    days = Whole(
        1,
        MAX_DAYS,
        load_default=USUAL_DAYS,
        allow_none=True,
        metadata={"description": "How long the link is valid; null: until it is withdrawn."},
    )


class AnsweredHome(Body):
    property_id = IdText()
    words = fields.String(allow_none=True)
    on_market = fields.Boolean(metadata={"description": "False: the client sees that the home is no longer on offer."})
    answer = shown_word(ActionKind, allow_none=True)
    question = fields.String(allow_none=True)
    answered_at = Moment(allow_none=True)


class SelectionRow(Body):
    id = IdText()
    link = fields.String(metadata={"description": "For the client. Anybody who knows it sees the selection."})
    holds = fields.Boolean(metadata={"description": "Whether the link opens the selection."})
    words = fields.String(allow_none=True)
    expires_at = Moment(allow_none=True)
    withdrawn_at = Moment(allow_none=True)
    created_at = Moment()
    homes = fields.List(fields.Nested(AnsweredHome))


class SelectionRows(Body):
    selections = fields.List(fields.Nested(SelectionRow))
    total = fields.Integer()
    page = fields.Integer()


@blp.route("/leads/<int:lead_id>/selections")
class Selections(MethodView):
    """The selections of one of my leads."""

    @signed_in
    @blp.arguments(SelectionBody)
    @blp.response(201, SelectionRow)
    def post(self, body: dict[str, Any], lead_id: int) -> Any:
        """Create a selection of homes for a lead's client

        The homes must be on the lead's market; the caller's own are allowed. The answer holds the link for the client.
        """
        picked = [SelectedHome(home["property_id"], home.get("words")) for home in body["homes"]]
        made = create_selection(session(), current_user(), lead_id, picked, words=body.get("words"), days=body["days"])
        session().refresh(made)
        return shown_selections([made])[0]

    @signed_in
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, SelectionRows)
    def get(self, args: dict[str, Any], lead_id: int) -> Any:
        """List the selections of a lead, newest first

        With the client's answers so far.
        """
        rows, total = page_of(selections_of(session(), current_user(), lead_id), args)
        return {"selections": shown_selections(rows), "total": total, "page": args["page"]}


@blp.route("/leads/<int:lead_id>/selections/<int:selection_id>")
class SelectionById(MethodView):
    """One selection."""

    @signed_in
    @only_reads
    @blp.response(200, SelectionRow)
    def get(self, lead_id: int, selection_id: int) -> Any:
        """Read a selection

        With the client's answers so far.
        """
        return shown_selections([owned_selection(session(), current_user(), lead_id, selection_id)])[0]

    @signed_in
    @blp.response(200, SelectionRow)
    def delete(self, lead_id: int, selection_id: int) -> Any:
        """Revoke a selection

        Its link answers 404 from then on; the answers are kept. Revoking it again changes nothing.
        """
        return shown_selections([withdraw_selection(session(), current_user(), lead_id, selection_id)])[0]


def link_of(selection: Selection) -> str:
    """The absolute URL of the client's page."""
    return f"{services().settings.public_url}/s/{selection.token}"


def shown_selections(selections: list[Selection]) -> list[dict[str, Any]]:
    """Selections as their realtor sees them."""
    on_offer = homes_on_market(session(), homes_of(session(), selections))
    now = database_now(session())
    return [
        {
            "id": selection.id,
            "link": link_of(selection),
            "holds": is_open(selection, now),
            "words": selection.words,
            "expires_at": selection.expires_at,
            "withdrawn_at": selection.withdrawn_at,
            "created_at": selection.created_at,
            "homes": [
                {
                    "property_id": home.property_id,
                    "words": home.words,
                    "on_market": home.property_id in on_offer,
                    "answer": home.answer,
                    "question": home.question,
                    "answered_at": home.answered_at,
                }
                for home in selection.homes
            ],
        }
        for selection in selections
    ]
