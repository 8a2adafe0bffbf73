"""Back-pressure: operations that ask workers for much are refused while the workers are far behind."""

import redis

from api.http.services import services
from models.core.errors import BusyError

#: A queue this deep takes a while; a client that comes back sooner finds the same.
RETRY_AFTER_SECONDS = 30


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
            raise BusyError(
                f"{queue.depth} tasks wait in the queue {queue.name} already; try again later, or add workers.",
                RETRY_AFTER_SECONDS,
            )
