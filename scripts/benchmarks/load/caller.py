"""A client without locust, for what goes on for long: one that any installation has."""

import http.client
import json
import time
from collections import defaultdict


class Tally:
    """Seconds of answers by kind, and how many were errors."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: dict[str, int] = defaultdict(int)

    def table(self) -> str:
        lines = [f"{'':18}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}"]
        for kind, found in sorted(self.seconds.items()):
            ordered = sorted(found)
            points = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99)]
            lines.append(
                f"{kind:18}{len(found):>9}" + "".join(f"{p:>9.1f}" for p in points) + f"{self.errors[kind]:>8}"
            )
        return "\n".join(lines)


class Caller:
    """One client with one kept connection to each server."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._open: dict[str, http.client.HTTPConnection] = {}

    def call(self, kind: str, server: str, method: str, path: str, token: str | None = None, body: object = None):
        """Send a request and note how long its answer took; the answer's JSON, or None of an error."""
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
