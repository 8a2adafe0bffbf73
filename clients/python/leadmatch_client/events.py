"""Server-sent events: changes, as they happen."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from leadmatch_client.errors import TooManyError, UnavailableError, raise_for

RECONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class Event:
    """One event: its kind, its id if it has one, and its data (parsed if it is JSON, otherwise text)."""

    kind: str
    id: str | None
    data: Any


def events_of(client: httpx.Client, path: str, last_id: str | None = None) -> Iterator[Event]:
    """
    Yield the events that *path* sends, endlessly; closing the iterator closes the connection.

    After a connection ends or is lost, the iterator reconnects and continues after the last event that it received.
    It keeps trying for as long as the API restarts, is unavailable or has no room for another reader.

    Raises:
        ApiError: The API refuses. 429 and errors from 500 on are raised only before the first event.
        httpx.TransportError: The API cannot be reached, and no event has been received yet.
    """
    is_first = True
    while True:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
        try:
            # The server sends at least a comment every few seconds.
            with client.stream("GET", path, headers=headers, timeout=httpx.Timeout(30, read=90)) as response:
                raise_for(response)
                for event in parsed(response.iter_lines()):
                    last_id, is_first = event.id or last_id, False
                    yield event
        except (httpx.TransportError, TooManyError, UnavailableError):
            if is_first:
                raise
        time.sleep(RECONNECT_SECONDS)


def parsed(lines: Iterator[str]) -> Iterator[Event]:
    """
    Yield the events in the lines of a stream.

    >>> list(parsed(iter([": hello", "id: 7", "event: lists", 'data: {"lead_id":', "data: 3}", ""])))
    [Event(kind='lists', id='7', data={'lead_id': 3})]
    """
    kind, identifier, data = "message", None, list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(kind, identifier, _value("\n".join(data)))
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            identifier = value or None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
