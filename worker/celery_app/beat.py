"""What beat does differently: it survives a clock that jumps, and does not pile up sweeps that nobody takes."""

import logging
from datetime import timedelta
from typing import Any

from celery.beat import ScheduleEntry
from redbeat import RedBeatScheduler
from redbeat.schedulers import get_redis

from worker.celery_app.app import SWEEPS

log = logging.getLogger(__name__)

#: Further ahead than this, an entry's last time cannot be true.
AHEAD = timedelta(seconds=5)
#: Sweeps are not sent to a queue that has more messages than this: nobody listens, and they would pile up. Instead of an
#: expiry, which a worker would judge by its own clock: a day ahead, it would drop them all.
MOST_WAITING = 1000


class Scheduler(RedBeatScheduler):
    """RedBeat, with the two changes."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """
        Send what is due; seconds until the next look.

        RedBeat notes when an entry was last sent, and counts from there. After the clock went a day ahead and back, that
        is tomorrow, and nothing would be sent for a day: such an entry counts as sent now.
        """
        for entry in self._ahead_of_their_time():
            log.warning("clock_went_back", extra={"entry": entry.name, "last": entry.last_run_at.isoformat()})
            entry.reschedule()
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        """Send the entry's task, unless it is a sweep too many."""
        queue = entry.options.get("queue", self.app.conf.task_default_queue)
        if entry.name in SWEEPS and get_redis(self.app).llen(queue) > MOST_WAITING:
            log.warning("sweep_not_sent", extra={"entry": entry.name, "queue": queue})
            self.reserve(entry)  # counts as sent: it is due again in its time, not at once
            return None
        return super().apply_async(entry, *args, **kwargs)

    def _ahead_of_their_time(self) -> list[ScheduleEntry]:
        latest = self.app.now() + AHEAD
        found = []
        for name in self.app.conf.beat_schedule:
            try:
                entry = self.Entry.from_key(self.Entry.generate_key(self.app, name), app=self.app)
            except KeyError:  # Redis was wiped; the next start of beat writes it anew
                continue
            if entry.last_run_at is not None and entry.last_run_at > latest:
                found.append(entry)
        return found
