"""Favourites: list, add, remove."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import current_user, signed_in
from api.http.blueprint import Blueprint, Body, PageArgs, StatusOk
from api.http.db import session
from api.http.fields import IdNumber, Moment
from api.http.paging import PAGINATION
from api.swipe.listings import Listing, listing_page
from models.market.favorites import add_favorite, favorites_of, remove_favorite
from models.market.listings import listing_on_market

blp = Blueprint("favorites", __name__, description="Listings that a tenant has saved")


class FavoriteBody(Body):
    listing_id = IdNumber(required=True)


class FavoriteRow(Body):
    id = fields.Integer()
    user_id = fields.Integer()
    listing_id = fields.Integer(attribute="property_id")
    created_at = Moment()


@blp.route("/favorites")
class Favorites(MethodView):
    """The caller's favourites."""

    @signed_in
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, Listing(many=True), headers=PAGINATION)
    def get(self, args: dict[str, Any]) -> Any:
        """List my favourites that are on the market, the last added first

        Favourites that have left the market are kept, and listed again if they return.
        """
        return listing_page(favorites_of(current_user()), args)

    @signed_in
    @blp.arguments(FavoriteBody)
    @blp.response(200, FavoriteRow)
    @blp.alt_response(404, description="There is no such listing on the market.")
    def post(self, body: dict[str, Any]) -> Any:
        """Add a listing to my favourites

        Adding a favourite again returns the existing row.
        """
        return add_favorite(session(), current_user(), listing_on_market(session(), body["listing_id"]))


@blp.route("/favorites/<int:listing_id>")
class FavoriteById(MethodView):
    """One of the caller's favourites."""

    @signed_in
    @blp.response(200, StatusOk)
    def delete(self, listing_id: int) -> Any:
        """Remove a listing from my favourites; removing an absent one is no error

        Likes and dislikes in the feed are not affected.
        """
        remove_favorite(session(), current_user(), listing_id)
        return {"status": "ok"}
