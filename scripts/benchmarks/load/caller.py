"""A client for long measurements that needs only the standard library."""

import http.client
import json
import time
from collections import defaultdict
from typing import Any


class Tally:
    """Durations of answers in seconds, and the number of errors, by kind of request."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: dict[str, int] = defaultdict(int)

    def table(self) -> str:
        lines = [f"{'':18}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}"]
        for kind, seconds in sorted(self.seconds.items()):
            ordered = sorted(seconds)
            points = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99)]
            lines.append(
                f"{kind:18}{len(ordered):>9}" + "".join(f"{p:>9.1f}" for p in points) + f"{self.errors[kind]:>8}"
            )
        return "\n".join(lines)


class Caller:
    """One client with one persistent connection to each server."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._open: dict[str, http.client.HTTPConnection] = {}

    def call(
        self, kind: str, server: str, method: str, path: str, token: str | None = None, body: object = None
    ) -> Any:
        """
        Send a request and record its duration under *kind*.

        Returns:
            The answer's JSON, or None after an error.
        """
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        began = time.perf_counter()
        try:
            connection = self._open.setdefault(server, http.client.HTTPConnection(server, timeout=30))
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
            good = answer.status < 400
        except (OSError, http.client.HTTPException):
            self._open.pop(server, None)
            good, content = False, b"null"
        self._tally.seconds[kind].append(time.perf_counter() - began)
        self._tally.errors[kind] += not good
        return json.loads(content) if good else None
