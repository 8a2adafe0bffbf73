"""The feed: the next listing, what the user does about it, and taking that back.

`/feed/next` reads the stored list of the user's preferences. A list is stale for a moment after the preferences change,
and the answer to `POST /preferences` must not be followed by a null: the worker is asked for that one list (it was
asked already when the change was committed) and the request waits for it, without a database connection and for at most
:data:`PATIENCE_SECONDS`. Should the worker be busy or away, the listing nearest to the budget is shown until the
list is there; after :data:`HOPEFUL_SECONDS` nobody waits any more.
"""

import logging
import time
from typing import Any

from flask import jsonify
from flask.views import MethodView
from marshmallow import fields
from redis.exceptions import RedisError

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, StatusOk, one_of, or_null
from api.http.db import session
from api.http.fields import IdNumber, Text
from api.http.services import services
from api.http.tasks import rescore_lead
from api.swipe.listing_words import listing_row
from api.swipe.listings import Listing
from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import FeedActionKind
from models.deals.feed import Next, act_in_feed, list_is_stale, mark_stale, next_listing, roughly_fitting, undo
from models.market.leads import Lead
from models.market.listings import listing_on_market
from models.market.properties import Property

log = logging.getLogger(__name__)

blp = Blueprint("feed", __name__, description="Listings one at a time, best first")

PATIENCE_SECONDS = 2.0
#: A list that is stale for so long will not come within a moment either.
HOPEFUL_SECONDS = 5.0
GLANCE_SECONDS = 0.02, 0.1  # between looks at first, and at most
#: One refill is asked for at a time.
REFILL_PAUSE_SECONDS = 10


class FeedActionBody(Body):
    listing_id = IdNumber(required=True)
    action = one_of(FeedActionKind, required=True)
    source = Text(32, load_default="web", metadata={"description": "web, telegram, ..."})


class Undone(Body):
    status = fields.String()
    listing_id = fields.Integer()
    action = fields.String(metadata={"description": "What was taken back."})


@blp.route("/feed/next")
class FeedNext(MethodView):
    """The card on top."""

    @signed_in
    @blp.response(200, Listing, description="The listing, or null.")
    @blp.doc(**or_null(Listing))
    def get(self) -> Any:
        """Show the best listing that I have not acted on; null when all are seen

        By the caller's preferences, best first; without preferences the newest listing. Reading it is no action: the
        same one comes again until it is acted on.
        """
        listing = listing_to_show(current_user())
        return listing_row(listing) if listing else jsonify(None)


def listing_to_show(user: User) -> Property | None:
    """The listing that comes next, waited for if the list is just being made; None when all are seen."""
    found = next_listing(session(), user)
    if found.preference is not None and found.listing is None and found.refill_is_due:
        # A whole list is used up: the next one starts where it ended.
        mark_stale(session(), found.preference)
        session().commit()
        found = _fresh(found.preference, age_seconds=0)
    elif found.preference is not None and found.is_stale:
        found = _fresh(found.preference, (database_now(session()) - found.preference.updated_at).total_seconds())
    elif found.preference is not None and found.refill_is_due:
        _refill_soon(found.preference)
    return found.listing


@blp.route("/feed/action")
class FeedAct(MethodView):
    """What the caller says of the card."""

    @signed_in
    @blp.arguments(FeedActionBody)
    @blp.response(200, StatusOk)
    @blp.alt_response(403, description="The listing is the caller's own.")
    @blp.alt_response(404, description="There is no such listing on the market.")
    def post(self, body: dict[str, Any]) -> Any:
        """Like, dislike or keep a listing

        A like sends the owner an inquiry, once; a favorite adds the listing to the favourites. Acting again on the same
        listing replaces what was said.
        """
        listing = listing_on_market(session(), body["listing_id"])
        act_in_feed(session(), current_user(), listing, body["action"], body["source"])
        return {"status": "ok"}


@blp.route("/feed/undo")
class FeedUndo(MethodView):
    """Second thoughts."""

    @signed_in
    @blp.response(200, Undone)
    @blp.alt_response(404, description="There is no action to take back.")
    def post(self) -> Any:
        """Take my last action back; the listing is in the feed again

        An inquiry that the like has sent is withdrawn as long as it is new, and a favourite that it has added is
        removed.
        """
        last = undo(session(), current_user())
        return {"status": "ok", "listing_id": last.property_id, "action": last.action}


def _fresh(preference: Lead, age_seconds: float) -> Next:
    """What is next once the list is there; what nearly fits if it does not come in time."""
    user = current_user()
    if age_seconds < HOPEFUL_SECONDS:
        services().worker.lead_changed(preference.id)
        if _wait_for_list(preference.id):
            return next_listing(session(), user)
    log.info("feed_without_list", extra={"lead_id": preference.id})
    return Next(roughly_fitting(session(), user, preference), preference)


def _wait_for_list(lead_id: int) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    pause, longest = GLANCE_SECONDS
    while list_is_stale(session(), lead_id):
        session().commit()  # gives the connection back: waiting must not starve the pool
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, longest)
    session().commit()
    return True


def _refill_soon(preference: Lead) -> None:
    redis = services().redis
    try:
        if not redis.set(f"feed:refill:{preference.id}", 1, nx=True, ex=REFILL_PAUSE_SECONDS):
            return
    except RedisError:
        return  # the broker is away too; the list is refilled when it is used up
    rescore_lead(preference)
