"""Which writes a reader has seen, in transaction numbers: clocks jump, and transactions commit out of order."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, bindparam, or_, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.core.base import LARGEST_ID


@dataclass(frozen=True)
class ReadWatermark:
    """The writes that a read has missed: those of transactions from *first* on, and of those *running* at the time.

    The running transactions are listed one by one, instead of counting all transactions since the oldest of them as
    missed. A run's transaction is open for seconds while it publishes, and everything written since it began would
    otherwise be read repeatedly.
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
        return {
            "first": self.first,
            "last": LARGEST_ID,
            "running": self.running,
            "running_first": min(self.running, default=0),
            "running_last": max(self.running, default=0),
        }


def missed_rows(changed_in: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """
    A condition with :attr:`ReadWatermark.parameters`: the read may have missed a row with this ``changed_in``.

    Both ranges are only for the sake of plans that are made without the parameters. For a range with one bound
    PostgreSQL expects a third of the table, and for a list of numbers ten times the rows of an average transaction:
    after a run that rewrote the market, all rows. It would read the whole table. For a range with two bounds it always
    expects half a percent.
    """
    first, last, running_first, running_last = (
        bindparam(name, type_=BigInteger) for name in ("first", "last", "running_first", "running_last")
    )
    running = bindparam("running", type_=ARRAY(BigInteger))
    return or_(
        changed_in.between(first, last),
        and_(changed_in.between(running_first, running_last), changed_in == any_(running)),
    )


#: :func:`missed_rows` in SQL.
MISSED = (
    "(changed_in BETWEEN :first AND :last OR changed_in BETWEEN :running_first AND :running_last"
    " AND changed_in = ANY (CAST(:running AS bigint[])))"
)


def read_watermark(session: Session) -> ReadWatermark:
    """The watermark of the session's next query. Writes of the session's own open transaction count as missed."""
    snapshot, own = session.execute(
        text("SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text")
    ).one()
    _, first, running = snapshot.split(":")
    missed = {int(number) for number in running.split(",") if number}
    if own is not None and int(own) < int(first):
        missed.add(int(own))
    return ReadWatermark(int(first), sorted(missed))
