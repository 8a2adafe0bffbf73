"""What is kept for how long, and clearing away what is past its time.

| what | kept |
| --- | --- |
| ended rescoring runs and their shards | 90 days, and always the last 20 |
| notices that were read | 180 days after the reading |
| answers under an Idempotency-Key | 24 hours (:data:`models.platform.idempotency.KEPT`), then until the next clearing |
| revocations of tokens | until the token would have ended by itself |
| text models | while a market uses them, or a run that is open or may be retried; and the newest |
| partial lists of tiles | until published or cancelled; of a failed run 2 days (`partial_lists.PARTIALS_KEPT`) |
| quarantined entities | while they exist in the version that failed |
| attempts at rescoring | a day after their worker died |
| imports with their reports | 180 days, and always a source's last 20 |

Likes, matches, inquiries, chats and the audit log are people's business and proof; nothing here deletes them.
"""

from datetime import timedelta

from sqlalchemy import CursorResult, Delete, Select, delete, func, select, union, update
from sqlalchemy.orm import Session

from models.accounts import tokens
from models.accounts.notifications import Notification
from models.core.base import database_now, rows_changed
from models.core.enums import OPEN_STATES, RunState, Side
from models.market.leads import Lead
from models.market.properties import Property
from models.market.unscorable import UnscorableEntity
from models.platform import idempotency
from models.ranking.recommendations import Market, TextModelRow
from models.rescoring.attempts import forget_old_attempts
from models.rescoring.partial_lists import PARTIALS_KEPT, forget_partials
from models.rescoring.runs import RescoringRun, RescoringShard
from models.sources.tables import Import

RUNS_KEPT = timedelta(days=90)
LAST_RUNS_KEPT = 20
READ_NOTICES_KEPT = timedelta(days=180)
IMPORTS_KEPT = timedelta(days=180)
LAST_IMPORTS_KEPT = 20


def clear_away(session: Session) -> dict[str, int]:
    """Delete what is past its time, in the caller's transaction; how many rows of each kind."""
    # These need their text models no longer, and the references would keep a model for every night. A failed run may be
    # retried and keeps its own.
    session.execute(
        update(RescoringRun)
        .where(
            RescoringRun.state.in_([RunState.SUCCEEDED, RunState.CANCELLED]),
            RescoringRun.text_model_id.is_not(None),
        )
        .values(text_model_id=None)
    )
    found = {
        "runs": session.execute(_old_runs()),
        "notices": session.execute(delete(Notification).where(Notification.read_at < func.now() - READ_NOTICES_KEPT)),
        "partials": forget_partials(session, _shards_past_retrying()),
        "text_models": session.execute(_unused_text_models()),
        "quarantined": _outdated_quarantines(session),
        "imports": session.execute(_old_imports()),
    }
    counts = {name: result.rowcount if isinstance(result, CursorResult) else result for name, result in found.items()}
    counts["attempts"] = forget_old_attempts(session)
    counts["idempotent_answers"] = idempotency.forget_old(session, database_now(session))
    counts["revoked_tokens"] = tokens.forget_expired(session)
    return counts


def _old_runs() -> Delete:
    last = select(RescoringRun.id).order_by(RescoringRun.id.desc()).limit(LAST_RUNS_KEPT)
    return delete(RescoringRun).where(
        RescoringRun.state.not_in(OPEN_STATES),
        RescoringRun.finished_at < func.now() - RUNS_KEPT,
        RescoringRun.id.not_in(last),
    )


def _old_imports() -> Delete:
    place = func.row_number().over(partition_by=Import.source_id, order_by=Import.id.desc()).label("place")
    numbered = select(Import.id, place).subquery()
    return delete(Import).where(
        Import.id.in_(select(numbered.c.id).where(numbered.c.place > LAST_IMPORTS_KEPT)),
        Import.finished_at < func.now() - IMPORTS_KEPT,
    )


def _shards_past_retrying() -> Select[int]:
    ended = (RunState.SUCCEEDED, RunState.CANCELLED)
    past = (RescoringRun.state == RunState.FAILED) & (RescoringRun.finished_at < func.now() - PARTIALS_KEPT)
    return select(RescoringShard.id).join(RescoringRun).where(RescoringRun.state.in_(ended) | past)


def _unused_text_models() -> Delete:
    used = union(
        select(Market.text_model_id).where(Market.text_model_id.is_not(None)),
        select(RescoringRun.text_model_id).where(RescoringRun.text_model_id.is_not(None)),
        select(func.max(TextModelRow.id)),
    )
    return delete(TextModelRow).where(TextModelRow.id.not_in(used))


def _outdated_quarantines(session: Session) -> int:
    """Delete quarantines of entities that are gone or have been written since; how many."""
    count = 0
    for side, table in ((Side.LEAD, Lead), (Side.PROPERTY, Property)):
        same = select(table.id).where(table.id == UnscorableEntity.entity_id, table.version == UnscorableEntity.version)
        outdated = delete(UnscorableEntity).where(UnscorableEntity.side == side, ~same.exists())
        count += rows_changed(session.execute(outdated))
    return count
