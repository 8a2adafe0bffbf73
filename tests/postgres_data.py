"""The data of a PostgreSQL with the current schema, made once and copied: `initdb` and the migrations take seconds."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg2

from models.platform.settings import database_url
from scripts.launcher.servers.postgres import PostgresServer

#: The name of a database with the current schema, from which others are created.
TEMPLATE = "template_migrated"
#: The variable that names a folder with the data of an earlier schema, from which the current one is reached sooner.
EARLIER = "EARLIER_POSTGRES_DATA"


def make_data(folder: Path, shared: Path) -> None:
    """Move the data of a new server in *folder* to *shared*, which the server's account cannot enter."""
    from models.platform.migrate import upgrade

    if earlier := os.environ.get(EARLIER):
        copy_data(Path(earlier, "data"), folder)
        shutil.copy(Path(earlier, "connection.json"), folder)
    with PostgresServer(folder, durable=False) as server:
        upgrade(database_url(server.url))
        connection = psycopg2.connect(server.url_of("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
            cursor.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE leadmatch STRATEGY FILE_COPY")
        connection.close()
    shutil.copy(folder / "connection.json", shared)
    copy_data(folder / "data", shared / "draft")
    (shared / "draft" / "data").rename(shared / "data")
    shutil.rmtree(folder)


def copy_data(data: Path, folder: Path) -> None:
    """Copy a stopped server's data into *folder*, with its owner."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", str(data), str(folder)], check=True)
