"""Time from an import's commit until the lists show its changes: new, cheaper, gone, back, sold, offered twice."""

import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from models.accounts.users import User
from models.core.enums import Role
from models.ranking.freshness import freshness
from models.sources.formats.feed import open_feed
from models.sources.formats.yrl_writer import NAMESPACE
from scripts.benchmarks.feeds.generated import homes, offer
from scripts.importing import ImportOptions, import_file
from worker.jobs.imports import Rescoring
from worker.queue.client import Client

HOMES = 6
OTHER_AGENCY = "other@leadmatch.example"
#: Lists that are not fresh after this time count as never fresh.
WAIT_LIMIT = 60  # seconds


def seconds_until_visible(factory: sessionmaker[Session], client: Client) -> Iterator[tuple[str, float]]:
    """
    Each change of an import, and the seconds from its first commit until every list has its owner's present version.

    Every list must be fresh before. Workers are notified of a change as in any import.
    """
    with factory() as session:
        session.add(User(role=Role.AGENCY, name="Агентство «Замок»", email=OTHER_AGENCY))
        session.commit()
    others = homes(2 * HOMES)[HOMES:]
    for number, home in enumerate(others):
        home.id = HOMES + number + 1
    _visible_after(
        factory, client, OTHER_AGENCY, [offer(home) for home in others]
    )  # not measured: workers load the market
    for change, owner, offers in _changes():
        yield change, _visible_after(factory, client, owner, offers)


def _changes() -> Iterator[tuple[str, str | None, list[str]]]:
    """(change, owner of the feed, its offers), in their order; None: the default owner of imports."""
    listed = homes(HOMES)
    for number, home in enumerate(listed):
        home.id, home.floor, home.total_floors = number + 1, number + 1, 20
    all_of_them = [offer(home) for home in listed]
    yield "new", None, all_of_them
    yield "withdrawn", None, all_of_them[:-1]
    yield "returned", None, all_of_them
    yield "sold", None, [*all_of_them[:-1], all_of_them[-1].replace("</offer>", "<fl_status>SOLD</fl_status></offer>")]
    yield "a twin of another agency", OTHER_AGENCY, [offer(listed[0])]
    listed[1].price = Decimal(round(listed[1].price * Decimal("0.9")))
    yield "price cut", None, [offer(home) for home in listed]


def _visible_after(factory: sessionmaker[Session], client: Client, owner: str | None, offers: list[str]) -> float:
    committed: list[float] = []
    rescoring = Rescoring(client)

    def on_committed(ids: list[int]) -> None:
        committed.append(time.monotonic())
        rescoring(ids)

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".xml") as file:
        file.write(f'<realty-feed xmlns="{NAMESPACE}">{"".join(offers)}</realty-feed>')
        file.flush()
        options = ImportOptions(file.name, source="small")
        import_file(factory, options, open_feed(Path(file.name)), owner, on_committed=on_committed)
    while time.monotonic() < committed[0] + WAIT_LIMIT:
        with factory() as session:
            if not freshness(session).stale:
                return time.monotonic() - committed[0]
        time.sleep(0.003)
    raise SystemExit(f"the lists are not fresh after {WAIT_LIMIT} s")
