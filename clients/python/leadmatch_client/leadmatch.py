"""The way in: a client that is signed in, retries, and raises what goes wrong."""

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
    A system's API, as one caller.

    Functions of `leadmatch_client.generated` take its :attr:`client`; :meth:`call` passes it and narrows the answer.
    Whatever goes through it raises :class:`ApiError` for an error, and is retried (:class:`Retrying`).

    Args:
        url: Where the system answers: ``https://leadmatch.example``.
        token: A bearer token; see :meth:`sign_in`.
        init_data: What Telegram gave a Mini App, instead of a token.
        api_key: For lead generation (``/api/...``).
        language: Of the messages in errors: en, ru or kk.
        transport: What sends, retries included.
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
        """A client signed in by e-mail or phone and password; *options* are the constructor's."""
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
            ApiError: The API answers an error.
            TypeError: The answer is of another kind: another operation's, or a newer system's.
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
        The items of a list, page after page, as they are needed.

        Args:
            items: What of an answer the items are: ``lambda page: page.recommendations``; of a bare list, ``list``.
            limit: How many to ask for at a time.
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
        """What the API tells as it happens, from after the event *last_id* on; see :func:`events_of`."""
        return events_of(self._http, path, last_id)
