"""A feed of my properties for portals: its secret address, and the feed itself."""

from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, for_roles, public
from api.http.blueprint import Blueprint, Body, StatusOk
from api.http.db import only_reads, session
from api.http.fields import Moment
from api.http.services import services
from models.accounts.users import User
from models.core.enums import SUPPLY_ROLES
from models.sources.formats import yrl_writer
from models.sources.outgoing import (
    OutgoingFeed,
    close_outgoing_feed,
    left_out,
    outgoing_feed,
    owner_of_feed,
    published,
    renew_outgoing_feed,
    seller_of,
    version_of_feed,
)

blp = Blueprint("outgoing-feed", __name__, description="My properties as a feed for portals")

for_owners = for_roles(*SUPPLY_ROLES)

XML = "application/xml"
#: The approximate size to which pieces of an answer are joined.
PIECE = 1 << 16  # characters


class OutgoingFeedOut(Body):
    address = fields.String(allow_none=True, metadata={"description": "For portals; null if there is no feed."})
    created_at = Moment(allow_none=True)
    left_out = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={
            "description": "A requirement of portals -> the number of my properties that are left out for lack of it."
        },
    )


@blp.route("/outgoing-feed")
class MyOutgoingFeed(MethodView):
    """The address of my feed."""

    @for_owners
    @only_reads
    @blp.response(200, OutgoingFeedOut)
    def get(self) -> dict[str, Any]:
        """Read the address of my feed

        With the reasons that keep properties out of it: portals refuse offers that lack certain facts.
        """
        return shown_outgoing(current_user(), outgoing_feed(session(), current_user()))

    @for_owners
    @blp.response(200, OutgoingFeedOut)
    def post(self) -> dict[str, Any]:
        """Give my feed a new address

        The first call creates the feed; later calls revoke the address before.
        """
        feed = renew_outgoing_feed(session(), current_user())
        session().refresh(feed)
        return shown_outgoing(current_user(), feed)

    @for_owners
    @blp.response(200, StatusOk)
    def delete(self) -> dict[str, str]:
        """Revoke the address of my feed

        It answers 404 from then on.
        """
        close_outgoing_feed(session(), current_user())
        return {"status": "ok"}


@blp.route("/outgoing-feeds/<name>")
class FeedForPortals(MethodView):
    """One owner's properties in YRL."""

    @public
    @blp.response(200, {"type": "string"}, content_type=XML, description="YRL")
    @blp.alt_response(304, description="The caller's copy (If-None-Match) is up to date.")
    @blp.alt_response(404, description="There is no such address.")
    def get(self, name: str) -> Response:
        """Read a user's properties as a feed

        For portals that were given the address. Streamed; `ETag` changes with the content.
        """
        owner = owner_of_feed(session(), name.removesuffix(".xml"))
        mark, latest = version_of_feed(session(), owner)
        response = Response(mimetype=XML)
        response.set_etag(mark)
        response.last_modified = latest
        response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
        response.headers["X-Robots-Tag"] = "noindex"
        if request.if_none_match.contains(mark):
            response.status_code = HTTPStatus.NOT_MODIFIED
            return response
        own = services()
        offers = published(own.sessions, owner.id)
        pieces = yrl_writer.feed(offers, seller_of(owner), latest, own.settings.public_url)
        response.response = _buffered(pieces)
        return response


def address_of(feed: OutgoingFeed | None) -> str | None:
    """The absolute URL of a feed."""
    return f"{services().settings.public_url}/outgoing-feeds/{feed.token}.xml" if feed else None


def shown_outgoing(owner: User, feed: OutgoingFeed | None) -> dict[str, Any]:
    """The feed as its owner sees it."""
    return {
        "address": address_of(feed),
        "created_at": feed.created_at if feed else None,
        "left_out": left_out(session(), owner) if feed else {},
    }


def _buffered(pieces: Any) -> Any:
    buffer: list[str] = []
    size = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size > PIECE:
            yield "".join(buffer).encode()
            buffer, size = [], 0
    yield "".join(buffer).encode()
