"""Beat, with two changes: it survives a clock that jumps, and does not pile up sweeps that no worker takes."""

import logging
from datetime import timedelta
from typing import Any

from celery.beat import ScheduleEntry
from redbeat import RedBeatScheduler
from redbeat.schedulers import get_redis

from worker.celery_app.app import SWEEPS

log = logging.getLogger(__name__)

#: An entry whose last sending is further in the future than this was sent when the clock was wrong.
CLOCK_TOLERANCE = timedelta(seconds=5)
#: Sweeps are not sent to a queue with more messages than this, because no worker consumes it and they would pile up.
#: Expiring messages would not solve this: workers check the expiry by their own clock, and one whose clock is a day
#: ahead would drop all sweeps.
MAX_WAITING = 1000


class Scheduler(RedBeatScheduler):
    """RedBeat, with the two changes."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """
        Send the due entries; returns the seconds until the next tick.

        RedBeat stores when an entry was last sent, and counts from there. If the clock was a day ahead and was then
        corrected, the stored time is tomorrow, and the entry would not be sent for a day. It counts as sent now.
        """
        for entry in self._sent_in_the_future():
            log.warning("clock_went_back", extra={"entry": entry.name, "last": entry.last_run_at.isoformat()})
            entry.reschedule()
        return super().tick(*args, **kwargs)

    def apply_async(self, entry: ScheduleEntry, *args: Any, **kwargs: Any) -> Any:
        """Send the entry's task, unless it is a sweep to a queue that no worker empties."""
        queue = self.app.amqp.router.route({}, entry.task)["queue"].name
        if entry.name in SWEEPS and get_redis(self.app).llen(queue) > MAX_WAITING:
            log.warning("sweep_not_sent", extra={"entry": entry.name, "queue": queue})
            self.reserve(entry)  # counts as sent, so that it is due after its interval rather than at once
            return None
        return super().apply_async(entry, *args, **kwargs)

    def _sent_in_the_future(self) -> list[ScheduleEntry]:
        latest = self.app.now() + CLOCK_TOLERANCE
        ahead = []
        for name in self.app.conf.beat_schedule:
            try:
                entry = self.Entry.from_key(self.Entry.generate_key(self.app, name), app=self.app)
            except KeyError:  # Redis was wiped; the next start of beat writes it again
                continue
            if entry.last_run_at is not None and entry.last_run_at > latest:
                ahead.append(entry)
        return ahead
