"""Back-pressure: operations that cause much work are refused while the queues are deep."""

from dataclasses import dataclass

import redis

from api.http.services import services
from models.core.errors import BusyError

#: Such a deep queue needs some time; an earlier retry would be refused again.
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
        return  # depth unknown; requested work then waits in the database, where it does not pile up
    limit = services().settings.queue_limit
    for queue in queues:
        if queue.depth > limit:
            raise QueueIsDeepError(depth=queue.depth, queue=queue.name, retry_after_seconds=RETRY_AFTER_SECONDS)
