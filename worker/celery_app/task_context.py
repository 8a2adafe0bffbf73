"""Resources of tasks: settings, sessions, Redis, the client that sends further tasks. One of each per process."""

import os
import socket
from collections.abc import Mapping
from functools import cache

import psycopg2
import redis
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

import models.all_tables  # noqa: F401 - sessions need every table
from models.accounts.live_channels import signal_after_commits
from models.platform.database import connect, sessions
from models.platform.settings import Settings
from worker.queue import metrics
from worker.queue.client import Client

#: Errors of an unavailable or busy database; those of COPY come directly from the driver.
DATABASE_AWAY = (OperationalError, InterfaceError, psycopg2.OperationalError, psycopg2.InterfaceError)


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env()


@cache
def _sessions_of(_process: int) -> sessionmaker[Session]:
    # One per process, because a forked process must not share its parent's connections. There is no statement timeout,
    # because runs are long.
    engine = connect(
        settings().database_url,
        pool_size=2,
        max_overflow=2,
        statement_timeout_ms=0,
        application="leadmatch-worker",
        one_plan_each=True,
    )
    factory = sessions(engine)
    # So browsers show a notification from a task as soon as one from a request.
    signal_after_commits(factory, redis_client())
    return factory


def new_session() -> Session:
    """A session on this process's own connections."""
    return session_factory()()


def session_factory() -> sessionmaker[Session]:
    """The factory of sessions on this process's own connections."""
    return _sessions_of(os.getpid())


@cache
def client() -> Client:
    """The client that sends further tasks."""
    return Client(settings().redis_url)


def count_stages(stages: Mapping[str, float]) -> None:
    """Add the seconds of a shard's stages to the metrics; without Redis they are stored only with the shard."""
    try:
        metrics.add_stages(redis_client(), stages)
    except redis.RedisError:
        pass


@cache
def redis_client() -> redis.Redis:
    """This process's connection to Redis, with short timeouts, because nothing that tasks write there is essential."""
    return redis.Redis.from_url(settings().redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)


def worker_name() -> str:
    """Host and process id, shown with a run."""
    return f"{socket.gethostname()}:{os.getpid()}"
