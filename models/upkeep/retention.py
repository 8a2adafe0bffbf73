"""Retention periods, and deletion of the rows that are past them.

| rows | kept |
| --- | --- |
| ended rescoring runs and their shards | 90 days, and always the last 20 |
| read notifications | 180 days after they were read |
| exports of accounts | 7 days (:data:`models.accounts.account_exports.KEPT`) |
| answers under an Idempotency-Key, what forms created | 24 hours (:data:`models.platform.idempotency.KEPT`) |
| sessions | until their token expires, and 90 days (:data:`models.accounts.sessions.KNOWN_FOR`) |
| suspended claims of accounts | 30 days (:data:`models.accounts.identity.SUSPENDED_KEPT`) |
| revocations of tokens | until the token would have expired |
| text models | while a market uses them, or a run that is open or may be retried; and the newest |
| models of closeness | while a market uses them, or a run that is open or may be retried; and each market's newest |
| partial lists of tiles | until published or cancelled; a failed run's for 2 days (`PARTIALS_KEPT`) |
| quarantined entities | while they exist in the version that failed |
| attempts at rescoring | a day after their worker died |
| events of webhooks and their deliveries | 30 days (:data:`models.webhooks.delivery_log.LOG_KEPT`) |
| tasks of leads | an hour after they were deleted |
| documents of leads and properties | an hour after they were deleted, or their rows |
| photos of a property's form that was never saved | 8 days (:data:`models.market.photos.UNSAVED_KEPT`) |
| pairs that were sent to webhooks | while both lead and property exist |
| updates of the Telegram bot, drafts of leads, unsent calls | 7 days, 7 days, 2 hours |
| invitations into agencies | 7 days (:data:`models.agencies.invitations.LIFETIME`) |
| figures of markets by day | 400 days: the year that pages show, and the days with which it is compared |
| imports with their reports | 180 days, and always a source's last 20 |

Codes by SMS are kept for a day, links by e-mail and invitations by administrators for a day or until they expire,
whichever is later; a sweep deletes them (worker/jobs/accounts.py).

Likes, matches, inquiries, chats, the audit log, and what ads cost by day (a row for each day on which an ad's figures
changed) are records of people's business; nothing here deletes them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import CompoundSelect, Date, Delete, Select, delete, func, select, union, update
from sqlalchemy.orm import Session

from models.accounts import tokens
from models.accounts.account_exports import delete_old_exports
from models.accounts.bot_queue import delete_old_bot_rows
from models.accounts.identity import delete_old_suspended_claims
from models.accounts.notifications import Notification
from models.accounts.sessions import delete_old_sessions
from models.agencies.invitations import delete_expired_invitations
from models.agenda.tasks import purge_deleted_tasks
from models.core.base import database_now, rows_changed
from models.core.enums import OPEN_STATES, RunState, Side
from models.core.savepoints import own_savepoint
from models.market.documents import purge_deleted_documents
from models.market.leads import Lead
from models.market.photos import delete_unsaved_photos
from models.market.properties import Property
from models.market.unscorable import UnscorableEntity
from models.platform import idempotency
from models.ranking.closeness import ClosenessRow
from models.ranking.recommendations import Market, TextModelRow
from models.rescoring.attempts import delete_old_attempts
from models.rescoring.partial_lists import PARTIALS_KEPT, delete_partials
from models.rescoring.runs import RescoringRun, RescoringShard
from models.sources.photos import delete_unused_photos
from models.sources.tables import Import
from models.upkeep.market_days import MarketDay
from models.webhooks.delivery_log import delete_old_events
from models.webhooks.tables import AnnouncedPair

RUNS_KEPT = timedelta(days=90)
LAST_RUNS_KEPT = 20
READ_NOTIFICATIONS_KEPT = timedelta(days=180)
IMPORTS_KEPT = timedelta(days=180)
LAST_IMPORTS_KEPT = 20
#: The longest period that pages of operators show is 365 days. A market has one row a day, so the table is bounded by
#: the number of markets: 1,000 of them are 400,000 rows.
MARKET_DAYS_KEPT = timedelta(days=400)


def delete_expired(session: Session) -> dict[str, int]:
    """Delete expired rows in the caller's transaction. Returns the number of deleted rows by kind."""
    # Ended runs no longer need their text models, and the references would keep a model for every night. A failed run
    # may be retried, so it keeps its model.
    no_longer = RescoringRun.state.in_([RunState.SUCCEEDED, RunState.CANCELLED]) & RescoringRun.text_model_id.is_not(
        None
    )
    with own_savepoint(session, "retention_failed", kind="text_models_of_runs"):
        session.execute(update(RescoringRun).where(no_longer).values(text_model_id=None))
    read_notifications = delete(Notification).where(Notification.read_at < func.now() - READ_NOTIFICATIONS_KEPT)
    kinds: dict[str, Callable[[], int]] = {
        "runs": lambda: rows_changed(session.execute(_old_runs())),
        "notifications": lambda: rows_changed(session.execute(read_notifications)),
        "account_exports": lambda: delete_old_exports(session),
        "partials": lambda: delete_partials(session, _shards_past_retrying()),
        "text_models": lambda: rows_changed(session.execute(_unused_text_models())),
        "closeness_models": lambda: rows_changed(session.execute(_unused_closeness_models())),
        "quarantined": lambda: _delete_outdated_quarantines(session),
        "market_days": lambda: rows_changed(session.execute(_old_market_days())),
        "imports": lambda: rows_changed(session.execute(_old_imports())),
        "photos": lambda: delete_unused_photos(session),
        "webhook_events": lambda: delete_old_events(session),
        "bot_rows": lambda: delete_old_bot_rows(session),
        "tasks": lambda: purge_deleted_tasks(session),
        "documents": lambda: purge_deleted_documents(session),
        "unsaved_photos": lambda: delete_unsaved_photos(session),
        "agency_invitations": lambda: delete_expired_invitations(session),
        "announced_pairs": lambda: rows_changed(session.execute(_announced_pairs_of_deleted())),
        "attempts": lambda: delete_old_attempts(session),
        "idempotent_answers": lambda: idempotency.delete_old_answers(session, database_now(session)),
        "sessions": lambda: delete_old_sessions(session, database_now(session)),
        "suspended_claims": lambda: delete_old_suspended_claims(session, database_now(session)),
        "revoked_tokens": lambda: tokens.delete_expired_revocations(session),
    }
    deleted = {}
    for kind, delete_kind in kinds.items():
        # A failed deletion must not prevent the others, such as those of used keys and exports of accounts.
        with own_savepoint(session, "retention_failed", kind=kind):
            deleted[kind] = delete_kind()
    return deleted


def _old_runs() -> Delete:
    last = select(RescoringRun.id).order_by(RescoringRun.id.desc()).limit(LAST_RUNS_KEPT)
    return delete(RescoringRun).where(
        RescoringRun.state.not_in(OPEN_STATES),
        RescoringRun.finished_at < func.now() - RUNS_KEPT,
        RescoringRun.id.not_in(last),
    )


def _old_market_days() -> Delete:
    return delete(MarketDay).where(MarketDay.day < func.timezone("UTC", func.now()).cast(Date) - MARKET_DAYS_KEPT)


def _old_imports() -> Delete:
    rank = func.row_number().over(partition_by=Import.source_id, order_by=Import.id.desc()).label("rank")
    numbered = select(Import.id, rank).subquery()
    return delete(Import).where(
        Import.id.in_(select(numbered.c.id).where(numbered.c.rank > LAST_IMPORTS_KEPT)),
        Import.finished_at < func.now() - IMPORTS_KEPT,
    )


def _shards_past_retrying() -> Select[int]:
    ended = (RunState.SUCCEEDED, RunState.CANCELLED)
    past = (RescoringRun.state == RunState.FAILED) & (RescoringRun.finished_at < func.now() - PARTIALS_KEPT)
    return select(RescoringShard.id).join(RescoringRun).where(RescoringRun.state.in_(ended) | past)


def _unused_text_models() -> Delete:
    used: CompoundSelect[*tuple[Any, ...]] = union(
        select(Market.text_model_id).where(Market.text_model_id.is_not(None)),
        select(RescoringRun.text_model_id).where(RescoringRun.text_model_id.is_not(None)),
        select(func.max(TextModelRow.id)),
    )
    return delete(TextModelRow).where(TextModelRow.id.not_in(used))


def _unused_closeness_models() -> Delete:
    # An ended run needs its models no longer; a failed one may be retried.
    may_run = RescoringRun.state.not_in([RunState.SUCCEEDED, RunState.CANCELLED])
    of_runs = select(RescoringShard.closeness_id).join(RescoringShard.run).where(may_run)
    newest = select(func.max(ClosenessRow.id)).group_by(ClosenessRow.city_key, ClosenessRow.deal_type)
    used: CompoundSelect[*tuple[Any, ...]] = union(
        select(Market.closeness_id).where(Market.closeness_id.is_not(None)),
        of_runs.where(RescoringShard.closeness_id.is_not(None)),
        newest,
    )
    return delete(ClosenessRow).where(ClosenessRow.id.not_in(used))


def _delete_outdated_quarantines(session: Session) -> int:
    """Delete the quarantine of entities that have changed or are gone, and return the number of rows."""
    count = 0
    for side, table in ((Side.LEAD, Lead), (Side.PROPERTY, Property)):
        same = select(table.id).where(table.id == UnscorableEntity.entity_id, table.version == UnscorableEntity.version)
        outdated = delete(UnscorableEntity).where(UnscorableEntity.side == side, ~same.exists())
        count += rows_changed(session.execute(outdated))
    return count


def _announced_pairs_of_deleted() -> Delete:
    lead = select(Lead.id).where(Lead.id == AnnouncedPair.lead_id)
    listing = select(Property.id).where(Property.id == AnnouncedPair.property_id)
    return delete(AnnouncedPair).where(~lead.exists() | ~listing.exists())
