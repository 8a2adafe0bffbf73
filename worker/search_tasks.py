"""Tasks of the public search; thin wrappers like those of :mod:`worker.tasks`."""

from models.market.search.news import check_for_news, due_searches
from models.market.search.saved import NotificationPace
from models.market.search.text_search import add_new_words, refresh_words
from worker.celery_app.base_task import LeadmatchTask, task
from worker.celery_app.task_context import client, settings
from worker.market.market_lock import own_transaction


@task(name="worker.tasks.refresh_search_words", bind=True)
def refresh_search_words(self: LeadmatchTask, of_minutes: int | None = None) -> None:
    """Count the words used to correct searches; with *of_minutes*, only add those of listings written in that time."""
    with self.session() as session:
        if of_minutes is None:
            refresh_words(session)
        else:
            add_new_words(session, of_minutes)
        session.commit()


@task(name="worker.tasks.notify_search_news", bind=True)
def notify_search_news(self: LeadmatchTask, pace: str) -> None:
    """Notify users of new homes and price cuts in saved searches with this pace: at_once or daily."""
    with self.session() as session:
        search_ids = due_searches(session, NotificationPace(pace))
        session.commit()
        for search_id in search_ids:
            notification_id = None
            # Each search in its own transaction, so that a failing one does not stop the others.
            with own_transaction(session, "search_news_failed", search_id=search_id):
                notification_id = check_for_news(session, search_id, settings().public_url)
            if notification_id is not None:
                client().notification_stored(notification_id)
