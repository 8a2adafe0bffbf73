"""Import the platforms' figures of ads from CSV: impressions, clicks and cost so far; all rows or none."""

from typing import IO, Any

from flask.views import MethodView
from marshmallow import ValidationError, fields

from api.http.api_keys import niche_scope, with_api_key
from api.http.blueprint import Blueprint, Body, names_of
from api.http.db import session
from api.http.fields import FormWhole
from api.http.uploads import takes_uploads
from api.leadgen.announce import announce_stats
from api.leadgen.campaigns import MAX_SHOWN
from api.leadgen.csv_import import MAX_MISTAKES, CellMoney, file_refused, read_rows, sent_file
from models.core.errors import InvalidValueError
from models.leadgen.ads import AdFigures, set_figures

blp = Blueprint("leadgen-ad-figures", __name__, description="Figures of ads from CSV")

MAX_ROWS = 2000


class FiguresRow(Body):
    """One row; an empty cell counts as a missing value."""

    ad_id = fields.UUID(required=True)
    impressions = FormWhole(0, MAX_SHOWN)
    clicks = FormWhole(0, MAX_SHOWN)
    spent = CellMoney()
    spent_on = fields.Date()


#: Columns of our own file of ads that an import ignores, so that the file can be sent back.
IGNORED = frozenset({"title", "campaign", "ctr"})


class FiguresTaken(Body):
    ads = fields.Integer(metadata={"description": "The number of ads in the file."})


CSV_BODY = {
    "description": "Columns: ad_id, optionally impressions, clicks, spent, spent_on. UTF-8.",
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
    },
}


@blp.route("/api/ads/import")
class AdFiguresImport(MethodView):
    """Import figures of many ads."""

    @with_api_key
    @takes_uploads
    @blp.response(200, FiguresTaken)
    @blp.alt_response(415, description="The body is neither CSV nor a multipart body with a file.")
    @blp.doc(requestBody=CSV_BODY)
    def post(self) -> Any:
        """Set impressions, clicks and cost of ads from CSV; a mistake in any row refuses the whole file

        At most 2,000 rows, separated by commas or semicolons. Figures are totals so far; what is new of them is
        booked on `spent_on`, or on today.
        """
        return {"ads": set_ad_figures(sent_file())}


def set_ad_figures(stream: IO[bytes]) -> int:
    """Store a file's figures; returns the number of ads in it.

    Raises:
        BadRequest: The file, or a row of it, has mistakes; nothing is stored then.
    """
    schema = FiguresRow()
    mistakes: dict[int, Any] = {}
    rows: list[AdFigures] = []
    lines: list[int] = []
    for line, cells in read_rows(stream, ("ad_id",), names_of(FiguresRow), IGNORED, MAX_ROWS):
        try:
            given = schema.load({name: cell for name, cell in cells.items() if cell and name not in IGNORED})
        except ValidationError as error:
            mistakes[line] = error.messages
            if len(mistakes) >= MAX_MISTAKES:
                break
            continue
        rows.append(
            AdFigures(
                *(given["ad_id"], given.get("impressions"), given.get("clicks")),
                *(given.get("spent"), given.get("spent_on")),
            )
        )
        lines.append(line)
    if mistakes:
        raise file_refused(mistakes)
    try:
        ads = set_figures(session(), rows, scope=niche_scope())
    except InvalidValueError as error:
        _, number, field = error.field.split(".")
        raise file_refused({lines[int(number) - 1]: {field: [error.fault]}}) from None
    for campaign_id in {ad.campaign_id for ad in ads}:
        announce_stats(campaign_id)
    return len(ads)
