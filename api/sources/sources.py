"""Sources of the caller's listings: list, add, read, change, remove, import now, history."""

from typing import Any

from flask.views import MethodView
from marshmallow import fields, validate

from api.http.access import current_user, for_roles
from api.http.blueprint import Blueprint, Body, PageArgs, StatusOk, one_of, shown_word
from api.http.db import only_reads, session
from api.http.fields import Text, Whole, YesNo
from api.http.paging import page_of
from api.http.services import services
from api.http.tasks import rescore_properties, run_import
from api.http.uploads import remove_feed
from api.sources.schemas import ImportOut, SourceOut, shown_import, shown_source
from models.core.enums import SUPPLY_ROLES
from models.sources.photos import MAX_BROKEN, PhotoFault, photos_of_source
from models.sources.sources import (
    change_source,
    create_source,
    delete_source,
    imports_of,
    owned_source,
    request_import,
    sources_of,
)
from models.sources.tables import LONGEST_REFRESH, SHORTEST_REFRESH, SourceState

blp = Blueprint("sources", __name__, description="Sources of imported listings")

for_owners = for_roles(*SUPPLY_ROLES)
MAX_COLUMNS = 500


class SourceBody(Body):
    name = Text(200)
    address = Text(2000, allow_none=True, metadata={"description": "Of a feed, as in https://example.com/feed.xml."})
    city = Text(100, allow_none=True, metadata={"description": "The town of listings that do not name one."})
    mapping = fields.Dict(
        keys=Text(200, empty=True),
        values=Text(40, empty=True),
        validate=validate.Length(max=MAX_COLUMNS),
        metadata={"description": "For tables: a column's name -> its field, or empty to ignore the column."},
    )
    is_complete = YesNo(
        metadata={
            "description": "Whether each file has all listings, so that missing ones leave the market. Default true."
        }
    )
    refresh_minutes = Whole(
        SHORTEST_REFRESH,
        LONGEST_REFRESH,
        allow_none=True,
        metadata={"description": "The interval at which the address is fetched; null: only on request."},
    )


class NewSource(SourceBody):
    address = Text(2000, required=True, metadata={"description": "Of a feed, as in https://example.com/feed.xml."})


class SourceChange(SourceBody):
    state = one_of(SourceState)


class RunBody(Body):
    dry_run = YesNo(load_default=False, metadata={"description": "Only report what would be done."})


class SourceRows(Body):
    sources = fields.List(fields.Nested(SourceOut))
    total = fields.Integer()
    page = fields.Integer()


class BrokenPhoto(Body):
    property_id = fields.Integer()
    external_id = fields.String(allow_none=True, metadata={"description": "The listing's id in the source."})
    address = fields.String()
    reason = shown_word(PhotoFault)


class SourcePhotosOut(Body):
    is_on = fields.Boolean(
        metadata={"description": "Whether this server fetches photos; if not, the other fields are empty."}
    )
    waiting = fields.Integer()
    fetched = fields.Integer()
    refused = fields.Integer(metadata={"description": "Addresses that yield no photo; they are not shown."})
    broken = fields.List(fields.Nested(BrokenPhoto), metadata={"description": f"The first {MAX_BROKEN} of them."})


class ImportRows(Body):
    imports = fields.List(fields.Nested(ImportOut))
    total = fields.Integer()
    page = fields.Integer()


@blp.route("/sources")
class Sources(MethodView):
    """List my sources; add one."""

    @for_owners
    @blp.arguments(NewSource)
    @blp.response(201, SourceOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Add the address of a feed

        With `refresh_minutes` it is fetched at once and then on schedule. Sources of files are made by `POST /imports`.
        """
        source = create_source(session(), current_user(), body)
        session().refresh(source)
        return shown_source(source)

    @for_owners
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, SourceRows)
    def get(self, args: dict[str, int]) -> dict[str, Any]:
        """List my sources, newest first

        Addresses of feeds, and names under which files were sent. `failures` counts fetches that failed in a row.
        """
        rows, total = page_of(sources_of(current_user()), args)
        return {"sources": [shown_source(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/sources/<int:source_id>")
class SourceById(MethodView):
    """One of my sources."""

    @for_owners
    @only_reads
    @blp.response(200, SourceOut)
    def get(self, source_id: int) -> dict[str, Any]:
        """Read one of my sources

        With its schedule and its remembered column mapping.
        """
        return shown_source(owned_source(session(), current_user(), source_id))

    @for_owners
    @blp.arguments(SourceChange)
    @blp.response(200, SourceOut)
    def patch(self, body: dict[str, Any], source_id: int) -> dict[str, Any]:
        """Change one of my sources

        Fields that the body leaves out do not change. A feed that moves to another address keeps its listings.
        """
        source = owned_source(session(), current_user(), source_id, lock=True)
        change_source(session(), source, body)
        session().refresh(source)
        return shown_source(source)

    @for_owners
    @blp.response(200, StatusOk)
    def delete(self, source_id: int) -> dict[str, str]:
        """Remove one of my sources with its history

        Its listings leave the market and are kept as archived properties. Refused while an import of it is waiting or
        running.
        """
        source = owned_source(session(), current_user(), source_id, lock=True)
        if source.file:
            remove_feed(source.file, current_user())
        rescore_properties(delete_source(session(), source))
        return {"status": "ok"}


@blp.route("/sources/<int:source_id>/run")
class SourceRun(MethodView):
    """Start an import now."""

    @for_owners
    @blp.arguments(RunBody)
    @blp.response(202, ImportOut)
    def post(self, body: dict[str, Any], source_id: int) -> dict[str, Any]:
        """Import one of my sources now

        From its address, or from its last file. The answer is the import, which a worker runs; read it again until its
        state is neither `queued` nor `running`.
        """
        source = owned_source(session(), current_user(), source_id, lock=True)
        imported = request_import(session(), source, "request", is_dry_run=body["dry_run"])
        session().refresh(imported)
        run_import(imported)
        return shown_import(imported)


@blp.route("/sources/<int:source_id>/imports")
class SourceImports(MethodView):
    """The import history of a source."""

    @for_owners
    @only_reads
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, ImportRows)
    def get(self, args: dict[str, int], source_id: int) -> dict[str, Any]:
        """List the imports of one of my sources, newest first

        With their counts; `GET /imports/{id}` shows what was refused and why.
        """
        owned_source(session(), current_user(), source_id)
        rows, total = page_of(imports_of(current_user(), source_id), args)
        return {"imports": [shown_import(row) for row in rows], "total": total, "page": args["page"]}


@blp.route("/sources/<int:source_id>/photos")
class SourcePhotos(MethodView):
    """The state of the photos in a source's listings."""

    @for_owners
    @only_reads
    @blp.response(200, SourcePhotosOut)
    def get(self, source_id: int) -> dict[str, Any]:
        """Read the state of the photos of one of my sources

        If this server fetches photos: how many are waiting, stored and broken, which ones are broken and why.
        """
        source = owned_source(session(), current_user(), source_id)
        return {"is_on": services().settings.fetch_photos, **photos_of_source(session(), source.id)}
