"""Webhooks about imports."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.sources.tables import OPEN_IMPORTS, Import, ImportState, Source
from models.webhooks.events import record_event
from models.webhooks.tables import EventType

_COUNTS = ("offers", "new", "changed", "returned", "withdrawn", "refused", "held")


def record_end_of(session: Session, import_ids: Collection[int]) -> None:
    """Record webhook events for finished imports, except dry runs and addresses where nothing has changed."""
    if not import_ids:
        return
    quiet = (*OPEN_IMPORTS, ImportState.UNCHANGED)
    query = select(Import.id, Import.source_id, Import.state, Import.counts, Source.owner_id)
    query = query.join(Source).where(Import.id.in_(import_ids), ~Import.is_dry_run, Import.state.not_in(quiet))
    for import_id, source_id, state, counts, owner_id in session.execute(query).all():
        facts = {"import_id": import_id, "source_id": source_id, "state": state}
        facts["counts"] = {name: counts.get(name, 0) for name in _COUNTS}
        record_event(session, EventType.IMPORT_FINISHED, f"import:{import_id}", facts, owners=[owner_id])
