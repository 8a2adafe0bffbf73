"""How the caller of long work on lists controls it: threads, progress, stopping, commits."""

from sqlalchemy.orm import Session

from matching.errors import ScoringStoppedError
from worker.celery_app.task_context import settings


class WorkControl:
    """Unsupervised work, such as that of a changed lead. :class:`worker.jobs.shard_work.ShardWork` supervises it."""

    @property
    def threads(self) -> int:
        """Threads to score a whole market with; 0: as many as there are processors."""
        return settings().worker_threads

    def add_pairs(self, pairs: int) -> None:
        """Record that *pairs* more pairs have been scored."""

    def should_stop(self) -> bool:
        """Whether the work should stop."""
        return False

    def raise_if_stopped(self) -> None:
        """
        Check between two steps.

        Raises:
            ScoringStoppedError: The work is no longer wanted.
        """
        if self.should_stop():
            raise ScoringStoppedError

    def commit(self, session: Session) -> None:
        """
        Commit a step.

        Raises:
            ScoringStoppedError: The work is no longer wanted; nothing is committed.
        """
        session.commit()


NO_CONTROL = WorkControl()
