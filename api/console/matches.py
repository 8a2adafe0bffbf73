"""The board of matches by state: negotiation, shared contacts, completion."""

from flask import Response, render_template

from api.console.access import page_for, visitor
from api.console.pages import back, page_blueprint
from api.http.db import session
from models.core.enums import MatchStatus
from models.deals.match_board import BoardMatch, board_match, matches_for
from models.deals.matches import complete

blp = page_blueprint("matches")

#: More than anybody looks through; the latest changes come first.
MOST = 200


@blp.get("/console/matches")
@page_for()
def board() -> str:
    rows = session().execute(matches_for(visitor()).limit(MOST))
    columns: dict[MatchStatus, list[BoardMatch]] = {status: [] for status in MatchStatus}
    for row in rows:
        columns[row[0].status].append(board_match(visitor(), row))
    return render_template("console/matches.html", columns=columns)


@blp.post("/console/matches/<int:match_id>/complete")
@page_for()
def complete_match(match_id: int) -> Response:
    complete(session(), visitor(), match_id)
    return back("/console/matches", "completed")
