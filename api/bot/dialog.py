"""Process one update of Telegram: identify its sender and answer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from models.accounts.bot_queue import queue_call
from models.accounts.users import User
from models.core.errors import DomainError, InvalidValueError
from models.translations.bot_cards import Keyboard, card
from models.translations.catalogue import describe_error, describe_fault, translate


@dataclass(frozen=True)
class Bot:
    """The parts of the system that conversations need."""

    public_url: str


@dataclass
class Dialog:
    """One update: its sender and the answers."""

    session: Session
    bot: Bot
    chat_id: str
    language: str
    user: User | None

    def word(self, code: str, **facts: object) -> str:
        return translate(self.language, code, facts)

    def call(self, method: str, **arguments: Any) -> None:
        """Queue a call of the Bot API."""
        queue_call(self.session, self.chat_id, method, arguments)

    def send(self, words: str, keyboard: Keyboard | None = None, photo: str | None = None) -> None:
        method, arguments = card(self.chat_id, words, keyboard or [], photo)
        self.call(method, **arguments)

    def describe_error(self, error: DomainError) -> str:
        """The sentence of an error."""
        if isinstance(error, InvalidValueError):
            return describe_fault(self.language, error.fault)
        return describe_error(self.language, error)
