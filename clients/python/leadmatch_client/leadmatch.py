"""The main class: a client that is signed in, retries, and raises errors as exceptions."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import httpx

from leadmatch_client.errors import raise_for
from leadmatch_client.events import Event, events_of
from leadmatch_client.generated import AuthenticatedClient
from leadmatch_client.generated.api.auth import log_in
from leadmatch_client.generated.models import LoginForm, Token
from leadmatch_client.retrying import Retrying

Answer = TypeVar("Answer")
Item = TypeVar("Item")

LARGEST_PAGE = 100


class Leadmatch:
    """
    A client of the API for one user.

    Functions of `leadmatch_client.generated` accept its :attr:`client`; :meth:`call` passes it and narrows the answer.
    Every request is retried (:class:`Retrying`), and an answer that is an error raises :class:`ApiError`.

    Args:
        url: The system's address: ``https://leadmatch.example``.
        token: A bearer token; see :meth:`sign_in`.
        init_data: The init data of a Telegram Mini App, instead of a token.
        api_key: For lead generation (``/api/...``).
        language: The language of the messages in errors: en, ru or kk.
        transport: Sends the requests, retries included.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        init_data: str | None = None,
        api_key: str | None = None,
        language: str = "en",
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        proofs = {
            "X-API-Key": api_key,
            "Authorization": f"tma {init_data}" if init_data else token and f"Bearer {token}",
        }
        headers = {name: value for name, value in proofs.items() if value} | {"Accept-Language": language}
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers=headers,
            timeout=timeout,
            transport=transport or Retrying(),
            event_hooks={"response": [raise_for]},
        )
        self.client = AuthenticatedClient(base_url=url.rstrip("/"), token="").set_httpx_client(self._http)

    @classmethod
    def sign_in(cls, url: str, username: str, password: str, **options: Any) -> "Leadmatch":
        """Sign in by e-mail or phone and password; *options* are the constructor's."""
        with cls(url, **options) as stranger:
            token = stranger.call(Token, log_in.sync, body=LoginForm(username=username, password=password))
        return cls(url, token=token.access_token, **options)

    def __enter__(self) -> "Leadmatch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def call(self, kind: type[Answer], operation: Callable[..., object], *arguments: object, **more: object) -> Answer:
        """
        Call an operation's ``sync`` and return its answer, which is of *kind*.

        Raises:
            ApiError: The API answers with an error.
            TypeError: The answer is of another kind: *kind* belongs to another operation, or the system is newer.
        """
        answer = operation(*arguments, client=self.client, **more)
        if not isinstance(answer, kind):
            raise TypeError(f"{kind.__name__} was expected, and {answer!r} came")
        return answer

    def each(
        self,
        kind: type[Answer],
        operation: Callable[..., object],
        *arguments: object,
        items: Callable[[Answer], Sequence[Item]],
        limit: int = LARGEST_PAGE,
        **more: object,
    ) -> Iterator[Item]:
        """
        Yield the items of a list, requesting each page when it is needed.

        Args:
            items: Returns the items of an answer: ``lambda page: page.recommendations``; ``list`` for a bare list.
            limit: How many to request at a time.
        """
        page = 1
        while True:
            answer = self.call(kind, operation, *arguments, page=page, limit=limit, **more)
            found = items(answer)
            yield from found
            if len(found) < limit:
                return
            page += 1

    def events(self, path: str, last_id: str | None = None) -> Iterator[Event]:
        """Yield the events of *path*, those after the event *last_id* if it is given; see :func:`events_of`."""
        return events_of(self._http, path, last_id)
