"""Back-pressure: operations that cause much work are refused while the queues are deep."""

from dataclasses import dataclass

import redis

from api.http.services import services
from models.core.errors import BusyError

#: A queue this deep takes a while; a client that comes back sooner finds the same.
RETRY_AFTER_SECONDS = 30


@dataclass(eq=False)
class QueueIsDeepError(BusyError):
    """A queue holds more messages than QUEUE_LIMIT."""

    code = "queue.deep"
    depth: int
    queue: str
    retry_after_seconds: int


def refuse_while_queues_are_deep() -> None:
    """
    Raises:
        BusyError: A queue holds more messages than QUEUE_LIMIT.
    """
    try:
        queues = services().worker.queues()
    except redis.RedisError:
        return  # nobody can tell; what is asked for waits in the database then, where it does not pile up
    limit = services().settings.queue_limit
    for queue in queues:
        if queue.depth > limit:
            raise QueueIsDeepError(depth=queue.depth, queue=queue.name, retry_after_seconds=RETRY_AFTER_SECONDS)
