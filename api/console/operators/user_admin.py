"""Users with their roles, and the audit log: for administrators."""

from flask import Response, render_template, request

from api.console.kit.access import page_for, visitor
from api.console.kit.pages import back, listed, page_blueprint
from api.http.db import session
from api.http.limits import address
from models.accounts import audit
from models.accounts.users import all_users, lock_user
from models.core.enums import Role
from models.core.errors import InvalidValueError
from models.market.account_status import set_active, set_role

blp = page_blueprint("people")

for_admins = page_for(Role.ADMIN)

PER_PAGE = 50


@blp.get("/console/users")
@for_admins
def users() -> str:
    rows, pager = listed(all_users(), PER_PAGE)
    return render_template("console/users.html", users=rows, roles=list(Role), **pager)


@blp.post("/console/users/<int:user_id>")
@for_admins
def change_user(user_id: int) -> Response:
    """Give another role, or put out and let in again, as the pressed button says."""
    changes: dict[str, object] = {}
    lock_user(session(), user_id)
    if request.form.get("do") == "role":
        if request.form.get("role") not in list(Role):
            raise InvalidValueError("role", "role.choose")
        changes["role"] = set_role(session(), user_id, Role(request.form["role"])).role.value
    elif request.form.get("do") not in ("let_in", "put_out"):
        raise InvalidValueError("do", "action.choose")
    else:
        changes["is_active"] = set_active(session(), user_id, request.form.get("do") == "let_in").is_active
    audit.record(
        session(),
        "user_changed",
        actor_id=visitor().id,
        table_name="users",
        row_id=user_id,
        address=address(),
        **changes,
    )
    page = request.form.get("page", "")
    return back("/console/users", "changed", page=page if page.isdecimal() else None)


@blp.get("/console/audit")
@for_admins
def audit_log() -> str:
    known = audit.recorded_actions(session())
    action = request.args.get("action")
    action = action if action in known else None
    rows, pager = listed(audit.entries(action), PER_PAGE)
    return render_template("console/audit.html", entries=rows, actions=known, action=action, **pager)
