"""Tasks of the public search: thin wrappers, as those of :mod:`worker.tasks`."""

from models.market.search.news import due_searches, tell_news
from models.market.search.saved import NotificationPace
from models.market.search.words import add_new_words, refresh_words
from worker.celery_app.base_task import LeadmatchTask, task
from worker.celery_app.task_context import client, settings
from worker.market.market_lock import own_transaction


@task(name="worker.tasks.refresh_search_words", bind=True)
def refresh_search_words(self: LeadmatchTask, of_minutes: int | None = None) -> None:
    """Count the words that serve as corrections in searches; *of_minutes*: only add those of listings written since."""
    with self.session() as session:
        if of_minutes is None:
            refresh_words(session)
        else:
            add_new_words(session, of_minutes)
        session.commit()


@task(name="worker.tasks.tell_search_news", bind=True)
def tell_search_news(self: LeadmatchTask, pace: str) -> None:
    """Notify users of new homes and price cuts of saved searches with a pace: at_once or daily."""
    with self.session() as session:
        search_ids = due_searches(session, NotificationPace(pace))
        session.commit()
        for search_id in search_ids:
            notification_id = None
            # Each by itself: the others do not wait for one that fails.
            with own_transaction(session, "search_news_failed", search_id=search_id):
                notification_id = tell_news(session, search_id, settings().public_url)
            if notification_id is not None:
                client().notification_stored(notification_id)
