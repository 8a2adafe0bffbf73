"""
Tasks: thin wrappers of the package's functions. Other modules contain those of lead generation
(worker/leadgen_tasks.py), of notifications and webhooks (worker/notification_tasks.py) and of the public search
(worker/search_tasks.py).

Each task may be delivered twice, or again after a crash, without harm. Arguments are ids, so no personal data enters
the broker. A new task needs a scene in tests/faults/scenes.py, and a line in :data:`worker.queue.routing.QUEUES` unless
changed leads and properties may wait for it.
"""

import logging

from sqlalchemy.orm import Session

from matching.engine.units import ENGINE_VERSION
from models.core.enums import RunScope, Side
from models.core.errors import ConflictError
from models.market.client_keys import renew_keys
from models.ranking.recommendations import has_lists_of_another_engine
from models.rescoring.runs import request_run, waiting_runs
from models.rescoring.shards import abandoned
from models.sources.sources import due_imports
from models.upkeep import retention
from worker.celery_app.base_task import LeadmatchTask, task
from worker.celery_app.heap_memory import trim_heap_after
from worker.celery_app.task_context import client, session_factory, settings
from worker.jobs import (
    account_exports,
    accounts,
    display_order,
    imports,
    learning,
    market_days,
    photos,
    rates,
)
from worker.jobs.mail import MailBusyError
from worker.jobs.runs import begin_run, run_shard
from worker.jobs.sms import SmsBusyError
from worker.lists import relaxations
from worker.lists.careful import reconcile_carefully, rescore_carefully
from worker.lists.rescore import MAX_CHANGES, rescore_entity
from worker.market.grouping import regroup_all
from worker.market.market_lock import own_transaction
from worker.market.stale import stale_by_market, stale_in
from worker.queue.client import MAX_SINGLE

log = logging.getLogger(__name__)


# -- Lists


@task(name="worker.tasks.rescore_lead", bind=True)
def rescore_lead(self: LeadmatchTask, lead_id: int) -> None:
    """Rewrite every list that one lead affects, in both directions."""
    with self.session() as session:
        rescore = rescore_carefully if self.is_redelivered else rescore_entity
        rescore(session, Side.LEAD, lead_id)


@task(name="worker.tasks.rescore_property", bind=True)
def rescore_property(self: LeadmatchTask, property_id: int) -> None:
    """Rewrite every list that one property affects, in both directions."""
    with self.session() as session:
        rescore = rescore_carefully if self.is_redelivered else rescore_entity
        rescore(session, Side.PROPERTY, property_id)


@task(name="worker.tasks.count_relaxations", bind=True)
def count_relaxations(self: LeadmatchTask, lead_id: int) -> None:
    """Count how many homes one lead would be offered if it asked for less."""
    with self.session() as session:
        relaxations.count_relaxations(session, lead_id)


@task(name="worker.tasks.sweep", bind=True)
def sweep(self: LeadmatchTask) -> None:
    """Rescore stale leads and properties: changes whose messages the broker lost, or whose worker died."""
    with self.session() as session:
        stale_of = stale_by_market(session)
        session.commit()
        needs_run = False
        for market, stale in stale_of.items():
            with own_transaction(session, "market_failed", market=market):
                if stale is None:
                    stale = stale_in(session, market)
                if len(stale) > MAX_CHANGES:
                    needs_run = True
                else:
                    reconcile_carefully(session, market, stale)
        if has_lists_of_another_engine(session, ENGINE_VERSION):
            # A release has changed how scores are computed: one run over everything computes all lists again.
            _request_run(session, RunScope.ALL, f"engine:{ENGINE_VERSION}", once=True)
        if needs_run:
            # If this task did the work of a bulk load, changed leads and properties would have to wait.
            _request_run(session, RunScope.STALE, "sweep")


def _request_run(session: Session, scope: RunScope, requested_by: str, once: bool = False) -> None:
    """
    Request a run and notify the workers; does nothing while an open run covers a part of it.
    """
    try:
        run, is_new = request_run(session, scope, requested_by, once=once)
    except ConflictError:
        return
    session.commit()
    if is_new:
        client().run_requested(run.id)


# -- Runs


@task(name="worker.tasks.request_full_run", bind=True)
def request_full_run(self: LeadmatchTask) -> None:
    """Request a run over everything, or join an open one. A message that is delivered twice requests one run."""
    with self.session() as session:
        try:
            run, is_new = request_run(session, RunScope.ALL, f"schedule:{str(self.request.id)[:8]}", once=True)
        except ConflictError as busy:
            log.info("run_not_requested", extra={"reason": str(busy)})
            return
        session.commit()
        if is_new:
            client().run_requested(run.id)


@task(name="worker.tasks.start_run")
def start_run(run_id: int) -> None:
    """Split a queued run into shards and send them to the workers."""
    with trim_heap_after():
        shard_ids = begin_run(run_id)
    for shard_id in shard_ids:
        client().shard_queued(shard_id)


@task(name="worker.tasks.score_shard", bind=True)
def score_shard(self: LeadmatchTask, shard_id: int) -> None:
    """Score one shard of a run; then send the merge of the market's tiles, if this was the last, and waiting runs."""
    with trim_heap_after():
        merge_id = run_shard(shard_id)
    if merge_id is not None:
        client().shard_queued(merge_id)
    with self.session() as session:
        waiting = waiting_runs(session)
    for run_id in waiting:
        client().run_requested(run_id)


@task(name="worker.tasks.sweep_runs", bind=True)
def sweep_runs(self: LeadmatchTask) -> None:
    """
    Send again the runs and shards whose messages the broker lost, or whose worker died.

    Uses the queue of runs. In the other queue it would wait behind changed leads; and while no worker of the queue of
    runs is free, none could process the shards that it sends.
    """
    with self.session() as session:
        run_ids, shard_ids = abandoned(session)
        session.commit()
    for run_id in run_ids:
        client().run_requested(run_id)
    for shard_id in shard_ids:
        client().shard_queued(shard_id)


@task(name="worker.tasks.clear_away", bind=True)
def clear_away(self: LeadmatchTask) -> None:
    """Delete expired rows: old runs, read notifications, used keys and tokens, unused text models."""
    with self.session() as session:
        deleted = retention.delete_expired(session)
        session.commit()
    log.info("expired_rows_deleted", extra={name: count for name, count in deleted.items() if count})


@task(name="worker.tasks.regroup_adverts", bind=True)
def regroup_adverts(self: LeadmatchTask) -> None:
    """
    Group all adverts again, to apply changes that no write has triggered, such as a new rule.

    Few adverts whose groups have changed are rescored one by one, many by one run over everything. So are those of an
    attempt that was broken off: it has stored groups, and nobody knows which.
    """
    with trim_heap_after(), self.session() as session:
        changed = regroup_all(session)
        log.info("adverts_regrouped", extra={"changed": len(changed)})
        if len(changed) > MAX_SINGLE or self.is_redelivered or self.request.retries:
            _request_run(session, RunScope.ALL, f"regrouping:{self.request.id}", once=True)
            return
    client().properties_changed(sorted(changed))


@task(name="worker.tasks.renew_client_keys", bind=True)
def renew_client_keys(self: LeadmatchTask) -> None:
    """Compute the client keys of leads whose contacts this release has not read yet; usually there are none."""
    with self.session() as session:
        changed = renew_keys(session)
    if changed:
        log.info("client_keys_renewed", extra={"changed": changed})


@task(name="worker.tasks.count_markets", bind=True)
def count_markets(self: LeadmatchTask) -> None:
    """Write today's figures of every market, and yesterday's actions."""
    with self.session() as session:
        written = market_days.count_days(session)
        session.commit()
    log.info("markets_counted", extra={"rows": written})


# -- Learning and display order


@task(name="worker.tasks.order_markets", bind=True)
def order_markets(self: LeadmatchTask) -> None:
    """Compute the display order of every market that has had a run since it was last ordered."""
    with trim_heap_after(), self.session() as session:
        display_order.order_markets(session)


@task(name="worker.tasks.learn_weights", bind=True)
def learn_weights(self: LeadmatchTask) -> None:
    """
    Learn weights where there are enough actions; a set that goes live is used from the market's next run on.
    """
    with self.session() as session:
        for lesson in learning.learn(session):
            facts = {"market": lesson.scope, "actions": lesson.actions, "broken": lesson.broken}
            log.info("weights_evaluated", extra=facts | {"weights_id": lesson.kept.id if lesson.kept else None})


# -- Messages to people, and files


@task(name="worker.tasks.send_code", bind=True, max_retries=accounts.MAX_ATTEMPTS)
def send_code(self: LeadmatchTask, code_id: int) -> None:
    """Send one activation code by SMS, at most once; retried if the gateway is busy."""
    try:
        accounts.send_code(code_id)
    except SmsBusyError as busy:
        raise self.retry(countdown=busy.retry_after_seconds * 2**self.request.retries) from busy


@task(name="worker.tasks.send_link", bind=True, max_retries=accounts.MAX_ATTEMPTS)
def send_link(self: LeadmatchTask, link_id: int) -> None:
    """Send one link by e-mail, at most once; retried if the server is busy."""
    try:
        accounts.send_link(link_id)
    except MailBusyError as busy:
        raise self.retry(countdown=5 * 2**self.request.retries) from busy


@task(name="worker.tasks.make_account_export")
def make_account_export(export_id: int) -> None:
    """Create the export of an account; a message that is delivered twice creates one."""
    account_exports.make_export(export_id)


@task(name="worker.tasks.sweep_accounts")
def sweep_accounts() -> None:
    """Send codes and links that the broker lost; delete codes that no limit counts any more."""
    accounts.sweep()


@task(name="worker.tasks.remove_orphans")
def remove_orphans() -> None:
    """Delete stored files that have no row."""
    accounts.remove_orphans()


# -- Exchange rates


@task(name="worker.tasks.fetch_rates", bind=True)
def fetch_rates(self: LeadmatchTask) -> None:
    """Fetch the central banks' tables in RATES_URL; without it, do nothing."""
    with self.session() as session:
        rates.fetch_rates(session, settings())


# -- Imports


@task(name="worker.tasks.run_import")
def run_import(import_id: int) -> None:
    """Run one import. A repeated message, or one for a finished import, does nothing."""
    with trim_heap_after():
        imports.perform_import(session_factory(), settings(), client(), import_id)


@task(name="worker.tasks.find_due_imports", bind=True)
def find_due_imports(self: LeadmatchTask) -> None:
    """Queue the imports of due sources, and imports whose messages the broker lost."""
    with self.session() as session:
        import_ids = due_imports(session)
        session.commit()
    for import_id in import_ids:
        client().import_requested(import_id)


# -- Photos


@task(name="worker.tasks.find_due_photos")
def find_due_photos() -> None:
    """Queue the fetching of missing photos; without FETCH_PHOTOS, do nothing."""
    if settings().fetch_photos:
        for photo_id in photos.find_photos(session_factory()):
            client().photos_due(photo_id)


@task(name="worker.tasks.fetch_photos")
def fetch_photos(photo_id: int) -> None:
    """Fetch photos from the host of this one for some seconds. A message that is delivered twice finds nothing due."""
    if settings().fetch_photos:
        next_id = photos.fetch_photos(session_factory(), settings(), photo_id)
        if next_id is not None:
            client().photos_due(next_id)
