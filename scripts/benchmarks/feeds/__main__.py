"""Compare formats on this home's running system (never in production, because it leaves rows behind).

    python -m scripts.benchmarks.feeds listings.csv --city Москва

The table is written as a feed of each format, each is imported into a separate source, and the rows are compared.
:mod:`scripts.benchmarks.feeds.large` measures rate and memory of a large feed.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from models.market.properties import Property
from models.sources.formats.feed import open_feed
from models.sources.report import Report
from models.sources.tables import Import, Source
from scripts.benchmarks.feeds.writers import WRITERS, read_table
from scripts.benchmarks.load.own import own_system
from scripts.importing import ImportOptions, import_file
from scripts.one_line import errors_in_one_line

#: Columns that all formats support; the address is compared as one text, and years only for formats that do not round.
COMPARED = (
    "deal_type", "city_key", "district", "metro_station", "property_type", "property_class", "price", "currency",
    "area", "rooms", "floor", "total_floors", "year_built",
)  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", type=Path, help="a table of listings (CSV, English columns)")
    arguments.add_argument("--city", required=True, help="where the listings are")
    given = arguments.parse_args()
    _, factory = own_system("leadmatch-feeds")
    with tempfile.TemporaryDirectory(prefix="leadmatch-feeds-") as folder:
        broken = compare_formats(factory, given.file, given.city, Path(folder))
    print("\n".join(broken) or "All formats import to the same rows.")
    sys.exit(1 if broken else 0)


def compare_formats(factory: sessionmaker[Session], file: Path, city: str, folder: Path) -> list[str]:
    """Import the table as a feed of each format; returns the differences from the table's own import."""
    expected: dict[str, tuple[Any, ...]] = {}
    broken = []
    for kind in ("table", *WRITERS):
        path = file
        if kind != "table":
            path = folder / f"made.{kind}"
            WRITERS[kind](path, read_table(file))
        name = f"measured {kind}"
        report, seconds = imported(factory, path, name, city)
        rows = rows_of(factory, name)
        expected = expected or rows
        differing = [key for key in expected.keys() | rows.keys() if expected.get(key) != rows.get(key)]
        print(
            f"{kind:6} {report.offers:,} offers, {report.refused:,} refused, {len(rows):,} rows,"
            f" {seconds:.1f} s of CPU, {report.offers / seconds:,.0f} offers/s",
            flush=True,
        )
        for key in sorted(differing)[:3]:
            broken.append(f"{kind} {key}: {rows.get(key)} instead of {expected.get(key)}")
        if differing:
            broken.append(f"{kind}: {len(differing):,} rows differ")
        delete_source(factory, name) if kind != "table" else None
    delete_source(factory, "measured table")
    return broken


def imported(factory: sessionmaker[Session], path: Path, name: str, city: str) -> tuple[Report, float]:
    """The report of an import into the source *name* of the default owner of imports, and the CPU seconds it took."""
    began = time.process_time()
    report = import_file(factory, ImportOptions(str(path), source=name, city=city), open_feed(path), None)
    return report, time.process_time() - began


def rows_of(factory: sessionmaker[Session], name: str) -> dict[str, tuple[Any, ...]]:
    """External id -> the compared columns of its row."""
    columns = [getattr(Property, each) for each in COMPARED]
    query = (
        select(Property.external_id, Property.location, Property.street, Property.house_number, *columns)
        .join(Source, Source.id == Property.source_id)
        .where(Source.name == name)
    )
    with factory() as session:
        return {
            external_id: (location or ", ".join(filter(None, (street, house))) or None, *rest)
            for external_id, location, street, house, *rest in session.execute(query)
        }


def delete_source(factory: sessionmaker[Session], name: str) -> None:
    """Delete a measured source with its listings."""
    with factory() as session:
        ids = list(session.scalars(select(Source.id).where(Source.name == name)))
        session.execute(delete(Property).where(Property.source_id.in_(ids)))
        session.execute(delete(Import).where(Import.source_id.in_(ids)))
        session.execute(delete(Source).where(Source.id.in_(ids)))
        session.commit()


if __name__ == "__main__":
    with errors_in_one_line():
        main()
