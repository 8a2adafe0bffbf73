"""Store files that owners send and import them into a source, for the API and for pages."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import FileStorage

from api.http.db import session
from api.http.tasks import run_import
from api.http.uploads import remove_feed, store_feed
from models.accounts.users import User
from models.sources.errors import SourceHasAddressError, SourceHoldsOtherError
from models.sources.source_fields import without_nul
from models.sources.sources import change_source, create_source, lock_sources, request_import, source_named
from models.sources.tables import Import, Source, SourceContent

#: The fields of a source that a form may set in addition to its name.
OPTIONS = ("city", "mapping", "is_complete")


def name_of_file(upload: FileStorage) -> str:
    """The default name of a source: the file's name without folder and extension."""
    bare = without_nul(upload.filename or "").replace("\\", "/").rpartition("/")[2]
    return (bare.rpartition(".")[0] or bare or "file")[:200]


def source_for(owner: User, name: str, form: Mapping[str, Any]) -> Source:
    """The owner's file source called *name*, created or changed according to the form; raises SourceHasAddressError."""
    options = {field: form[field] for field in OPTIONS if form.get(field) is not None}
    content = form.get("content") or SourceContent.LISTINGS
    lock_sources(
        session(), owner
    )  # of two first files of a name sent at once, the second finds the source of the first
    source = source_named(session(), owner, name)
    if source is None:
        return create_source(session(), owner, {"name": name, "content": content, **options})
    if source.content is not content:
        raise SourceHoldsOtherError(name=name)
    if source.address:
        raise SourceHasAddressError(name=name)
    change_source(session(), source, options)
    return source


def send_file(owner: User, source: Source, upload: FileStorage, *, is_dry_run: bool) -> Import:
    """Store a file as the source's newest one, and request its import."""
    if source.file:
        remove_feed(source.file, owner)
    source.file = store_feed(upload, owner)
    return queue_import(
        request_import(session(), source, "upload", file_name=upload.filename or "file", is_dry_run=is_dry_run)
    )


def queue_import(imported: Import) -> Import:
    """Queue a requested import."""
    session().refresh(imported)
    run_import(imported)
    return imported
