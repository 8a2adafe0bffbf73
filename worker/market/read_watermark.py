"""How far a look at the database has seen, told in transactions: clocks move, and transactions commit out of order."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, literal, or_, text
from sqlalchemy.orm import InstrumentedAttribute, Session


@dataclass(frozen=True)
class Horizon:
    """
    What a look has missed: what was written by transactions from *first* on, and by those *running* at the time.

    Naming those that were running, rather than all since the oldest of them, matters: while a run publishes, its
    transaction is open for seconds, and everything written since it began would be looked at again and again.
    """

    first: int
    running: list[int] = field(default_factory=list)

    @property
    def oldest(self) -> int:
        """No transaction before this one has been missed."""
        return min([self.first, *self.running])

    @property
    def parameters(self) -> dict[str, Any]:
        """For the SQL of :data:`MISSED`."""
        return {"first": self.first, "running": self.running}

    def missed(self, changed_in: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Whether a row of this ``changed_in`` may have been missed."""
        return or_(changed_in >= self.first, changed_in == any_(literal(self.running, ARRAY(BigInteger))))


#: :meth:`Horizon.missed` in SQL.
MISSED = "(changed_in >= :first OR changed_in = ANY (CAST(:running AS bigint[])))"


def horizon(session: Session) -> Horizon:
    """The horizon of the session's next query. Our own transaction goes on, so what it writes counts as missed."""
    shown, own = session.execute(
        text("SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text")
    ).one()
    _, first, running = shown.split(":")
    missed = {int(number) for number in running.split(",") if number}
    if own is not None and int(own) < int(first):
        missed.add(int(own))
    return Horizon(int(first), sorted(missed))
