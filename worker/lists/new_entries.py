"""New entries of lists, for their owners' webhooks.

Entries that lists are about to gain are recorded before the lists are replaced. A list may be written more than once in
a publishing transaction, so only the recorded entries that are still in the lists at its end become events. If no
endpoint subscribes to recommendations, this costs one query of the table of endpoints per transaction.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from models.core.enums import Side
from models.webhooks.recommendations import NewPair, recommendation_listeners, record_recommendations
from worker.market.stored_lists import for_side

_NOTED = "has_new_entries"
_LISTENERS = "recommendation_listeners"


def record_new_entries(session: Session, side: Side) -> None:
    """Record which entries the staged lists of *side* would add to the stored ones, for owners who want events."""
    asked_in, listeners = session.info.get(_LISTENERS, (None, []))
    if asked_in is not session.get_transaction():
        listeners = recommendation_listeners(session)
        session.info[_LISTENERS] = session.get_transaction(), listeners
    if not listeners:
        return
    session.execute(
        text(
            "CREATE TEMPORARY TABLE IF NOT EXISTS new_entries"
            " (side text, owner_row bigint, entry bigint, former real) ON COMMIT DELETE ROWS"
        )
    )
    session.execute(
        for_side(
            side,
            """
            INSERT INTO new_entries (side, owner_row, entry, former)
            SELECT :side, staged.id, entry.id, former.score
            FROM staged_{table} AS staged
            JOIN {entities} AS owner
                ON owner.id = staged.id AND owner.owner_id = ANY(:owner_ids)
            LEFT JOIN {table} AS stored ON stored.{key} = staged.id
            CROSS JOIN LATERAL unnest(staged.entries, staged.scores) AS entry (id, score)
            LEFT JOIN LATERAL (
                SELECT was.score FROM unnest(stored.{array}, stored.scores) AS was (id, score)
                WHERE was.id = entry.id
            ) AS former ON true
            WHERE entry.score >= :min_score AND (former.score IS NULL OR former.score < entry.score)
            """,
        ),
        {
            "side": side.value,
            "owner_ids": list({listener.owner_id for listener in listeners}),
            "min_score": min(listener.min_score for listener in listeners),
        },
    )
    session.info[_NOTED] = session.get_transaction()


def queue_new_entry_events(session: Session) -> None:
    """Store events for the recorded entries that the lists now contain; call once, before the commit."""
    noted_in = session.info.pop(_NOTED, None)
    if noted_in is None or noted_in is not session.get_transaction():
        return
    listeners = {listener.endpoint_id: listener for listener in recommendation_listeners(session)}
    for side in Side:
        rows = session.execute(
            for_side(
                side,
                """
                SELECT listener.id, noted.owner_row, noted.entry, max(entry.score) AS score
                FROM new_entries AS noted
                JOIN {entities} AS owner ON owner.id = noted.owner_row
                JOIN unnest(CAST(:ids AS bigint[]), CAST(:owner_ids AS bigint[]), CAST(:min_scores AS real[]))
                    AS listener (id, owner_id, min_score) ON listener.owner_id = owner.owner_id
                JOIN {table} AS stored ON stored.{key} = noted.owner_row
                JOIN LATERAL unnest(stored.{array}, stored.scores) AS entry (id, score)
                    ON entry.id = noted.entry AND entry.score >= listener.min_score
                WHERE noted.side = :side AND (noted.former IS NULL OR noted.former < listener.min_score)
                GROUP BY listener.id, noted.owner_row, noted.entry
                ORDER BY score DESC, noted.owner_row, noted.entry, listener.id
                """,
            ),
            {
                "side": side.value,
                "ids": list(listeners),
                "owner_ids": [listener.owner_id for listener in listeners.values()],
                "min_scores": [listener.min_score for listener in listeners.values()],
            },
        ).all()
        of_lead = side is Side.LEAD
        record_recommendations(
            session,
            side,
            [
                NewPair(listeners[id_], own_id if of_lead else other, other if of_lead else own_id, score)
                for id_, own_id, other, score in rows
            ],
        )
    session.execute(text("TRUNCATE new_entries"))
