"""What every task needs: settings, sessions, the way to send further tasks. One of each a process."""

import os
import socket
from collections.abc import Mapping
from functools import cache

import psycopg2
import redis
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models.platform.database import connect, sessions
from models.platform.settings import Settings
from worker.queue import metrics
from worker.queue.client import Client

#: A database that is away or busy; what COPY raises comes from the driver itself.
DATABASE_AWAY = (OperationalError, InterfaceError, psycopg2.OperationalError, psycopg2.InterfaceError)

#: For tasks that a passing trouble of the database may stop; the sweep repeats what these attempts do not save.
HEALS = {"autoretry_for": DATABASE_AWAY, "retry_backoff": True, "retry_backoff_max": 30, "max_retries": 5}


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env()


@cache
def _sessions_of(_process: int) -> sessionmaker[Session]:
    # By process: a connection must not be shared with the parent that forked us. No statement timeout: runs are long.
    engine = connect(
        settings().database_url, pool_size=2, max_overflow=2, statement_timeout_ms=0, application="leadmatch-worker"
    )
    return sessions(engine)


def new_session() -> Session:
    """A session of this process's own."""
    return _sessions_of(os.getpid())()


@cache
def client() -> Client:
    """Sends further tasks."""
    return Client(settings().redis_url)


def note_stages(stages: Mapping[str, float]) -> None:
    """Count the seconds of a shard's stages for whoever watches; without Redis they are in the shard alone."""
    try:
        metrics.note_stages(redis_client(), stages)
    except redis.RedisError:
        pass


@cache
def redis_client() -> redis.Redis:
    """This process's connection to Redis; it gives up soon, for nothing that tasks say there is worth waiting for."""
    return redis.Redis.from_url(settings().redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)


def worker_name() -> str:
    """This process, for people who look at a run."""
    return f"{socket.gethostname()}:{os.getpid()}"
