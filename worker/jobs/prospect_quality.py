"""Scoring the quality of prospects: after every write, by the schedule, and when a niche has a new model."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import numpy as np
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from matching.errors import InvalidInputError
from matching.prospect_quality import scoring
from models.leadgen.events import EventKind, publish
from models.leadgen.prospects import ProspectStatus
from models.leadgen.quality import (
    ProspectFacts,
    ended_prospects,
    facts_of,
    median_budgets,
    models_of,
    niches_to_fit,
    stale_prospects,
    store_model,
    store_scores,
)
from worker.celery_app.task_context import redis_client
from worker.market.failing_rows import SYSTEM_FAILURES
from worker.market.market_lock import own_transaction

log = logging.getLogger(__name__)

#: Prospects scored in one transaction.
BATCH = 500
#: The number of newest outcomes that a model learns from; older ones come from another market situation.
MAX_OUTCOMES = 20_000


def score_prospect(session: Session, prospect_id: str) -> None:
    """Score one prospect, commit, and notify live readers."""
    scored = _score(session, [UUID(prospect_id)])
    session.commit()
    for row in scored:
        _announce(row)


def score_stale_prospects(session: Session) -> None:
    """
    Score every prospect that has changed since it was scored, in short transactions; a crash loses at most one batch.
    """
    after, count = None, 0
    while stale := stale_prospects(session, after, BATCH):
        count += _score_batch(session, stale)
        after = stale[-1]  # each prospect once: one that changes meanwhile has its own task
    if count:
        log.info("prospects_scored", extra={"count": count})


def _score_batch(session: Session, prospect_ids: Sequence[UUID]) -> int:
    """Score prospects, commit and return their number. A prospect whose scoring raises is skipped and logged."""
    try:
        count = len(_score(session, prospect_ids))
        session.commit()
        return count
    except SYSTEM_FAILURES:
        raise
    except Exception:
        session.rollback()
        if len(prospect_ids) > 1:
            half = len(prospect_ids) // 2
            return _score_batch(session, prospect_ids[:half]) + _score_batch(session, prospect_ids[half:])
        log.exception("prospect_not_scored", extra={"prospect_id": str(prospect_ids[0])})
        return 0


def fit_models(session: Session) -> None:
    """
    Learn from every niche's new outcomes; keep a model if it beats the rules. Commits after each niche.

    A niche that fails is logged and skipped.
    """
    for niche_id, outcomes in niches_to_fit(session, scoring.MIN_OUTCOMES):
        with own_transaction(session, "quality_not_fitted", niche_id=str(niche_id)):
            kept = fit_niche(session, niche_id, outcomes)
            log.info("quality_fitted", extra={"niche_id": str(niche_id), "outcomes": outcomes, "kept": kept})


def fit_niche(session: Session, niche_id: UUID, outcomes: int) -> bool | None:
    """
    Fit and judge a model on the niche's outcomes; whether it is in use now, None if an outcome is too rare to learn.
    """
    facts = facts_of(session, ended_prospects(session, niche_id, MAX_OUTCOMES))
    won = np.array([prospect.status is ProspectStatus.WON for prospect in facts])
    if not scoring.has_enough_outcomes(won):
        return None
    prospects = _arrays(facts, median_budgets(session, [niche_id]))
    report = scoring.judge(prospects, won)
    parameters = None
    if report.keep_model:
        parameters = scoring.QualityModel().fit(scoring.features(prospects), won).parameters()
    store_model(session, niche_id, parameters, asdict(report), outcomes)
    return report.keep_model


def _score(session: Session, prospect_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Score and store prospects; returns the stored rows. Deleted prospects are left out."""
    facts = facts_of(session, prospect_ids)
    niche_ids = {prospect.niche_id for prospect in facts if prospect.niche_id}
    medians, models = median_budgets(session, niche_ids), models_of(session, niche_ids)
    by_niche: dict[UUID | None, list[ProspectFacts]] = {}
    for prospect in facts:
        by_niche.setdefault(prospect.niche_id, []).append(prospect)
    rows = []
    for niche_id, members in by_niche.items():
        parameters = None if niche_id is None else models.get(niche_id)
        scores = scoring.score(_arrays(members, medians), _model(parameters))
        for prospect, scored in zip(members, scores, strict=True):
            row = {"score": scored.score, "method": scored.method, "reasons": scored.reasons}
            rows.append({"id": prospect.id, "niche_id": niche_id, "version": prospect.version} | row)
    store_scores(session, rows)
    return rows


def _model(parameters: dict[str, Any] | None) -> scoring.QualityModel | None:
    if parameters is None:
        return None
    try:
        return scoring.QualityModel.from_parameters(parameters)
    except InvalidInputError:  # a model from an earlier release; the rules are used until it is fitted again
        return None


def _arrays(facts: Iterable[ProspectFacts], medians: dict[UUID, float]) -> scoring.Prospects:
    rows = list(facts)

    def number(values: Iterable[Any]) -> np.ndarray:
        return np.array([np.nan if value is None else float(value) for value in values], dtype=float)

    return scoring.Prospects(
        known=number((r.has_phone + r.has_account + (r.budget is not None) + r.has_notes) / 4 for r in rows),
        budgets=number(r.budget for r in rows),
        niche_budgets=number(medians.get(r.niche_id) if r.niche_id else None for r in rows),
        sources=np.array([str(r.source) for r in rows], dtype=str),
        answer_minutes=number(r.answer_minutes for r in rows),
        messages=number(r.messages for r in rows),
        touches=number(r.touches for r in rows),
    )


def _announce(scored: dict[str, Any]) -> None:
    niche_id = scored["niche_id"]
    data = {
        "lead_id": str(scored["id"]),
        "niche_id": niche_id and str(niche_id),
        "quality_score": scored["score"],
        "method": scored["method"],
    }
    try:
        publish(redis_client(), EventKind.LEAD_SCORED, data)
    except RedisError as error:
        log.warning("event_not_published", extra={"announced": EventKind.LEAD_SCORED, "kind": type(error).__name__})
