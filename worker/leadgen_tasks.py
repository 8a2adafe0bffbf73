"""Tasks of lead generation; see :mod:`worker.tasks`."""

from worker.celery_app.base_task import LeadmatchTask, task
from worker.celery_app.task_context import client
from worker.jobs import prospect_quality, replies


@task(name="worker.tasks.score_prospect", bind=True)
def score_prospect(self: LeadmatchTask, prospect_id: str) -> None:
    """Score one prospect of advertising, and notify live readers."""
    with self.session() as session:
        prospect_quality.score_prospect(session, prospect_id)


@task(name="worker.tasks.score_stale_prospects", bind=True)
def score_stale_prospects(self: LeadmatchTask) -> None:
    """Score every prospect that has changed since it was scored."""
    with self.session() as session:
        prospect_quality.score_stale_prospects(session)


@task(name="worker.tasks.fit_quality_models", bind=True)
def fit_quality_models(self: LeadmatchTask) -> None:
    """Learn prospect quality from every niche's new outcomes."""
    with self.session() as session:
        prospect_quality.fit_models(session)
    client().prospects_changed()


@task(name="worker.tasks.send_reply", bind=True, max_retries=replies.MAX_ATTEMPTS)
def send_reply(self: LeadmatchTask, message_id: str) -> None:
    """Send one reply to its prospect by Telegram, unless it has been sent already."""
    try:
        replies.send_reply(message_id, attempt=self.request.retries)
    except replies.NotSentError as error:
        raise self.retry(exc=error, countdown=error.after_seconds) from None
