"""What a reader has seen of the database, in transaction numbers: clocks jump, and transactions commit out of order."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal, or_, text
from sqlalchemy.orm import InstrumentedAttribute, Session


@dataclass(frozen=True)
class ReadWatermark:
    """The writes that a read has missed: those of transactions from *first* on, and of those *running* at the time.

    Naming the running transactions, rather than all since the oldest of them, matters: a run's transaction is open for
    seconds while it publishes, and everything written since it began would otherwise be read again and again.
    """

    first: int
    running: list[int] = field(default_factory=list)

    @property
    def oldest(self) -> int:
        """The read has missed no transaction before this one."""
        return min([self.first, *self.running])

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of :data:`MISSED`."""
        return {"first": self.first, "running": self.running}

    def missed(self, changed_in: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Whether the read may have missed a row of this ``changed_in``."""
        return or_(changed_in >= self.first, changed_in == any_(literal(self.running, ARRAY(BigInteger))))


#: :meth:`ReadWatermark.missed` in SQL.
MISSED = "(changed_in >= :first OR changed_in = ANY (CAST(:running AS bigint[])))"


def read_watermark(session: Session) -> ReadWatermark:
    """The watermark of the session's next query. Its own transaction goes on, so its writes count as missed."""
    snapshot, own = session.execute(
        text("SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text")
    ).one()
    _, first, running = snapshot.split(":")
    missed = {int(number) for number in running.split(",") if number}
    if own is not None and int(own) < int(first):
        missed.add(int(own))
    return ReadWatermark(int(first), sorted(missed))
