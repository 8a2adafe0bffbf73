"""Suggestions for forms: towns, districts and stations known to the market or to the public."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields

from api.http.access import public
from api.http.blueprint import Blueprint, Body, one_of
from api.http.db import only_reads, session
from api.http.fields import Text, Town
from api.http.market_places import with_known_parts
from models.market.known_places import PlaceKind, known_places

blp = Blueprint("places", __name__, description="Places that the market knows")


class PlaceArgs(Body):
    kind = one_of(PlaceKind, required=True)
    q = Text(100, metadata={"description": "The beginning of a name, or of a word in it."})
    city = Town(metadata={"description": "Districts and stations of this town only."})


class Places(Body):
    places = fields.List(fields.String())


@blp.route("/places")
class KnownPlaces(MethodView):
    """Suggest places."""

    @public
    @only_reads
    @blp.arguments(PlaceArgs, location="query")
    @blp.response(200, Places)
    def get(self, args: dict[str, Any]) -> Any:
        """Suggest towns, districts or stations while somebody types

        At most 50, the most frequent first, spelt as properties on the market spell them. For a large town its other
        publicly known districts and stations follow.
        """
        kind, beginning, city = args["kind"], args.get("q", ""), args.get("city")
        names = known_places(session(), kind, beginning, city=city)
        if city is not None and kind is not PlaceKind.TOWN:
            names = with_known_parts(names, kind, city, beginning)
        return {"places": names}
