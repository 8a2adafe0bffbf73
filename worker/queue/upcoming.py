"""The next times of the entries of the schedule."""

from datetime import UTC, datetime

from worker.queue.schedule import SCHEDULE_FILE, Entry, read_schedule


def upcoming(after: datetime, count: int) -> list[tuple[Entry, list[datetime]]]:
    """
    Every entry of the schedule with its next *count* times.

    Raises:
        ScheduleError: The file does not exist, or a line is invalid.
    """
    return [(entry, next_times(entry, after, count)) for entry in read_schedule(SCHEDULE_FILE)]


def next_times(entry: Entry, after: datetime, count: int) -> list[datetime]:
    """
    The next *count* times after *after*, UTC. (Reading the schedule has rejected days that do not exist.)

    >>> nightly = Entry(1, "15 22 * * *", "worker.tasks.sweep", {})
    >>> [f"{each:%d %H:%M}" for each in next_times(nightly, datetime(2026, 1, 31, 22, 15, tzinfo=UTC), 2)]
    ['01 22:15', '02 22:15']
    """
    times: list[datetime] = []
    crontab = entry.crontab
    moment = after.astimezone(UTC)
    while len(times) < count:
        crontab.nowfun = lambda moment=moment: moment
        moment = moment + crontab.remaining_estimate(moment)
        times.append(moment)
    return times
