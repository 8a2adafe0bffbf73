"""
The board of matches by state; the page of one: the pair, its score and reasons, negotiation, contacts, completion.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, render_template
from markupsafe import Markup

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, page_blueprint, page_number, wants_part
from api.console.kit.score_reasons import render_reasons
from api.console.realtors.deal_words import commission_lines, commission_sum
from api.http.db import session
from api.http.explanations import explanations_of_pairs
from api.http.tasks import rescore_pair
from models.accounts.notification_groups import mark_group_read
from models.core.base import database_now
from models.core.enums import MatchStatus
from models.deals.completion import complete, object_to_completion
from models.deals.match_board import OPEN, BoardMatch, board_match, counts_by_status, match_of, matches_for
from models.deals.match_table import Match

blp = page_blueprint("matches")

#: Cards of the board on one page; each open one shows its score and reasons.
PER_PAGE = 40


@dataclass(frozen=True)
class Reasons:
    """A pair's score and its reasons; no score if it no longer fits, or its sides are in different markets."""

    score: float | None
    reasons_html: Markup | None


@blp.app_template_global("commission_lines")
def lines_of(board: BoardMatch) -> list:
    return commission_lines(board)


blp.app_template_global("commission_sum")(commission_sum)


@blp.get("/console/matches")
@page_for()
def board() -> str:
    counts = counts_by_status(session(), visitor())
    pages = max(1, -(-sum(counts.values()) // PER_PAGE))
    page = min(page_number(), pages)
    rows = session().execute(matches_for(visitor()).limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    matches = [board_match(visitor(), row) for row in rows]
    columns: dict[MatchStatus, list[BoardMatch]] = {status: [] for status in MatchStatus}
    for each in matches:
        columns[each.match.status].append(each)
    return render_template(
        "console/matches.html",
        part=wants_part(),
        columns=columns,
        counts=counts,
        page=page,
        pages=pages,
        reasons=_reasons(each for each in matches if each.match.status in OPEN),
        may_object=_may_object,
        now=database_now(session()),
    )


@blp.get("/console/matches/<int:match_id>")
@page_for()
def match_page(match_id: int) -> str:
    match = match_of(session(), visitor(), match_id)
    mark_group_read(session(), visitor(), f"match_id:{match_id}")
    return render_template(
        "console/match.html",
        part=wants_part(),
        board=match,
        reasons=_reasons([match], level=2)[match_id],
        may_object=_may_object,
        now=database_now(session()),
    )


@blp.post("/console/matches/<int:match_id>/complete")
@page_for()
def complete_match(match_id: int) -> Response:
    match = complete(session(), visitor(), match_id)
    rescore_pair(match)
    return back(f"/console/matches/{match_id}", "completed", undo=f"match-{match_id}")


@blp.post("/console/matches/<int:match_id>/object")
@page_for()
def object_to_match(match_id: int) -> Response:
    rescore_pair(object_to_completion(session(), visitor(), match_id))
    return back(f"/console/matches/{match_id}", "objected")


def _may_object(match: Match, now: datetime) -> bool:
    until = match.objection_until
    return until is not None and match.completed_by_id != visitor().id and now <= until


def _reasons(matches_seen: Iterable[BoardMatch], *, level: int = 4) -> dict[int, Reasons]:
    """Match id -> the reasons of its pair's score, as both sides see them."""
    markets: dict[tuple, list[Match]] = {}
    reasons = {}
    for seen in matches_seen:
        match = seen.match
        market = (match.lead.city_key, match.lead.deal_type)
        if market == (match.property.city_key, match.property.deal_type):
            markets.setdefault(market, []).append(match)
        else:
            reasons[match.id] = Reasons(None, None)
    for matches in markets.values():
        explained = explanations_of_pairs(
            session(), [match.lead for match in matches], [match.property for match in matches]
        )
        for match, explanation in zip(matches, explained, strict=True):
            reasons[match.id] = Reasons(
                explanation.score, render_reasons(match.lead, match.property, explanation, level=level)
            )
    return reasons
