"""A task that a web process sends is the message that Celery itself would have sent."""

import base64
import json

import redis
from celery import Celery

from models.platform import logs
from worker.queue.client import Client


def sent_message(broker: redis.Redis) -> dict:
    [raw] = broker.lrange("entities", 0, -1)
    broker.delete("entities")
    message = json.loads(raw)
    message["body"] = json.loads(base64.b64decode(message["body"]))
    return message


def test_a_message_equals_one_of_celery(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as broker, logs.bound(request_id="edge-1"):
        Client(redis_url).send("worker.tasks.rescore_lead", 7, queue="entities", kwargs={"reason": "цена"})
        ours = sent_message(broker)
        celery = Celery(broker=redis_url, set_as_current=False)
        celery.send_task(
            "worker.tasks.rescore_lead",
            args=(7,),
            kwargs={"reason": "цена"},
            queue="entities",
            headers={"sent_at": ours["headers"]["sent_at"], "request_id": "edge-1"},
            ignore_result=None,
        )
        theirs = sent_message(broker)

    ids = {message["headers"]["id"] for message in (ours, theirs)}
    assert len(ids) == 2
    for message in (ours, theirs):
        task_id = message["headers"].pop("id")
        assert message["headers"].pop("root_id") == message["properties"].pop("correlation_id") == task_id
        message["properties"].pop("delivery_tag")
        message["properties"].pop("reply_to")  # The queue of results, which no task has.
    assert ours == theirs
