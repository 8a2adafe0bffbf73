"""
The mix of locust's clients: 80% pages of recommendations, 10% likes, 5% new leads, 5% the feed.

After each page, the same client requests the same page from the yardstick, and after each lead posts another one's body
to it, so that both have the same load. With `pages_only` clients request pages and nothing else; pages
requested before every client has had an answer are counted apart, because all clients connect at once. Locust's own
statistics are rounded to milliseconds; here every answer's time is kept.
"""

import json
import os
import random
import time
from collections import defaultdict, deque
from pathlib import Path

import gevent
from locust import FastHttpUser, events, task

from scripts.benchmarks.load.market import lead_body

_plan = json.loads(Path(os.environ["LOAD_PLAN"]).read_text())
_leads: list[tuple[int, int]] = [tuple(pair) for pair in _plan["leads"]]
_tokens: dict[str, str] = _plan["tokens"]
_milliseconds: dict[str, list[float]] = defaultdict(list)
_errors: dict[str, int] = defaultdict(int)
_acknowledged: dict[str, list] = {"leads": [], "likes": []}
#: The clients that have had an answer.
_answered: set[int] = set()
#: The times of the first and the last answer.
_span: list[float] = []
#: A list that takes longer to appear is an error.
WAIT_LIMIT_SECONDS = 60


@events.request.add_listener
def _record(name: str, response_time: float, exception: Exception | None, **_: object) -> None:
    now = time.monotonic()
    if not _span:
        Path(os.environ["LOAD_MEASURED"]).with_suffix(".begun").touch()
    _span[:] = [_span[0] if _span else now, now]
    if not name.startswith("("):
        _milliseconds[name].append(response_time)
    if exception is not None:
        _errors[name] += 1


@events.quitting.add_listener
def _save(**_: object) -> None:
    seconds = _span[-1] - _span[0] if _span else 0.0
    results = {"milliseconds": _milliseconds, "errors": _errors, "seconds": seconds, **_acknowledged}
    Path(os.environ["LOAD_MEASURED"]).write_text(json.dumps(results))


def _as(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Realtor(FastHttpUser):
    """A client that works with leads and sometimes reads the feed."""

    def wait_time(self) -> float:
        """Return the seconds between two tasks: 0.5 to 1.5 times the planned pause."""
        return _plan["pause"] * self.chance.uniform(0.5, 1.5)

    def on_start(self) -> None:
        self.chance = random.Random()
        #: (owner, lead, property) seen and not yet liked.
        self.seen: deque[tuple[int, int, str]] = deque(maxlen=200)

    @task(80)
    def page(self) -> None:
        lead_id = self.page_alone()
        self.client.get(f"{_plan['bare']}/{lead_id}", name="bare Flask")

    def page_alone(self) -> int:
        """Request a page; returns its lead."""
        owner, lead_id = self.chance.choice(_leads)
        path = f"/leads/{lead_id}/property-recommendations"
        name = "page, at the start" if _plan["pages_only"] and len(_answered) < _plan["clients"] else "page"
        answer = self.client.get(path, headers=_as(_tokens[str(owner)]), name=name)
        _answered.add(id(self))
        if answer.ok:
            first = answer.json()["recommendations"][:1]
            self.seen.extend((owner, lead_id, entry["property_id"]) for entry in first)
        return lead_id

    @task(10)
    def like(self) -> None:
        if not self.seen:
            return
        owner, lead_id, property_id = self.seen.pop()
        path = f"/leads/{lead_id}/property-recommendations/{property_id}/action"
        answer = self.client.post(path, json={"action": "LIKE"}, headers=_as(_tokens[str(owner)]), name="like")
        if answer.ok:
            _acknowledged["likes"].append((lead_id, int(property_id)))

    @task(5)
    def write(self) -> None:
        owner, _ = self.chance.choice(_leads)
        _post_lead(self, "POST /leads", owner, self.chance)
        self.client.post(f"{_plan['bare']}/", json=lead_body(self.chance), name="bare INSERT")

    @task(5)
    def feed(self) -> None:
        self.client.get("/feed/next", headers=_as(self.chance.choice(_plan["tenants"])), name="feed")


if _plan["pages_only"]:
    Realtor.tasks = [Realtor.page_alone]


class Watcher(FastHttpUser):
    """Repeatedly posts a lead and requests its list until it has one: the time from write to visible."""

    abstract = _plan["pages_only"]  # locust starts no clients of an abstract class
    fixed_count = 1

    @task
    def watch(self) -> None:
        owner, _ = _leads[0]
        began = time.perf_counter()
        lead_id = _post_lead(self, "(posted)", owner, random.Random())
        late = None
        while lead_id is not None:
            path = f"/leads/{lead_id}/property-recommendations?limit=1"
            answer = self.client.get(path, headers=_as(_tokens[str(owner)]), name="(looked)")
            if answer.ok and answer.json()["total"]:
                break
            if time.perf_counter() - began > WAIT_LIMIT_SECONDS:
                late = TimeoutError("no list")
                break
            gevent.sleep(0.02)
        took = (time.perf_counter() - began) * 1000
        self.environment.events.request.fire(
            request_type="", name="write to visible", response_time=took, response_length=0, exception=late, context={}
        )
        gevent.sleep(0.3)


def _post_lead(user: FastHttpUser, name: str, owner: int, chance: random.Random) -> int | None:
    """Post a lead. Returns its id, or None if it was refused."""
    answer = user.client.post("/leads", json=lead_body(chance), headers=_as(_tokens[str(owner)]), name=name)
    if not answer.ok:
        return None
    lead_id = int(answer.json()["lead_id"])
    _acknowledged["leads"].append(lead_id)
    return lead_id
