"""Documents of a lead or a property, visible to the owner only: upload, download, delete."""

from http import HTTPStatus
from typing import Any

from flask import Response, render_template, request, send_file

from api.console.kit.access import page_for, visitor
from api.console.kit.formatting import number, title_of
from api.console.kit.i18n import translate, translate_error, translate_fault
from api.console.kit.pages import back, page_blueprint
from api.console.kit.sent_files import check_files, short_name
from api.http.db import session
from api.http.uploads import (
    MAX_PRIVATE_DOCUMENT,
    read_private_documents,
    storage,
    store_private_document,
    takes_uploads,
)
from models.accounts.uploads import Upload
from models.core.enums import SUPPLY_ROLES, Side
from models.core.errors import (
    ConflictError,
    Fault,
    NotFoundError,
    TooLargeFileError,
)
from models.market.documents import (
    MAX_DOCUMENTS,
    Document,
    add_document,
    delete_document,
    documents_of,
    owned_document,
    owned_row,
    remaining_documents,
    restore_document,
    side_of,
)
from models.market.leads import Lead

blp = page_blueprint("documents")

for_owners = page_for(*SUPPLY_ROLES)

MAX_FILES = 10  #: Files of one request.
PATHS = {Side.LEAD: "/console/leads", Side.PROPERTY: "/console/properties"}


@blp.route("/console/leads/<int:row_id>/documents", methods=["GET", "POST"], defaults={"side": Side.LEAD})
@blp.route("/console/properties/<int:row_id>/documents", methods=["GET", "POST"], defaults={"side": Side.PROPERTY})
@for_owners
@takes_uploads
def documents(side: Side, row_id: int) -> Response | str | tuple[str, int]:
    """List the documents of a row; or store the accepted files, with the reasons why others were refused."""
    owned_row(session(), visitor(), side, row_id)
    if request.method == "GET":
        return _page(side, row_id)
    files = [each for each in request.files.getlist("documents") if each.filename]
    good, refused = check_files(
        files,
        lambda each: read_private_documents([each], visitor()),
        maximum=MAX_FILES,
        too_many="documents.too_many_at_once",
    )
    owned_row(session(), visitor(), side, row_id, lock=True)
    room = remaining_documents(session(), visitor().id, side, row_id)
    no_room = translate_fault(Fault("documents.no_room", max=MAX_DOCUMENTS))
    refused += [(short_name(each), no_room) for each in good[room:]]
    added = 0
    for each in good[:room]:
        try:
            add_document(session(), side, row_id, store_private_document(each, visitor()), each.filename or "")
            added += 1
        except (TooLargeFileError, ConflictError) as error:  # a quota is exhausted
            refused.append((short_name(each), translate_error(error)))
    if refused or not files:
        page = _page(side, row_id, refused or [("", translate_fault(Fault("documents.none")))], added)
        return page if added else (page, HTTPStatus.BAD_REQUEST)
    return back(f"{PATHS[side]}/{row_id}/documents", "documents_added")


@blp.get("/console/documents/<int:document_id>")
@for_owners
def download(document_id: int) -> Response:
    """One document, always as a download, never as a page."""
    document = owned_document(session(), visitor(), document_id)
    upload = session().get_one(Upload, document.upload_id)
    try:
        content = storage().open(upload.name)
    except FileNotFoundError:
        raise NotFoundError("document") from None
    answer = send_file(
        content, mimetype=upload.content_type, download_name=_download_name(document, upload), as_attachment=True
    )
    answer.content_length = upload.size
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blp.post("/console/documents/<int:document_id>/delete")
@for_owners
def delete(document_id: int) -> Response:
    side, row_id = side_of(delete_document(session(), visitor(), document_id))
    return back(f"{PATHS[side]}/{row_id}/documents", "document_deleted", undo=f"document-{document_id}")


def undo_document(document_id: int) -> str:
    """Restore a deleted document; returns where to see it."""
    side, row_id = side_of(restore_document(session(), visitor(), document_id))
    return f"{PATHS[side]}/{row_id}/documents"


def _download_name(document: Document, upload: Upload) -> str:
    """The original name with the extension of the stored content: a re-encoded picture may have another format."""
    ending = upload.name.rsplit(".", 1)[-1]
    stem = document.title.rsplit(".", 1)[0] if "." in document.title else document.title
    return f"{stem}.{ending}"


def _page(side: Side, row_id: int, refused: list[tuple[str, str]] | None = None, added: int = 0) -> str:
    row: Any = owned_row(session(), visitor(), side, row_id)
    is_lead = isinstance(row, Lead)
    return render_template(
        "console/realtors/documents.html",
        is_lead=is_lead,
        row=row,
        base=f"{PATHS[side]}/{row_id}",
        heading=(row.client_name or translate("Lead {id}", id=row.id)) if is_lead else title_of(row),
        documents=[
            (each, _download_name(each, upload), number(max(upload.size / 2**20, 0.1), 1))
            for each, upload in documents_of(session(), visitor(), side, row_id)
        ],
        refused=refused or [],
        added=added,
        room=remaining_documents(session(), visitor().id, side, row_id),
        max_mb=MAX_PRIVATE_DOCUMENT >> 20,
        maximum=MAX_DOCUMENTS,
    )
