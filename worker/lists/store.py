"""Writing recommendation lists: COPY into a staging table, then one statement that moves them into place."""

from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from models.core.base import LARGEST_ID
from models.core.enums import MarketKey, Side
from worker.lists.binary_copy import ListsToCopy
from worker.lists.new_entries import record_new_entries
from worker.market.read_watermark import ReadWatermark
from worker.market.stored_lists import TABLES, StoredLists, for_side, market_parameters

#: Key of ``connection.info``: the connection's staging tables, each with the transaction that last published its rows.
_STAGING = "staging"


@dataclass(frozen=True)
class ListChanges:
    """How staged lists differ from the stored ones."""

    lists: int
    #: Lists with other entries, or with the same entries in another order; a new list counts as changed.
    changed: int
    #: How many lists replace a list, where both have a first score, and the sum of the differences of these scores.
    compared: int
    score_change: float

    def __add__(self, other: "ListChanges") -> "ListChanges":
        return ListChanges(
            self.lists + other.lists,
            self.changed + other.changed,
            self.compared + other.compared,
            self.score_change + other.score_change,
        )

    @property
    def mean_score_change(self) -> float | None:
        """The mean over the compared lists; None if there are none."""
        return self.score_change / self.compared if self.compared else None


def write_lists(
    session: Session, side: Side, market: MarketKey, stored: StoredLists, run_id: int | None = None
) -> None:
    """
    Store lists of *side* in the caller's transaction, which holds the market's lock.

    A stored list that was computed from a newer version of its entity is not replaced. Nor is a list that is still in
    another market: its entity has moved here and must first leave that market, or it would stay in other lists there.

    Both large and small numbers of lists are written by COPY and one INSERT.
    """
    if len(stored.ids):
        stage_lists(session, side, stored)
        publish_staged(session, side, market, run_id)


def stage_lists(session: Session, side: Side, stored: StoredLists) -> None:
    """Copy lists into a table that only this transaction sees, in addition to lists that are staged already."""
    staging = f"staged_{TABLES[side][0]}"
    state = session.connection().info.setdefault(_STAGING, {})
    if staging not in state:
        session.execute(
            text(
                f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging}"
                " (id bigint, entries bigint[], scores real[], version bigint) ON COMMIT DELETE ROWS"
            )
        )
    elif state[staging] is session.get_transaction():
        session.execute(for_side(side, "TRUNCATE staged_{table}"))
    state[staging] = None
    with closing(session.connection().connection.cursor()) as cursor:
        rows = ListsToCopy(stored.ids, stored.versions, stored.lists)
        cursor.copy_expert(f"COPY {staging} FROM STDIN (FORMAT binary)", rows)


def compare_staged(session: Session, side: Side) -> ListChanges:
    """How the staged lists of *side* differ from the stored ones."""
    row = session.execute(
        for_side(
            side,
            "SELECT count(*), count(*) FILTER (WHERE stored.{array} IS DISTINCT FROM staged.entries),"
            " count(staged.scores[1] - stored.scores[1]),"
            " coalesce(sum((staged.scores[1] - stored.scores[1])::float8), 0)"
            " FROM staged_{table} AS staged LEFT JOIN {table} AS stored ON stored.{key} = staged.id",
        )
    ).one()
    return ListChanges(*row)


def drop_unchanged(session: Session, side: Side, market: MarketKey) -> ListChanges:
    """Remove the staged lists that equal the stored ones; returns what :func:`compare_staged` would say of these."""
    # With "=" PostgreSQL would join by the arrays too, and compute a hash of every item.
    row = session.execute(
        for_side(
            side,
            "WITH dropped AS ("
            " DELETE FROM staged_{table} AS staged USING {table} AS stored"
            " WHERE stored.{key} = staged.id AND stored.version = staged.version"
            " AND stored.city_key = :city_key AND stored.deal_type = :deal_type"
            " AND stored.{array} IS NOT DISTINCT FROM staged.entries"
            " AND stored.scores IS NOT DISTINCT FROM staged.scores"
            " RETURNING staged.scores[1] IS NOT NULL AS has_entries)"
            " SELECT count(*), 0, count(*) FILTER (WHERE has_entries), 0.0::float8 FROM dropped",
        ),
        market_parameters(market),
    ).one()
    return ListChanges(*row)


def publish_staged(
    session: Session,
    side: Side,
    market: MarketKey,
    run_id: int | None,
    unless_written_since: ReadWatermark | None = None,
) -> None:
    """
    Move the staged lists into place; :func:`write_lists` states which stored lists are not replaced.

    The caller has flushed the market's row, from which each list takes the number of its generation. Before it commits,
    the caller queues events for new entries (:func:`worker.lists.new_entries.queue_new_entry_events`).

    Args:
        unless_written_since: Also keep stored lists that a read with this watermark may have missed.
    """
    record_new_entries(session, side)
    session.execute(
        for_side(
            side,
            """
            INSERT INTO {table} AS stored
                ({key}, {array}, scores, version, city_key, deal_type, run_id, generation, computed_at)
            SELECT id, entries, scores, version, :city_key, :deal_type, :run_id,
                (SELECT generation FROM markets WHERE city_key = :city_key AND deal_type = :deal_type), now()
            FROM staged_{table}
            ON CONFLICT ({key}) DO UPDATE
            SET {array} = excluded.{array}, scores = excluded.scores, version = excluded.version,
                city_key = excluded.city_key, deal_type = excluded.deal_type, run_id = excluded.run_id,
                generation = excluded.generation, computed_at = excluded.computed_at, changed_in = excluded.changed_in
            WHERE stored.version <= excluded.version
                AND stored.changed_in < :written_since
                AND (stored.city_key IS NULL
                     OR (stored.city_key, stored.deal_type) = (excluded.city_key, excluded.deal_type))
            """,
        ),
        {
            **market_parameters(market),
            "run_id": run_id,
            "written_since": LARGEST_ID if unless_written_since is None else unless_written_since.oldest,
        },
    )
    # A commit empties the table. If more lists are staged before the commit, which is rare, they empty it first.
    session.connection().info[_STAGING][f"staged_{TABLES[side][0]}"] = session.get_transaction()


@event.listens_for(Engine, "rollback")
def _clear_staging(connection: Connection) -> None:
    """Forget staging tables: a rollback drops those that its transaction created, as does the loss of a connection."""
    if not connection.invalidated:  # its info is gone, and reading it would reconnect
        connection.info.pop(_STAGING, None)


def written_ids(session: Session, side: Side, market: MarketKey) -> set[int]:
    """Ids of *side* whose lists this transaction has written."""
    # A range, although it has one number: see `worker.market.read_watermark.missed_rows`.
    return set(
        session.scalars(
            for_side(
                side,
                "SELECT {key} FROM {table}, (SELECT (pg_current_xact_id()::text)::bigint AS number) AS own"
                " WHERE changed_in BETWEEN own.number AND own.number"
                " AND city_key = :city_key AND deal_type = :deal_type",
            ),
            market_parameters(market),
        )
    )


def clear_lists(session: Session, side: Side, market: MarketKey, ids: list[int]) -> None:
    """Empty the lists of entities that have left the market; these lists now belong to no market."""
    session.execute(
        for_side(
            side,
            "UPDATE {table} SET {array} = '{{}}', scores = '{{}}', city_key = NULL, deal_type = NULL, run_id = NULL,"
            " generation = NULL, computed_at = now(), changed_in = (pg_current_xact_id()::text)::bigint"
            " WHERE {key} = ANY(:ids) AND city_key = :city_key AND deal_type = :deal_type",
        ),
        {"ids": ids, **market_parameters(market)},
    )
