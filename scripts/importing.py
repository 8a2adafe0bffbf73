"""Imports by command: owner, source and file; the import itself is shared with the workers (models.sources.imports)."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from models.accounts.users import User, normal_email
from models.core.enums import SUPPLY_ROLES, Role
from models.core.errors import InvalidValueError
from models.platform.settings import Settings
from models.sources.formats.feed import Feed, open_feed
from models.sources.imports import Progress, confirm_withdrawals, import_feed, preview_feed
from models.sources.report import Line, Report
from models.sources.source_fields import name_of
from models.sources.sources import change_source, create_source, request_import, source_named
from models.sources.tables import Import, ImportState, Source, SourceContent
from worker.jobs.fetch import Limits, fetch_feed

#: The default owner of imported listings: a firm that cannot sign in.
IMPORTER_EMAIL = "imports@leadmatch.example"
#: The name of the source of `import-listings`, one for each owner; it also has the rows imported before sources
#: existed.
LISTINGS = "import-listings"


@dataclass(frozen=True)
class ImportOptions:
    """The options of an import command."""

    #: A path, or an address that begins with http:// or https://.
    location: str
    source: str | None = None
    city: str | None = None
    kind: str | None = None
    content: SourceContent = SourceContent.LISTINGS
    is_complete: bool = True
    only_city: bool = False
    dry_run: bool = False
    #: Withdraw missing listings, however many they are.
    withdraw_missing: bool = False

    @property
    def of_leads(self) -> bool:
        return self.content is SourceContent.LEADS

    @property
    def is_address(self) -> bool:
        return self.location.lower().startswith(("http://", "https://"))

    @property
    def source_name(self) -> str:
        return self.source or (name_of(self.location) if self.is_address else Path(self.location).stem[:200])


def owner_of_imports(session: Session, email: str | None) -> User:
    """The user with *email*, or the default owner of imports without one (created at the first call).

    Raises:
        InvalidValueError: No active user has this address, or the user may not own properties.
    """
    if email is None:
        row = {"role": Role.AGENCY, "name": "Импорт объявлений", "email": IMPORTER_EMAIL}
        session.execute(insert(User).values(row).on_conflict_do_nothing())
        session.flush()
    user = session.scalar(select(User).where(User.email == normal_email(email or IMPORTER_EMAIL, "owner")))
    if user is None:
        raise InvalidValueError("owner", f"nobody has the address {email}: sign up as a realtor or an agency first")
    if not user.is_active:
        raise InvalidValueError("owner", f"the account {email} is deactivated")
    if user.role not in SUPPLY_ROLES:
        raise InvalidValueError(
            "owner", f"a {user.role} cannot own properties; realtors, agencies, developers and landlords can"
        )
    return user


@contextmanager
def opened(options: ImportOptions, settings: Settings, mapping: dict[str, str] | None = None) -> Iterator[Feed]:
    """
    The file or the address as a feed.

    Raises:
        FeedError, FetchError: The feed cannot be read or fetched.
    """
    if not options.is_address:
        yield open_feed(Path(options.location), options.kind, mapping, of_leads=options.of_leads)
        return
    limits = Limits(bytes=settings.feed_max_mb << 20, allow_private=settings.feed_private_addresses)
    with tempfile.TemporaryDirectory(prefix="leadmatch-feed-") as folder:
        path = Path(folder) / "feed"
        fetch_feed(options.location, path, limits)
        yield open_feed(path, options.kind, mapping, of_leads=options.of_leads)


def import_file(
    factory: sessionmaker[Session],
    options: ImportOptions,
    feed: Feed,
    owner_email: str | None,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_refused: Callable[[Line], None] = lambda _: None,
    on_committed: Callable[[list[int]], None] = lambda _: None,
) -> Report:
    """Import a feed into the owner's source of the given name, which is created at its first import.

    Raises:
        InvalidValueError: The user cannot own imported properties.
        ConflictError: Another import of the source is running.
        FeedError: The file cannot be read.
    """
    only_city = options.city if options.only_city else None
    with factory() as session:
        source = _source_of_import(session, options, owner_email)
        feed.mapping = source.mapping
        if options.dry_run:
            session.expunge_all()
            session.rollback()
            return preview_feed(
                factory, source, feed, only_city=only_city, on_progress=on_progress, on_refused=on_refused
            )
        import_id = request_import(session, source, "command", file_name=options.location).id
        session.commit()
    report = import_feed(
        factory,
        import_id,
        feed,
        only_city=only_city,
        on_progress=on_progress,
        on_refused=on_refused,
        on_committed=on_committed,
    )
    if report.held and options.withdraw_missing:
        _withdraw_missing(factory, import_id, report, on_committed)
    return report


def _source_of_import(session: Session, options: ImportOptions, owner_email: str | None) -> Source:
    """The source that the options name, created if it is new, with the options' city and completeness."""
    owner = owner_of_imports(session, owner_email)
    source = source_named(session, owner, options.source_name)
    city = {"city": options.city} if options.city else {}
    if source is None:
        address = options.location if options.is_address else None
        fields = {
            "name": options.source_name,
            "content": options.content,
            "address": address,
            "is_complete": options.is_complete,
            **city,
        }
        return create_source(session, owner, fields)
    if source.content is not options.content:
        raise InvalidValueError("source", f"{source.name} holds {source.content}; name another one")
    if city or source.is_complete != options.is_complete:
        change_source(session, source, city | {"is_complete": options.is_complete})
    return source


def _withdraw_missing(
    factory: sessionmaker[Session], import_id: int, report: Report, on_committed: Callable[[list[int]], None]
) -> None:
    """Withdraw the properties that the feed no longer has, although they are too many for an import without consent."""
    with factory() as session:
        import_ = session.get_one(Import, import_id)
        if import_.state is not ImportState.WAITING:
            return
        withdrawn = confirm_withdrawals(session, import_)
        session.commit()
    on_committed(withdrawn)
    report.withdrawn, report.held, report.reason = report.withdrawn + len(withdrawn), 0, None


def source_of(factory: sessionmaker[Session], owner_email: str | None, name: str) -> Source | None:
    """The owner's source of this name, used to show which source an import will continue."""
    with factory() as session:
        return source_named(session, owner_of_imports(session, owner_email), name)
