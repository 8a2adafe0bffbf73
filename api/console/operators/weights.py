"""Learnt weights of the criteria: every version of every scope, and the return to an earlier one."""

from flask import Response, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, listed, page_blueprint
from api.console.kit.score_reasons import NAMES
from api.console.operators.markets import counted_markets
from api.http.db import session
from models.accounts import audit
from models.core.enums import ENGINE_ROLES
from models.core.errors import NotFoundError
from models.deals.weights import WeightSet, get_set, rollback, weight_sets

blp = page_blueprint("weights")

for_operators = page_for(*ENGINE_ROLES)

PER_PAGE = 30


@blp.get("/console/weights")
@for_operators
def weights() -> str:
    """All versions, the newest first."""
    rows, pager = listed(weight_sets(), PER_PAGE)
    names = {each.city_key: each.name for each in counted_markets()}
    return render_template(
        "console/operators/weights.html", sets=rows, names=names, criteria=NAMES | {"wish": "Wishes"}, **pager
    )


@blp.post("/console/weights/<int:set_id>")
@for_operators
def change(set_id: int) -> Response:
    """Activate an earlier version, or roll back from the active one."""
    weight_set: WeightSet = get_set(session(), set_id)
    if request.form.get("do") not in ("live", "back"):
        raise NotFoundError("weight set")
    now = rollback(session(), weight_set.scope, set_id if request.form["do"] == "live" else None)
    audit.record(
        session(),
        "weights_rolled_back",
        actor_id=visitor().id,
        table_name="weight_sets",
        row_id=set_id,
        live=now.id if now else None,
    )
    return back("/console/weights", "weights")
