"""The application's connections and settings: one typed object instead of names looked up in `app.extensions`."""

from dataclasses import dataclass

import redis
from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from api.http.limit_counters import LimitCounters
from api.http.long_lived import LongLived
from models.platform.settings import Settings
from models.platform.storage import Storage
from worker.queue.client import Client


@dataclass
class Services:
    """The settings of an application, and its connections. Tests replace single fields."""

    settings: Settings
    engine: Engine
    #: Sessions whose statements run in one transaction.
    sessions: sessionmaker[Session]
    #: Sessions without a transaction, for operations that only read.
    reading_sessions: sessionmaker[Session]
    #: With short timeouts: a request never hangs on Redis.
    redis: redis.Redis
    limits: LimitCounters
    #: Sends tasks to the workers.
    worker: Client
    #: The storage of uploaded files.
    storage: Storage
    #: The budget of connections that hold a thread for a long time.
    long_lived: LongLived


def attach_services(app: Flask, services: Services) -> None:
    """Set the services of *app*, replacing earlier ones."""
    app.extensions["services"] = services


def services_of(app: Flask) -> Services:
    """The services of *app*; raises KeyError if none are attached."""
    services: Services = app.extensions["services"]
    return services


def services() -> Services:
    """The services of the application that answers the current request."""
    return services_of(current_app)
