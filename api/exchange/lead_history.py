"""A lead's history, its private shortlist, and how often its owner is notified of new recommendations."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, PageArgs, StatusOk, one_of, shown_word
from api.http.db import only_reads, session
from api.http.fields import IdText, Moment
from api.http.paging import page_of
from models.agenda.following import Frequency, frequency_of, new_counts, set_frequency
from models.agenda.history import KINDS, history_of
from models.agenda.shortlist import add_to_shortlist, remove_from_shortlist, shortlisted_homes
from models.core.enums import SUPPLY_ROLES

blp = Blueprint("lead-history", __name__, description="The history of a lead, and its private shortlist")

for_owners = for_roles(*SUPPLY_ROLES)


class HistoryRow(Body):
    at = Moment()
    kind = fields.String(validate=validate.OneOf(KINDS))
    property_id = IdText(allow_none=True)
    match_id = IdText(allow_none=True)
    task_id = IdText(allow_none=True)
    facts = fields.Dict(
        keys=fields.String(),
        metadata={"description": "By kind: a change's `fields` are names with [before, after], null for texts."},
    )


class HistoryRows(Body):
    history = fields.List(fields.Nested(HistoryRow))
    total = fields.Integer()
    page = fields.Integer()


class ShortlistRow(Body):
    property_id = IdText()
    created_at = Moment()


class ShortlistRows(Body):
    shortlist = fields.List(fields.Nested(ShortlistRow))
    total = fields.Integer()
    page = fields.Integer()


@blp.route("/leads/<int:lead_id>/history")
class History(MethodView):
    """The history of one of my leads."""

    @for_owners
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, HistoryRows)
    def get(self, args: dict[str, Any], lead_id: int) -> Any:
        """Read the history of a lead

        Latest first: changes of the lead, likes and dislikes, matches, selections and the client's answers, price cuts
        of homes that I have acted on, and tasks.
        """
        entries, total = history_of(session(), current_user(), lead_id, page=args["page"], limit=args["limit"])
        return {"history": [vars(entry) for entry in entries], "total": total, "page": args["page"]}


class FrequencyBody(Body):
    frequency = one_of(Frequency, required=True, metadata={"description": "How I am notified of new recommendations."})


class FrequencyOut(Body):
    frequency = shown_word(Frequency)
    new = fields.Integer(
        metadata={"description": "Suitable properties that have joined the list since I last opened it."}
    )


@blp.route("/leads/<int:lead_id>/notification-frequency")
class NotificationFrequencyOfLead(MethodView):
    """How often I am notified of a lead's new recommendations."""

    @for_owners
    @only_reads
    @blp.response(200, FrequencyOut)
    def get(self, lead_id: int) -> Any:
        """Read how often I am notified of a lead's new recommendations

        DAILY by default. `new` counts since the lead's page was last opened in the console.
        """
        return shown_frequency(lead_id)

    @for_owners
    @blp.arguments(FrequencyBody)
    @blp.response(200, FrequencyOut)
    def put(self, body: dict[str, Any], lead_id: int) -> Any:
        """Choose how often I am notified of a lead's new recommendations

        AT_ONCE: within a minute of the list, at most every ten minutes; DAILY: one digest of all leads in my morning.
        """
        set_frequency(session(), current_user(), lead_id, body["frequency"])
        return shown_frequency(lead_id)


def shown_frequency(lead_id: int) -> dict[str, Any]:
    """How often the caller is notified of one lead's recommendations, and how many of them are new."""
    frequency = frequency_of(session(), current_user(), lead_id)
    return {"frequency": frequency, "new": new_counts(session(), [lead_id]).get(lead_id, 0)}


@blp.route("/leads/<int:lead_id>/shortlist")
class Shortlist(MethodView):
    """The private shortlist of one of my leads."""

    @for_owners
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, ShortlistRows)
    def get(self, args: dict[str, Any], lead_id: int) -> Any:
        """List the shortlist of a lead

        Nobody else sees it. Latest first, including homes that have left the market.
        """
        rows, total = page_of(shortlisted_homes(session(), current_user(), lead_id), args)
        shortlist = [{"property_id": listing.id, "created_at": created_at} for listing, created_at in rows]
        return {"shortlist": shortlist, "total": total, "page": args["page"]}


@blp.route("/leads/<int:lead_id>/shortlist/<int:property_id>")
class ShortlistedById(MethodView):
    """One home on a shortlist."""

    @for_owners
    @blp.response(200, StatusOk)
    @blp.alt_response(409, description="The shortlist is full.")
    def put(self, lead_id: int, property_id: int) -> Any:
        """Put a home on a lead's shortlist

        Nobody is notified. Adding a home twice changes nothing.
        """
        add_to_shortlist(session(), current_user(), lead_id, property_id)
        return {"status": "ok"}

    @for_owners
    @blp.response(200, StatusOk)
    def delete(self, lead_id: int, property_id: int) -> Any:
        """Take a home off a lead's shortlist

        Removing it twice changes nothing.
        """
        remove_from_shortlist(session(), current_user(), lead_id, property_id)
        return {"status": "ok"}
