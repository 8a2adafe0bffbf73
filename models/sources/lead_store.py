"""Store clients' requests batch by batch: new leads are added to their source, changed ones are updated.

An import takes nothing off the market: only the realtor ends a client's request.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.core.enums import Origin, Status
from models.market.leads import Lead, canonical_lead
from models.market.towns.reading import TownError
from models.sources.columns import content_hash
from models.sources.formats.offer import Request
from models.sources.report import Line
from models.sources.store import OfferStore
from models.sources.tables import ImportState


class LeadStore(OfferStore):
    """One import of requests."""

    def _store(self, batch: list[Any]) -> list[int]:
        """Store new and changed requests; returns the ids of the written leads."""
        with Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            rows = self._canonical(session, batch)
            known = self._leads(session, [request.external_id for request, _ in rows])
            written = [self._put(known.get(request.external_id), request, columns) for request, columns in rows]
            touched = [lead for lead in written if lead is not None]
            if self.is_dry_run:
                return []
            session.add_all(touched)
            session.commit()
            return [lead.id for lead in touched]

    def finish(self, on_committed: Any) -> tuple[ImportState, list[int]]:
        """Nothing is withdrawn."""
        self._refuse_if_none_was_accepted()
        return ImportState.SUCCEEDED, []

    def _canonical(self, session: Session, batch: Sequence[Request]) -> list[tuple[Request, dict[str, Any]]]:
        read = []
        for request in batch:
            fields = request.fields | {"city": request.fields.get("city") or self.source.city or ""}
            columns: dict[str, Any] = {}
            if not request.faults and not fields["city"]:
                request.refuse("city", "import.no_town")
            if not request.faults:
                try:
                    columns = canonical_lead(session, fields)
                except TownError as error:
                    request.refuse("city", error.fault, fields["city"])
            read.append((request, columns))
        self._refuse_repeated(list(batch))
        for request in batch:
            self.report.note(request)
            for fault in request.faults:
                self.on_refused(Line(request.line, request.external_id, fault))
        return [(request, columns) for request, columns in read if not request.faults]

    def _leads(self, session: Session, ids: list[str]) -> dict[str, Lead]:
        query = select(Lead).where(Lead.source_id == self.source.id, Lead.external_id.in_(ids))
        return {str(lead.external_id): lead for lead in session.scalars(query)}

    def _put(self, lead: Lead | None, request: Request, columns: dict[str, Any]) -> Lead | None:
        """The lead to write; None if it is unchanged."""
        digest = content_hash(orjson.loads(orjson.dumps(columns, default=str)))
        if lead is not None and lead.content_hash == digest:
            self.report.unchanged += 1
            return None
        self.report.markets.add((columns["city_key"], columns["deal_type"]))
        if lead is None:
            self.report.new += 1
            lead = Lead(
                owner_id=self.source.owner_id,
                source_id=self.source.id,
                external_id=request.external_id,
                origin=Origin.IMPORT,
                status=Status.ACTIVE,
            )
        else:
            self.report.changed += 1
        if self.is_dry_run:
            return None
        for name, value in (columns | {"content_hash": digest, "grammar": None}).items():
            setattr(lead, name, value)
        return lead

    def _count_active(self) -> int:
        return 0
