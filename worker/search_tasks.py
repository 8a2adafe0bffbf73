"""Tasks of the public search: thin skins, as those of :mod:`worker.tasks`."""

from models.market.search.words import add_new_words, refresh_words
from worker.celery_app.base_task import LeadmatchTask, task


@task(name="worker.tasks.refresh_search_words", bind=True)
def refresh_search_words(self: LeadmatchTask, of_minutes: int | None = None) -> None:
    """Count the words that a mistyped word of a search may mean; *of_minutes*: add those of listings written since."""
    with self.session() as session:
        if of_minutes is None:
            refresh_words(session)
        else:
            add_new_words(session, of_minutes)
        session.commit()
