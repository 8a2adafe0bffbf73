"""A user's list as the user sees it, for operators who answer questions about it. Viewing is audited."""

from dataclasses import dataclass

from flask import render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import page_blueprint, page_number
from api.console.kit.row_ids import id_in
from api.http.db import session
from api.http.limits import address
from models.accounts import audit
from models.accounts.user_search import find_users
from models.accounts.users import User
from models.core.enums import ENGINE_ROLES, Side
from models.core.errors import NotFoundError
from models.deals.recommendation_pages import recommended_page
from models.market.leads import Lead, leads_of
from models.market.properties import Property

blp = page_blueprint("lists")

for_operators = page_for(*ENGINE_ROLES)

PER_PAGE = 50
MAX_USERS, MAX_LEADS = 20, 50


@dataclass(frozen=True)
class MatchingUser:
    """A user who matches the search, with their leads."""

    user: User
    leads: list[Lead]


@blp.get("/console/lists")
@for_operators
def lists() -> str:
    """Leads and properties by id, or a user's leads by the user's name, phone or e-mail."""
    words = request.args.get("q", "").strip()[:100]
    rows = [
        MatchingUser(user, list(session().scalars(leads_of(user).limit(MAX_LEADS))))
        for user in (session().scalars(find_users(words).limit(MAX_USERS)) if words else ())
    ]
    number = id_in(words)
    return render_template(
        "console/operators/lists.html",
        words=words,
        ranked=rows,
        lead=session().get(Lead, number) if number else None,
        property=session().get(Property, number) if number else None,
    )


@blp.get("/console/lists/<side>/<int:row_id>")
@for_operators
def list_page(side: str, row_id: int) -> str:
    """The list of a lead or property as its owner sees it, without entries that the owner has acted on."""
    if side not in ("lead", "property"):
        raise NotFoundError("list")
    own_row = session().get(Lead, row_id) if side == "lead" else session().get(Property, row_id)
    if own_row is None:
        raise NotFoundError(side)
    page = page_number()
    shown = recommended_page(
        session(), Side.LEAD if side == "lead" else Side.PROPERTY, row_id, page=page, limit=PER_PAGE
    )
    audit.record(
        session(),
        "list_viewed",
        actor_id=visitor().id,
        table_name=own_row.__tablename__,
        row_id=row_id,
        address=address(),
    )
    return render_template(
        "console/operators/list.html",
        side=side,
        own_row=own_row,
        owner=session().get_one(User, own_row.owner_id),
        entries=list(enumerate(shown.entries, start=(page - 1) * PER_PAGE + 1)),
        total=shown.total,
        page=page,
        pages=max(1, -(-shown.total // PER_PAGE)),
    )
