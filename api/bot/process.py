"""The bot's process: receives updates, processes each once, and makes the calls that answer them.

It receives updates by long polling or, with TELEGRAM_WEBHOOK, from `POST /telegram/updates` of the web process, which
stores Telegram's posts. Only one process is active at a time; another one waits and takes over when the first has
stopped.
"""

import asyncio
import logging
import signal
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import redis
from redis.exceptions import RedisError
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker
from telegram import Bot as TelegramBot
from telegram.error import InvalidToken, TelegramError

from api.bot.conversation import handle
from api.bot.dialog import Bot
from api.bot.heartbeat import EVERY_SECONDS, Heartbeat
from api.bot.telegram_api import POLL_SECONDS, WANTED, CallNotMadeError, bot_of, make, received
from api.bot.updates import PATH, secret_of
from api.http import live_updates
from api.portal.chat_hub import channel
from models.accounts.bot_queue import (
    claim_call,
    claim_update,
    delete_call,
    drop_update,
    next_offset,
    release_call,
    store_updates,
)
from models.platform.database import connect, sessions
from models.platform.settings import Settings
from worker.queue.client import Client

Result = TypeVar("Result")

log = logging.getLogger(__name__)

#: How often a bot with a webhook checks for stored updates, and how often a waiting bot checks whether it can take
#: over.
POLL_INTERVAL_SECONDS = 0.5
#: The number of attempts at an update while the database fails for a temporary reason, such as a lock or a restart.
ATTEMPTS = 5
ATTEMPT_SECONDS = 1.0


def serve(settings: Settings, poll_seconds: int = POLL_SECONDS) -> None:
    """Run the bot until SIGTERM or SIGINT. Without TELEGRAM_BOT, or without a token, only wait for the signal."""
    stop = _Stop()
    if not settings.telegram_bot or not settings.telegram_bot_token:
        log.info("bot_is_off")
        stop.wait()
        return
    engine = connect(settings.database_url, pool_size=2, max_overflow=1, application="leadmatch-bot")
    heartbeat = Heartbeat(_redis(settings))
    try:
        with engine.connect() as guard:
            while not stop.is_set and not _holds_lock(guard):
                heartbeat.beat()
                time.sleep(POLL_INTERVAL_SECONDS)
            if not stop.is_set:
                asyncio.run(_Process(settings, sessions(engine), stop, poll_seconds).run())
    finally:
        heartbeat.stop()
        engine.dispose()


def _redis(settings: Settings) -> redis.Redis:
    return redis.Redis.from_url(settings.redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)


def _holds_lock(guard: Connection) -> bool:
    """Whether no other process is active; the lock is held until the connection ends."""
    is_held = guard.scalar(select(func.pg_try_advisory_lock(func.hashtextextended("telegram-bot", 0))))
    guard.commit()
    return bool(is_held)


class _Stop:
    """Whether the process has to stop."""

    def __init__(self) -> None:
        self.is_set = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._set)

    def _set(self, *_: object) -> None:
        self.is_set = True

    def wait(self) -> None:
        while not self.is_set:
            time.sleep(0.2)


class _Process:
    def __init__(self, settings: Settings, new_session: sessionmaker[Session], stop: _Stop, poll_seconds: int) -> None:
        self._settings, self._new_session, self._stop = settings, new_session, stop
        self._poll_seconds = poll_seconds
        self._bot = Bot(settings.public_url)
        self._worker = Client(settings.redis_url)
        self._redis = _redis(settings)
        self._heartbeat = Heartbeat(self._redis)

    async def run(self) -> None:
        telegram = bot_of(self._settings)
        try:
            while not self._stop.is_set:
                self._heartbeat.beat()
                try:
                    await telegram.initialize()
                    await self._choose_update_method(telegram)
                    break
                except InvalidToken:
                    raise
                except TelegramError as error:
                    log.warning("telegram_not_reached", extra={"kind": type(error).__name__})
                    await asyncio.sleep(3)
            log.info("bot_ready")
            while not self._stop.is_set:
                self._heartbeat.beat()
                try:
                    self._process_updates()
                    await self._send(telegram)
                    await self._receive(telegram)
                except CallNotMadeError as wait:
                    await self._pause(wait.after_seconds)
        finally:
            with suppress(TelegramError, RuntimeError):
                await telegram.shutdown()

    async def _choose_update_method(self, telegram: TelegramBot) -> None:
        """Set or delete the webhook: Telegram either posts updates or is polled, not both."""
        if self._settings.telegram_webhook:
            await telegram.set_webhook(
                f"{self._settings.public_url}{PATH}",
                allowed_updates=WANTED,
                secret_token=secret_of(self._settings.secret_key),
            )
        else:
            await telegram.delete_webhook()

    async def _receive(self, telegram: TelegramBot) -> None:
        if self._settings.telegram_webhook:
            await asyncio.sleep(POLL_INTERVAL_SECONDS)
            return
        with self._new_session() as session:
            offset = next_offset(session)
        updates = await self._unless_stopped(received(telegram, offset, self._poll_seconds))
        if updates:
            with self._new_session() as session:
                store_updates(session, updates)
                session.commit()

    async def _pause(self, seconds: float) -> None:
        """Wait as long as Telegram demands, which may be minutes; stored updates are processed meanwhile."""
        until = time.monotonic() + seconds
        while not self._stop.is_set and (left := until - time.monotonic()) > 0:
            self._heartbeat.beat()
            await self._unless_stopped(asyncio.sleep(min(left, EVERY_SECONDS)))

    async def _unless_stopped(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """The work's result; None if the process has to stop first."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.wait([task], timeout=0.2)
            if self._stop.is_set and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                return None
        return task.result()

    def _process_updates(self) -> None:
        """Process every stored update, each in a transaction of its own; updates with lasting errors are dropped."""
        attempts: Counter[int] = Counter()
        while not self._stop.is_set:
            self._heartbeat.beat()
            update_id = None
            try:
                with self._new_session() as session:
                    update = claim_update(session)
                    if update is None:
                        return
                    update_id = update["update_id"]
                    handle(session, self._bot, update)
                    session.commit()
                    self._follow_up(session)
            except Exception as failure:
                if update_id is None:
                    raise
                attempts[update_id] += 1
                if isinstance(failure, OperationalError) and attempts[update_id] < ATTEMPTS:
                    time.sleep(ATTEMPT_SECONDS)
                    continue
                # Messages are personal data, so the log contains only the kind of failure.
                log.error("bot_update_failed", extra={"update_id": update_id, "kind": type(failure).__name__})
                with self._new_session() as session:
                    drop_update(session, update_id)
                    session.commit()

    def _follow_up(self, session: Session) -> None:
        """
        After a commit, send the same tasks and notices as the API does (`api.http.transaction.send_notifications`).
        """
        if session.info.pop("has_webhooks", False):
            self._worker.webhooks_due()
        for lead_id in session.info.pop("leads", []):
            self._worker.lead_changed(lead_id)
        stored = session.info.pop("notifications", {})
        for notification_id in stored:
            self._worker.notification_stored(notification_id)
        for user_id in {*stored.values(), *session.info.pop("changed_for_users", set())}:
            live_updates.notify(self._redis, live_updates.of_user(user_id))
        for chat_id, *people in session.info.pop("messages", []):
            with suppress(RedisError, OSError):
                for user_id in people:
                    self._redis.publish(channel(chat_id, user_id), b"")

    async def _send(self, telegram: TelegramBot) -> None:
        """Make every queued call; each is claimed in a committed transaction before it is made."""
        while not self._stop.is_set:
            self._heartbeat.beat()
            with self._new_session() as session:
                call = claim_call(session)
                session.commit()
            if call is None:
                return
            try:
                await make(telegram, call)
            except CallNotMadeError:
                with self._new_session() as session:
                    release_call(session, call)
                    session.commit()
                raise
            with self._new_session() as session:
                delete_call(session, call)
                session.commit()
