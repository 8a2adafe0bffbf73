"""Agencies whose feeds are imported."""

from sqlalchemy import select

from models.core.enums import Role, Status
from models.market.properties import Property
from models.sources.formats.feed import open_feed
from models.sources.imports import import_feed
from models.sources.sources import create_source, request_import
from models.sources.tables import Import, Source
from tests.factories import make_user
from tests.models.sources.feeds import yrl, yrl_offer


class Office:
    """Agencies, their sources, and files that are imported into them."""

    def __init__(self, factory, folder):
        self.factory = factory
        self.folder = folder

    def source(self, name="feed", owner=None, **fields):
        """Create a source, of a new agency unless one is given; returns its id."""
        with self.factory() as session:
            user = session.get_one(type(owner), owner.id) if owner else make_user(session, Role.AGENCY)
            session.flush()
            source = create_source(session, user, {"name": name, **fields})
            session.commit()
            return source.id

    def bring(self, source_id, data, *, is_dry_run=False, of_leads=False, mapping=None, **options):
        """Import a file; returns its report."""
        path = self.folder / f"feed-{source_id}"
        path.write_bytes(data)
        with self.factory() as session:
            source = session.get_one(Source, source_id)
            import_ = request_import(session, source, "command", file_name="feed", is_dry_run=is_dry_run)
            session.commit()
            import_id = import_.id
        feed = open_feed(path, None, mapping, of_leads=of_leads)
        return import_feed(self.factory, import_id, feed, **options)

    def last(self, source_id):
        with self.factory() as session:
            return session.scalars(
                select(Import).where(Import.source_id == source_id).order_by(Import.id.desc())
            ).first()

    def rows(self, source_id):
        """External id -> the row."""
        with self.factory() as session:
            rows = session.scalars(select(Property).where(Property.source_id == source_id).order_by(Property.id))
            return {row.external_id: row for row in rows}

    def on_market(self, source_id):
        return {name for name, row in self.rows(source_id).items() if row.status is Status.ACTIVE}

    def versions(self):
        with self.factory() as session:
            return dict(session.execute(select(Property.id, Property.version)).all())


def feed(*names, **changes):
    return yrl(*(yrl_offer(name, **changes) for name in names))
