"""Many clients send the largest accepted pictures, and larger ones, to one web process at once."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import requests
from PIL import Image
from sqlalchemy.orm import Session

from models.core.enums import Role
from tests.api.pictures import saved
from tests.api.test_image_limits import MAX_MEMORY, MIB, bomb
from tests.factories import make_user, token_header
from tests.faults.conftest import full_only
from tests.waiting import WAIT_LIMIT_SECONDS, wait_for

CROWD = 16

#: Memory that the decoding child may keep: code, and blocks that its allocator does not return.
KEPT = 120 * MIB


def memory_of(web: psutil.Process) -> int:
    """Resident bytes of a server and its processes."""
    found = 0
    for process in (web, *web.children(recursive=True)):
        try:
            found += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return found


@contextmanager
def watching(look: Callable[[], object]) -> Iterator[None]:
    """Call *look* repeatedly while the block runs."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(0.02):
            look()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join()


@full_only
def test_image_bombs_at_once_neither_fill_the_memory_nor_stop_the_service(engine, clean_database, start_web):
    web = start_web(WEB_THREADS="32")
    with Session(engine) as session:
        people = [make_user(session, Role.TENANT) for _ in range(CROWD)]
        session.commit()
        callers = [(user.phone, token_header(user)) for user in people]
    too_large = saved(Image.new("RGBA", (7070, 7070)), "WEBP", method=0)
    bombs = [too_large, bomb("WebP"), bomb("PNG"), bomb("progressive JPEG")]

    def send(number: int, content: bytes | None = None) -> int:
        phone, headers = callers[number]
        files = {"avatar": ("me", io.BytesIO(content or bombs[number % len(bombs)]))}
        where = f"http://127.0.0.1:{web.port}/users/update"
        options = {"data": {"phone": phone}, "files": files, "headers": headers}
        return requests.put(where, **options, timeout=2 * WAIT_LIMIT_SECONDS).status_code

    small = saved(Image.new("RGB", (100, 100)), "JPEG")
    assert [send(number, small) for number in range(4)] == [200] * 4
    master = psutil.Process(web.process.pid)
    rest, peaks, health = memory_of(master), [0], []
    with (
        watching(lambda: peaks.append(memory_of(master))),
        watching(lambda: health.append(web.get("/health/live"))),
        ThreadPoolExecutor(CROWD) as threads,
    ):
        statuses = list(threads.map(send, range(CROWD)))

    print(f"{Counter(statuses)}; peak {(max(peaks) - rest) / MIB:.0f} MiB; {len(health)} looks at its health")
    assert set(statuses[:: len(bombs)]) <= {413, 503}  # those that are too large
    assert 200 in statuses and set(statuses) <= {200, 413, 503}
    assert max(peaks) - rest < MAX_MEMORY + KEPT
    assert set(health) == {200}
    wait_for(lambda: memory_of(master) - rest < KEPT, what="memory given back")
    assert send(0, small) == 200
