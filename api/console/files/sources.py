"""Files and feeds of listings: send a file, add an address, one source with its history."""

from collections.abc import Mapping
from typing import Any

from flask import Response, render_template, request

from api.console.files.import_words import (
    REFRESHES,
    field_label,
    own_number,
    photo_fault,
    shown_reason,
    town_problem,
)
from api.console.kit import form_keys
from api.console.kit.access import page_for, visitor
from api.console.kit.forms import pressed_button, tick
from api.console.kit.i18n import translate_error
from api.console.kit.pages import back, listed, page_blueprint, wants_part
from api.http.db import session
from api.http.services import services
from api.http.tasks import rescore_properties
from api.http.uploads import remove_feed, takes_uploads
from api.sources.outgoing import shown_outgoing
from api.sources.sending import name_of_file, queue_import, send_file, source_for
from models.core.enums import SUPPLY_ROLES
from models.core.errors import ConflictError, InvalidFileError, InvalidValueError, TooLargeFileError
from models.sources.outgoing import close_outgoing_feed, outgoing_feed, renew_outgoing_feed
from models.sources.photos import photos_of_source
from models.sources.sources import (
    change_source,
    create_source,
    delete_source,
    imports_of,
    last_imports,
    open_import,
    owned_source,
    request_import,
    sources_of,
)
from models.sources.tables import OPEN_IMPORTS, ImportState, Source, SourceContent, SourceState, reason_fault

blp = page_blueprint("sources")

for_owners = page_for(*SUPPLY_ROLES)

PER_PAGE = 30
#: Errors that a page shows beside its controls, with their status, instead of an error page.
PROBLEMS = (InvalidFileError, InvalidValueError, ConflictError, TooLargeFileError)


@blp.get("/console/import/<kind>")
@for_owners
def redirect_old_address(kind: str) -> Response:
    return back("/console/sources", of="leads" if kind == "leads" else None)


@blp.get("/console/sources")
@for_owners
def all_sources() -> str:
    return _list({}, {"content": request.args.get("of", "")})


@blp.post("/console/sources/file")
@for_owners
@takes_uploads
def upload_file() -> Response | tuple[str, int]:
    """Store a file and test it: nothing changes before its owner has seen the result."""
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            raise InvalidFileError("file", "import.choose_file")
        name = request.form.get("source", "").strip()[:200] or name_of_file(upload)
        imported = source_for(visitor(), name, _settings() | {"content": _content(request.form)})
        tried = send_file(visitor(), imported, upload, is_dry_run=True)
    except PROBLEMS as error:
        return _refused(error, "file")
    return back(f"/console/imports/{tried.id}")


@blp.post("/console/sources/address")
@for_owners
def add_address() -> Response | tuple[str, int]:
    fields = _settings() | {
        "address": request.form.get("address", "").strip() or None,
        "name": request.form.get("name", "").strip()[:200] or None,
        "refresh_minutes": _minutes(),
    }
    try:
        if not fields["address"]:
            raise InvalidValueError("address", "source.write_address")
        form_keys.claim()  # another address is another feed
        source = create_source(session(), visitor(), fields)
        is_dry_run = pressed_button("try", "import") == "try"
        new = queue_import(request_import(session(), source, "request", is_dry_run=is_dry_run))
    except PROBLEMS as error:
        return _refused(error, "address")
    return back(f"/console/imports/{new.id}" if is_dry_run else f"/console/sources/{source.id}")


@blp.get("/console/sources/<int:source_id>")
@for_owners
def source_page(source_id: int) -> str:
    return _source(owned_source(session(), visitor(), source_id), {})


@blp.post("/console/sources/<int:source_id>")
@for_owners
def change(source_id: int) -> Response | tuple[str, int]:
    source = owned_source(session(), visitor(), source_id, lock=True)
    shown = {"name", "city", "is_complete", *(("address", "refresh_minutes") if source.address else ())}
    if not shown.intersection(request.form):
        raise InvalidValueError("form", "form.outdated")
    fields = _settings() | {
        "name": request.form.get("name", "").strip()[:200],
        "address": request.form.get("address", "").strip(),
        "refresh_minutes": _minutes(),
    }
    fields = {name: value for name, value in fields.items() if name in shown.intersection(request.form)}
    try:
        if not fields.get("address", True):
            raise InvalidValueError("address", "source.write_address")
        change_source(session(), source, fields)
    except PROBLEMS as error:
        session().rollback()
        source = owned_source(session(), visitor(), source_id)
        return _source(source, _at_field(error, "name"), request.form), _status(error)
    return back(f"/console/sources/{source_id}", "saved")


@blp.post("/console/sources/<int:source_id>/run")
@for_owners
def run(source_id: int) -> Response | tuple[str, int]:
    source = owned_source(session(), visitor(), source_id, lock=True)
    try:
        queue_import(request_import(session(), source, "request"))
    except ConflictError as error:
        session().rollback()
        return _source(owned_source(session(), visitor(), source_id), _at_field(error, "run")), 409
    return back(f"/console/sources/{source_id}")


@blp.post("/console/sources/<int:source_id>/state")
@for_owners
def pause(source_id: int) -> Response:
    source = owned_source(session(), visitor(), source_id, lock=True)
    state = pressed_button(*SourceState, name="state")
    change_source(session(), source, {"state": SourceState(state)})
    return back(f"/console/sources/{source_id}", "saved")


@blp.post("/console/sources/<int:source_id>/delete")
@for_owners
def delete(source_id: int) -> Response | tuple[str, int]:
    source = owned_source(session(), visitor(), source_id, lock=True)
    file, content = source.file, source.content
    try:
        row_ids = delete_source(session(), source)
    except ConflictError as error:
        session().rollback()
        return _source(owned_source(session(), visitor(), source_id), _at_field(error, "run")), 409
    if file:
        remove_feed(file, visitor())
    rescore_properties(row_ids)
    return back("/console/sources", "source_removed", of=content if content == SourceContent.LEADS else None)


@blp.post("/console/sources/outgoing")
@for_owners
def change_outgoing_feed() -> Response:
    """Give the visitor's own feed a new address, or revoke it."""
    if pressed_button("open", "renew", "end") == "end":
        close_outgoing_feed(session(), visitor())
    else:
        renew_outgoing_feed(session(), visitor())
    return back("/console/sources", "saved")


def _settings() -> dict[str, Any]:
    """The settings in every form of a source; raises InvalidValueError if the town does not exist."""
    town = request.form.get("city", "").strip()
    problem = town_problem(town)
    if problem:
        raise InvalidValueError("city", problem)
    return {"city": town or None, "is_complete": bool(tick("is_complete"))}


def _content(given: Mapping[str, str]) -> SourceContent:
    return SourceContent.LEADS if given.get("content") == SourceContent.LEADS else SourceContent.LISTINGS


def _minutes() -> int | None:
    given = request.form.get("refresh_minutes", "")
    return int(given) if given in {str(minutes) for minutes in REFRESHES if minutes} else None


def _refused(error: Any, control: str) -> tuple[str, int]:
    session().rollback()
    return _list(_at_field(error, control), request.form), _status(error)


def _at_field(error: Any, control: str) -> dict[str, str]:
    """An error's sentence by the control beside which it is shown: that of its field, otherwise *control*."""
    reason = translate_error(error)
    field = getattr(error, "field", None) or control
    known = ("file", "address", "city", "name", "refresh_minutes")
    return {field if field in known else control: reason, "in": control}


def _status(error: Any) -> int:
    return 409 if isinstance(error, ConflictError) else 413 if isinstance(error, TooLargeFileError) else 400


def _list(errors: dict[str, str], given: Any) -> str:
    content = _content(given)
    rows, pager = listed(sources_of(visitor(), content), PER_PAGE)
    return render_template(
        "console/sources.html",
        sources=rows,
        last=last_imports(session(), [row.id for row in rows]),
        content=content.value,
        outgoing=shown_outgoing(visitor(), outgoing_feed(session(), visitor())),
        field_label=field_label,
        files=[row.name for row in rows if not row.address],
        errors=errors,
        given=given,
        refreshes=REFRESHES,
        open_states=OPEN_IMPORTS,
        **pager,
    )


def _source(source: Source, errors: dict[str, str], given: Any = None) -> str:
    rows, pager = listed(imports_of(visitor(), source.id), PER_PAGE)
    return render_template(
        "console/source_part.html" if wants_part() else "console/source.html",
        source=source,
        imports=rows,
        going=open_import(session(), source),
        waiting=next((row for row in rows if row.state is ImportState.WAITING and not row.is_dry_run), None),
        errors=errors,
        given=given or {},
        field_label=field_label,
        own_number=own_number,
        shown_reason=shown_reason,
        reason_fault=reason_fault,
        refreshes=REFRESHES,
        open_states=OPEN_IMPORTS,
        photos=photos_of_source(session(), source.id) if services().settings.fetch_photos else None,
        photo_fault=photo_fault,
        **pager,
    )
