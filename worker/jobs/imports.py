"""One import: fetch, read, store. The import command uses it too, in its own process."""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from models.core.base import database_now, rows_changed
from models.core.enums import RunScope
from models.core.errors import BusyError, ConflictError, Fault
from models.platform.settings import Settings
from models.platform.storage import Storage
from models.rescoring.runs import request_run
from models.sources.formats.feed import Feed, is_packed, open_feed
from models.sources.formats.offer import FeedError
from models.sources.import_attempts import begin_attempt, end_attempt, is_given_up
from models.sources.import_events import record_end_of
from models.sources.imports import Progress, import_feed
from models.sources.sources import record_fetch
from models.sources.tables import OPEN_IMPORTS, Import, ImportState, Source, SourceContent, reason_values
from worker.celery_app.task_context import DATABASE_AWAY
from worker.jobs.fetch import FetchError, Limits, fetch_feed
from worker.queue.client import MAX_SINGLE, Client

log = logging.getLogger(__name__)

#: The reason for the failure of an import that killed its workers or raised an unexpected error.
BROKEN = Fault("import.broken")

#: How often a running import reports its progress.
SHOWN_EVERY = 1.0  # seconds


class Rescoring:
    """Requests the rescoring of imported rows: few at once, many by one run at the end."""

    def __init__(self, client_: Client, content: SourceContent = SourceContent.LISTINGS) -> None:
        self._client = client_
        self._changed = client_.lead_changed if content is SourceContent.LEADS else client_.property_changed
        self.count = 0

    def __call__(self, ids: list[int]) -> None:
        """Request the rescoring of these written properties or leads; call after their commit."""
        self.count += len(ids)
        if self.count <= MAX_SINGLE:
            for each in ids:
                self._changed(each)

    def finish(self, factory: sessionmaker[Session], asked_by: str) -> None:
        """Request the run at the import's end."""
        if self.count <= MAX_SINGLE:
            return
        with factory() as session:
            try:
                run, new = request_run(session, RunScope.STALE, asked_by)
            except ConflictError:
                return  # a run is in progress; the sweep finds what it leaves stale
            session.commit()
            if new:
                self._client.run_requested(run.id)


class ProgressWriter:
    """Writes an import's progress into its row, at most once in :data:`SHOWN_EVERY` seconds."""

    def __init__(self, factory: sessionmaker[Session], import_id: int, feed: Feed) -> None:
        self._factory, self._import_id = factory, import_id
        # For a packed file, the position in the unpacked text is unrelated to the file's size.
        packed = feed.kind == "xlsx" or is_packed(feed.path)
        self._size = 0 if packed else feed.path.stat().st_size
        self._next = 0.0

    def __call__(self, done: Progress) -> None:
        """Report the progress after a batch."""
        now = time.monotonic()
        if now < self._next or done.report is None:
            return
        self._next = now + SHOWN_EVERY
        share = min(1.0, done.bytes_read / self._size) if self._size else None
        with self._factory() as session:
            statement = update(Import).where(Import.id == self._import_id, Import.state == ImportState.RUNNING)
            session.execute(statement.values(progress=share, counts=done.report.counts()))
            session.commit()


def perform_import(factory: sessionmaker[Session], settings_: Settings, client_: Client, import_id: int) -> None:
    """
    Fetch and import; any failure is recorded in the import's row.

    An import that has killed its workers or raised an unexpected error also counts as failed; otherwise
    `find_due_imports` would send it again for ever.
    """
    with factory() as session:
        may_begin = begin_attempt(session, import_id)
        session.commit()
        import_ = session.get(Import, import_id)
        if import_ is None or import_.state not in OPEN_IMPORTS:
            return
        source = session.get_one(Source, import_.source_id)
        given_up = not may_begin and is_given_up(session, import_)
        session.expunge_all()
    if given_up:
        log.error("import_given_up", extra={"import_id": import_id, "source_id": source.id})
        if _close(factory, import_, ImportState.FAILED, BROKEN):
            _note_failure(factory, source, import_)
    if not may_begin:
        return
    try:
        _take(factory, settings_, client_, source, import_)
    except Exception:  # this process lives, so nothing has killed it
        _end_attempt(factory, import_id)
        raise
    _end_attempt(factory, import_id)


def _end_attempt(factory: sessionmaker[Session], import_id: int) -> None:
    with factory() as session:
        end_attempt(session, import_id)
        session.commit()


def _take(
    factory: sessionmaker[Session], settings_: Settings, client_: Client, source: Source, import_: Import
) -> None:
    import_id = import_.id
    rescoring = Rescoring(client_, source.content)
    is_ours = False  # if the message is delivered several times at once, only one delivery reads the feed
    try:
        with _file_of(factory, settings_, source, import_) as path:
            if path is None:
                _close(factory, import_, ImportState.UNCHANGED, None)
                return
            feed = open_feed(path, mapping=source.mapping, of_leads=source.content is SourceContent.LEADS)
            is_ours = True
            progress = ProgressWriter(factory, import_id, feed)
            import_feed(factory, import_id, feed, on_committed=rescoring, on_progress=progress)
        log.info("import_finished", extra={"import_id": import_id, "source_id": source.id})
    except ConflictError:
        log.info("import_waits", extra={"import_id": import_id})  # another of this source runs; it is sent again
    except (FeedError, FetchError, BusyError) as error:
        log.warning(
            "import_failed", extra={"import_id": import_id, "source_id": source.id, "kind": type(error).__name__}
        )
        is_ours |= _close(factory, import_, ImportState.FAILED, Fault(error.code, **error.facts))
        if is_ours:
            _note_failure(factory, source, import_, error)
    except DATABASE_AWAY:
        raise  # the task is tried again
    except Exception:
        log.exception("import_crashed", extra={"import_id": import_id, "source_id": source.id})
        is_ours |= _close(factory, import_, ImportState.FAILED, BROKEN)
        if is_ours:
            _note_failure(factory, source, import_)
    finally:
        rescoring.finish(factory, f"import:{import_id}")


@contextmanager
def _file_of(
    factory: sessionmaker[Session], settings_: Settings, source: Source, import_: Import
) -> Iterator[Path | None]:
    """The file to read, in a temporary folder; None if the address reports no change."""
    with tempfile.TemporaryDirectory(prefix="leadmatch-feed-") as folder:
        path = Path(folder) / "feed"
        if import_.asked_by == "upload" or not source.address:
            try:
                with Storage(settings_.media_url).open(source.file or "") as stored, path.open("wb") as file:
                    shutil.copyfileobj(stored, file)
            except FileNotFoundError:
                raise FeedError("feed.file_gone") from None
            yield path
            return
        limits = Limits(bytes=settings_.feed_max_mb << 20, allow_private=settings_.feed_private_addresses)
        # An import requested by a person reads even an unchanged feed again.
        etag, modified = (source.etag, source.last_modified) if import_.asked_by == "schedule" else (None, None)
        fetched = fetch_feed(source.address, path, limits, etag=etag, last_modified=modified)
        yield fetched.path
        # Stored only after the import succeeded: after a failure the feed must not be skipped as unchanged.
        with factory() as session:
            fresh = session.get(Source, source.id)
            if fresh is not None and fresh.address == source.address and not import_.is_dry_run:
                record_fetch(session, fresh, failed=False, etag=fetched.etag, last_modified=fetched.last_modified)
                session.commit()


def _close(factory: sessionmaker[Session], import_: Import, state: ImportState, reason: Fault | None) -> bool:
    """End an import; False if another delivery of its message has already ended it and sent its notification."""
    with factory() as session:
        statement = update(Import).where(Import.id == import_.id, Import.state.in_(OPEN_IMPORTS))
        values = {"state": state, "finished_at": database_now(session), **reason_values(reason)}
        is_first = bool(rows_changed(session.execute(statement.values(**values))))
        if is_first:
            record_end_of(session, [import_.id])
        session.commit()
        return is_first


def _note_failure(
    factory: sessionmaker[Session], source: Source, import_: Import, error: Exception | None = None
) -> None:
    """Postpone the next fetch of a source's address."""
    if import_.is_dry_run or not source.address or import_.asked_by not in ("schedule", "request"):
        return
    with factory() as session:
        fresh = session.get(Source, source.id)
        if fresh is not None:
            record_fetch(session, fresh, failed=True, pause=getattr(error, "pause", None))
            session.commit()
