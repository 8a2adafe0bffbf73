"""All offers that an import refused, for their owner to download; its report shows the first of them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, delete, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from models.core.base import Base
from models.sources.report import Line
from models.sources.tables import Import

BATCH = 500  # lines per transaction
#: The maximum number of stored lines per import.
MAX_LINES = 100_000


class RefusedOffer(Base):
    """One reason why one offer was refused; it is kept as long as its import."""

    __tablename__ = "refused_offers"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)  #: From 1, in the order of the file.
    #: In the format of :meth:`models.sources.report.Line.as_json`, without the value read.
    remark: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read: Mapped[str] = mapped_column(Text)  #: The original value.


class Refusals:
    """Stores the lines of one import as they occur, in separate transactions. Only one thread at a time may use it."""

    def __init__(self, factory: sessionmaker[Session], import_id: int) -> None:
        self._factory, self._import_id = factory, import_id
        self._count = 0
        self._waiting: list[dict[str, Any]] = []

    def begin(self) -> None:
        """Delete the lines of a killed attempt."""
        with self._factory() as session:
            session.execute(delete(RefusedOffer).where(RefusedOffer.import_id == self._import_id))
            session.commit()

    def __call__(self, line: Line) -> None:
        """Store a line unless the maximum is reached."""
        if self._count >= MAX_LINES:
            return
        self._count += 1
        remark = line.as_json()
        read = str(remark.pop("read") or "").replace("\0", "")
        self._waiting.append({"import_id": self._import_id, "number": self._count, "remark": remark, "read": read})
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Store the buffered lines."""
        if self._waiting:
            with self._factory() as session:
                session.execute(insert(RefusedOffer), self._waiting)
                session.commit()
            self._waiting = []


def refusals_of(factory: sessionmaker[Session], import_: Import) -> Iterator[dict[str, Any]]:
    """
    The refused lines of an import in the order of its file, in the format of
    :meth:`models.sources.report.Line.as_json`, one batch in memory at a time. For an older import without stored lines,
    those of its report.
    """
    last = 0
    while True:
        with factory() as session:
            query = select(RefusedOffer).where(RefusedOffer.import_id == import_.id, RefusedOffer.number > last)
            rows = session.scalars(query.order_by(RefusedOffer.number).limit(BATCH)).all()
        if not rows and not last:
            yield from import_.report.get("refused", [])
        yield from (row.remark | {"read": row.read} for row in rows)
        if len(rows) < BATCH:
            return
        last = rows[-1].number
