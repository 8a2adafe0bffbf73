"""A task's log line has the id of the request that caused it, and its duration is counted where every host sees it."""

import re

import redis

from models.platform import logs
from tests.waiting import wait_for
from worker.queue import metrics
from worker.queue.client import Client


def test_a_task_is_logged_with_its_request_and_counted(redis_url, worker_process):
    with logs.bound(request_id="from-afar"):
        Client(redis_url).lead_changed(999_999_999)

    def line_of_the_task():
        return [line for line in worker_process.lines if "from-afar" in line]

    [line] = wait_for(line_of_the_task)
    assert re.search(r"task_ended.*outcome=success.*task=rescore_lead", line)
    with redis.Redis.from_url(redis_url) as client:
        [times] = wait_for(lambda: [t for t in metrics.task_times(client) if t.task == "worker.tasks.rescore_lead"])
    assert (times.outcome, times.count, times.within[3600]) == ("success", 1, 1)
    assert 0 < times.seconds < 3600


def test_a_queue_reports_its_depth_and_the_age_of_its_next_message(redis_url):
    client = Client(redis_url)
    for number in (1, 2):
        client.lead_changed(number)
    with redis.Redis.from_url(redis_url) as broker:
        by_name = {queue.name: queue for queue in metrics.queues(broker)}
        later = {queue.name: queue for queue in metrics.queues(broker, now=10**10)}

    assert (by_name["entities"].depth, by_name["runs"].depth) == (2, 0)
    assert 0 <= by_name["entities"].age_seconds < 3600
    assert later["entities"].age_seconds > 10**9
    assert later["runs"].age_seconds == 0
