"""User administration: roles, merging two accounts of one person, the audit log."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Response, render_template, request
from sqlalchemy.orm import Session, sessionmaker

from api.console.kit.access import page_for, visitor
from api.console.kit.i18n import translate_error
from api.console.kit.pages import back, chosen, listed, page_blueprint
from api.console.kit.row_ids import id_in
from api.console.operators.audit_details import details_of, people_named, subject_of
from api.http.db import session
from api.http.limits import address
from api.http.services import services
from api.http.table_files import TableFormat, table_file
from models.accounts import audit
from models.accounts.user_search import find_users
from models.accounts.users import User, get_user, lock_user, names_of_users
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError
from models.market.account_status import set_active, set_role
from models.upkeep.merging import check_merge, merge_users, rows_of_user

blp = page_blueprint("people")

for_admins = page_for(Role.ADMIN)

PER_PAGE = 50
MAX_CANDIDATES = 20
#: Parameters that a form of the list of users carries, to return to the same part of the list.
CARRIED = ("page", "q", "role", "state")
STATES = {"in": True, "out": False}
AUDIT_COLUMNS = ("id", "created_at", "actor_id", "actor", "action", "table", "row_id", "address", "detail")


@blp.get("/console/users")
@for_admins
def users() -> str:
    """Users by name, phone, e-mail or id, by role, active or not."""
    words, role = request.args.get("q", "").strip()[:100], chosen(Role, "role")
    state = request.args.get("state") if request.args.get("state") in STATES else None
    rows, pager = listed(find_users(words, role, STATES[state] if state else None), PER_PAGE)
    shown = {"words": words, "role": role, "state": state, "roles": list(Role), "states": list(STATES)}
    return render_template("console/users.html", users=rows, **shown, **pager)


@blp.post("/console/users/<int:user_id>")
@for_admins
def change_user(user_id: int) -> Response:
    """Change the role, or deactivate or reactivate a user, by the pressed button."""
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
    return back("/console/users", "changed", **{name: request.form.get(f"list_{name}") for name in CARRIED})


@blp.get("/console/users/<int:user_id>/merge")
@for_admins
def choose_merge(user_id: int) -> str:
    """Search for the other account of the same person, then preview the merge."""
    return _merge_page(get_user(session(), user_id), _account_to_keep(request.args.get("into", "")))


@blp.post("/console/users/<int:user_id>/merge")
@for_admins
def merge(user_id: int) -> Response | tuple[str, int]:
    """Merge this account into the other; obstacles are shown on the page."""
    removed, kept = get_user(session(), user_id), _account_to_keep(request.form.get("into", ""))
    if kept is None:
        raise InvalidValueError("into", "merge.choose")
    try:
        merge_users(session(), removed.id, kept.id, visitor().id, address())
    except ConflictError as error:
        session().rollback()
        return _merge_page(removed, kept, translate_error(error)), 409
    return back("/console/users", "merged_users", q=str(kept.id))


@blp.get("/console/audit")
@for_admins
def audit_log() -> str:
    rows, pager = listed(audit.entries(**_audit_filters()), PER_PAGE)
    known = audit.recorded_actions(session())
    names = names_of_users(session(), people_named([entry for entry, _ in rows]))
    return render_template(
        "console/audit.html",
        entries=[(entry, actor, subject_of(entry, names), details_of(entry, names)) for entry, actor in rows],
        actions=known,
        filters=request.args,
        **pager,
    )


@blp.get("/console/audit.csv")
@for_admins
def audit_file() -> Response:
    """The audit entries as a streamed file; the download is itself audited."""
    query = audit.entries(**_audit_filters())
    audit.record(session(), "audit_exported", actor_id=visitor().id, address=address())
    return table_file("audit", TableFormat.CSV, AUDIT_COLUMNS, _audit_rows(services().sessions, query))


def _audit_rows(sessions: sessionmaker[Session], query: Any) -> Iterator[list[Any]]:
    with sessions() as own:  # the request's session is already closed
        for entry, actor in own.execute(query.execution_options(yield_per=1000)):
            name = actor.name if actor else None
            detail = " ".join(f"{key}={value}" for key, value in entry.detail.items())
            yield [
                *(entry.id, entry.created_at, entry.actor_id, name, entry.action),
                *(entry.table_name, entry.row_id, entry.address, detail),
            ]


def _audit_filters() -> dict[str, Any]:
    """The filters in the address; a malformed day filters nothing."""
    return {
        "action": request.args.get("action", "")[:50] or None,
        "person": request.args.get("person", "").strip()[:100],
        "first": _day("from"),
        "last": _day("to"),
    }


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _account_to_keep(raw: str) -> User | None:
    """The account to keep, by its id; None without an id. Raises NotFoundError."""
    user_id = id_in(raw)
    return None if user_id is None else get_user(session(), user_id)


def _merge_page(removed: User, kept: User | None, error: str | None = None) -> str:
    words = request.values.get("q", "").strip()[:100]
    candidates: list[User] = []
    if words and kept is None:
        candidates = list(session().scalars(find_users(words).where(User.id != removed.id).limit(MAX_CANDIDATES)))
    if kept is not None and error is None:
        try:
            check_merge(session(), removed, kept)
        except ConflictError as refused:
            error = translate_error(refused)
    return render_template(
        "console/operators/merge.html",
        gone=removed,
        kept=kept,
        words=words,
        candidates=candidates,
        error=error,
        counts=rows_of_user(session(), removed.id),
    )
