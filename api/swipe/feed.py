"""The feed: the next listing, the user's action on it, and undoing the last action.

`/feed/next` reads the stored list of the user's preferences. A list is stale for a moment after the preferences change,
but the feed must not be null directly after `POST /preferences`. So the list is requested from the worker (as it
already was when the change was committed), and the request waits for it, without a database connection and for at most
:data:`MAX_WAIT_SECONDS`. If the worker is busy or unavailable, the listing nearest to the budget is shown until the
list exists. No request waits for a list that has been stale for more than :data:`MAX_STALE_SECONDS`.
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
from api.http.fields import IdNumber, Text, moment
from api.http.home_adverts import PriceCut
from api.http.services import services
from api.http.shown_lists import count_shown
from api.http.tasks import rescore_lead
from api.swipe.listing_words import listing_row
from api.swipe.listings import Listing
from models.accounts.users import User
from models.core.base import database_now
from models.core.enums import FeedActionKind, Side
from models.deals.feed import NextListing, act_in_feed, list_is_stale, mark_stale, nearest_to_budget, next_listing, undo
from models.market.leads import Lead
from models.market.listings import listing_on_market
from models.market.price_history import price_history

log = logging.getLogger(__name__)

blp = Blueprint("feed", __name__, description="Listings one at a time, the best first")

MAX_WAIT_SECONDS = 2.0
#: Requests do not wait for a list that has been stale for longer than this.
MAX_STALE_SECONDS = 5.0
POLL_SECONDS = 0.02, 0.1  # between two polls: at first, and at most
#: A list's refill is requested at most once in this time.
REFILL_PAUSE_SECONDS = 10


class FeedActionBody(Body):
    listing_id = IdNumber(required=True)
    action = one_of(FeedActionKind, required=True)
    source = Text(32, load_default="web", metadata={"description": "web, telegram, ..."})


class Undone(Body):
    status = fields.String()
    listing_id = fields.Integer()
    action = fields.String(metadata={"description": "The action that was undone."})


class ShownListing(Listing):
    optional = ("price_cut",)

    price_cut = fields.Nested(PriceCut)


@blp.route("/feed/next")
class FeedNext(MethodView):
    """The next listing."""

    @signed_in
    @blp.response(200, ShownListing, description="The listing, or null.")
    @blp.doc(**or_null(ShownListing))
    def get(self) -> Any:
        """Read the best listing that I have not acted on; null when all are seen

        The order follows the caller's preferences, best first; without preferences, the newest listing. Reading is not
        an action: the same listing is returned until the caller acts on it.
        """
        upcoming = listing_to_show(current_user())
        if upcoming.listing and upcoming.preference:
            count_shown(Side.LEAD, upcoming.preference.id, 1)
        return shown_next(upcoming) if upcoming.listing else jsonify(None)


def shown_next(upcoming: NextListing) -> dict[str, Any]:
    """The listing of the feed, and by how much it has become cheaper since the caller disliked it."""
    assert upcoming.listing is not None
    row = listing_row(upcoming.listing)
    if upcoming.price_before is None:
        return row
    since = price_history(session(), upcoming.listing)[-1]["at"]
    return row | {"price_cut": {"from": upcoming.price_before, "to": upcoming.listing.price, "at": moment(since)}}


def listing_to_show(user: User) -> NextListing:
    """Return the next listing, waiting for a list that is being computed; with no listing when all are seen."""
    upcoming = next_listing(session(), user)
    preference = upcoming.preference
    if preference is None:
        return upcoming
    if upcoming.listing is None and upcoming.refill_is_due:
        # The whole list is used up; the next list continues where it ended.
        mark_stale(session(), preference)
        session().commit()
        return _next_of_new_list(preference, age_seconds=0)
    if upcoming.is_stale:
        age = database_now(session()) - preference.updated_at
        return _next_of_new_list(preference, age.total_seconds())
    if upcoming.refill_is_due:
        _request_refill(preference)
    return upcoming


@blp.route("/feed/action")
class FeedAct(MethodView):
    """The caller's action on a listing."""

    @signed_in
    @blp.arguments(FeedActionBody)
    @blp.response(200, StatusOk)
    @blp.alt_response(403, description="The listing is the caller's own.")
    @blp.alt_response(404, description="There is no such listing on the market.")
    def post(self, body: dict[str, Any]) -> Any:
        """Like, dislike or keep a listing

        A like sends the owner an inquiry, once; a favorite adds the listing to the favourites. A second action on the
        same listing replaces the first.
        """
        listing = listing_on_market(session(), body["listing_id"])
        act_in_feed(session(), current_user(), listing, body["action"], body["source"])
        return {"status": "ok"}


@blp.route("/feed/undo")
class FeedUndo(MethodView):
    """Undoing the caller's last action."""

    @signed_in
    @blp.response(200, Undone)
    @blp.alt_response(404, description="There is no action to undo.")
    def post(self) -> Any:
        """Undo my last action; the listing returns to the feed

        An inquiry sent by the like is withdrawn as long as it is new, and a favourite added by the action is removed.
        """
        last = undo(session(), current_user())
        return {"status": "ok", "listing_id": last.property_id, "action": last.action}


def _next_of_new_list(preference: Lead, age_seconds: float) -> NextListing:
    """
    Return the next listing of the list that is being computed, or one near the budget if the list is late.

    Args:
        age_seconds: How long the list has been stale.
    """
    user = current_user()
    if age_seconds < MAX_STALE_SECONDS:
        services().worker.lead_changed(preference.id)
        if _wait_for_list(preference.id):
            return next_listing(session(), user)
    log.info("feed_without_list", extra={"lead_id": preference.id})
    return NextListing(nearest_to_budget(session(), user, preference), preference)


def _wait_for_list(lead_id: int) -> bool:
    until = time.monotonic() + MAX_WAIT_SECONDS
    pause, longest = POLL_SECONDS
    while list_is_stale(session(), lead_id):
        session().commit()  # returns the connection, because waiting must not exhaust the pool
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, longest)
    session().commit()
    return True


def _request_refill(preference: Lead) -> None:
    redis = services().redis
    try:
        if not redis.set(f"feed:refill:{preference.id}", 1, nx=True, ex=REFILL_PAUSE_SECONDS):
            return
    except RedisError:
        return  # the broker is unreachable too; the list is refilled when it is used up
    rescore_lead(preference)
