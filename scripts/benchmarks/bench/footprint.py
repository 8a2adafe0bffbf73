"""The disk space of a lead and a property in PostgreSQL, and the size of a market's snapshot in a worker's memory."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.enums import Side
from worker.market.cache import size_of
from worker.market.snapshot import Snapshot

#: The tables with data of each row of a side.
TABLES = {
    Side.LEAD: ("leads", "lead_recommendations"),
    Side.PROPERTY: ("properties", "property_recommendations", "property_prices", "listing_words"),
}


def footprint(session: Session, snapshot: Snapshot) -> list[str]:
    """Lines with the kilobytes of a row, including indexes, long values and its list, and those of the snapshot."""
    lines = []
    for side, tables in TABLES.items():
        count = len(snapshot.part(side))
        on_disk = {name: _bytes(session, name) for name in tables}
        shown = ", ".join(f"{name} {size / count / 1e3:.2f}" for name, size in on_disk.items())
        lines.append(f"a {side.lower()} on disk: {sum(on_disk.values()) / count / 1e3:.2f} KB ({shown})")
    rows = sum(len(snapshot.part(side)) for side in Side)
    return [*lines, f"a row in a worker's memory: {size_of(snapshot) / rows / 1e3:.2f} KB"]


def _bytes(session: Session, table: str) -> int:
    return int(session.scalar(text("SELECT pg_total_relation_size(:table)"), {"table": table}) or 0)
