"""The quality of prospects: scored after every write, in the scheduled batch, and when a niche has learnt something."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import numpy as np
from celery import shared_task
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
from worker.celery_app.task_context import HEALS, client, new_session, redis_client

log = logging.getLogger(__name__)

#: Prospects scored in one transaction.
BATCH = 500
#: Outcomes that a model learns from, the newest ones: older ones tell of another market.
MOST_OUTCOMES = 20_000


@shared_task(name="worker.jobs.prospect_quality.score_prospect", **HEALS)
def score_prospect(prospect_id: str) -> None:
    """Score one prospect; tells live readers."""
    with new_session() as session:
        scored = _score(session, [UUID(prospect_id)])
        session.commit()
    for one in scored:
        _announce(one)


@shared_task(name="worker.jobs.prospect_quality.score_stale_prospects", **HEALS)
def score_stale_prospects() -> None:
    """Score everything that changed since it was scored, in short transactions: a crash loses one batch at most."""
    after, count = None, 0
    with new_session() as session:
        while stale := stale_prospects(session, after, BATCH):
            count += len(_score(session, stale))
            session.commit()
            after = stale[-1]  # never twice in one go: what changes meanwhile has a task of its own
    if count:
        log.info("prospects_scored", extra={"count": count})


@shared_task(name="worker.jobs.prospect_quality.fit_models", **HEALS)
def fit_models() -> None:
    """Learn from every niche's outcomes that are new; keep a model where it beats the rules."""
    with new_session() as session:
        for niche_id, outcomes in niches_to_fit(session, scoring.LEAST_OUTCOMES):
            kept = fit_niche(session, niche_id, outcomes)
            session.commit()
            log.info("quality_fitted", extra={"niche_id": str(niche_id), "outcomes": outcomes, "kept": kept})
    client().prospects_changed()


def fit_niche(session: Session, niche_id: UUID, outcomes: int) -> bool | None:
    """Fit and judge a model on the niche's outcomes; whether it is in use now, None if there are too few of a kind."""
    facts = facts_of(session, ended_prospects(session, niche_id, MOST_OUTCOMES))
    won = np.array([one.status is ProspectStatus.WON for one in facts])
    if not scoring.enough(won):
        return None
    prospects = _arrays(facts, median_budgets(session, [niche_id]))
    report = scoring.judge(prospects, won)
    parameters = None
    if report.keep_model:
        parameters = scoring.QualityModel().fit(scoring.features(prospects), won).parameters()
    store_model(session, niche_id, parameters, asdict(report), outcomes)
    return report.keep_model


def _score(session: Session, prospect_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Score and store; what was stored. Prospects that are gone are passed over."""
    facts = facts_of(session, prospect_ids)
    niche_ids = {one.niche_id for one in facts if one.niche_id}
    middles, models = median_budgets(session, niche_ids), models_of(session, niche_ids)
    by_niche: dict[UUID | None, list[ProspectFacts]] = {}
    for one in facts:
        by_niche.setdefault(one.niche_id, []).append(one)
    scores = []
    for niche_id, members in by_niche.items():
        found = scoring.score(_arrays(members, middles), _model(models.get(niche_id)))
        for one, got in zip(members, found, strict=True):
            row = {"score": got.score, "method": got.method, "reasons": got.reasons}
            scores.append({"id": one.id, "niche_id": niche_id, "version": one.version} | row)
    store_scores(session, scores)
    return scores


def _model(parameters: dict[str, Any] | None) -> scoring.QualityModel | None:
    if parameters is None:
        return None
    try:
        return scoring.QualityModel.from_parameters(parameters)
    except InvalidInputError:  # of an older release; the rules hold until it is fitted again
        return None


def _arrays(facts: Iterable[ProspectFacts], middles: dict[UUID, float]) -> scoring.Prospects:
    rows = list(facts)

    def number(values: Iterable[Any]) -> np.ndarray:
        return np.array([np.nan if value is None else float(value) for value in values], dtype=float)

    return scoring.Prospects(
        known=number((r.has_phone + r.has_account + (r.budget is not None) + r.has_notes) / 4 for r in rows),
        budgets=number(r.budget for r in rows),
        niche_budgets=number(middles.get(r.niche_id) for r in rows),
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
        log.warning("event_not_published", extra={"event": EventKind.LEAD_SCORED, "kind": type(error).__name__})
