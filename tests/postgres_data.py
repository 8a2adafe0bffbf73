"""The data of a PostgreSQL with the current schema, made once and copied: `initdb` and the migrations take seconds."""

import shutil
import subprocess
from pathlib import Path

import psycopg2

from models.platform.settings import database_url
from scripts.launcher.servers.postgres import PostgresServer

#: The name of a database with the current schema, from which others are created.
TEMPLATE = "template_migrated"


def make_data(folder: Path, shared: Path) -> None:
    """Move the data of a new server in *folder* to *shared*, which the server's account cannot enter."""
    from models.platform.migrate import upgrade

    with PostgresServer(folder, durable=False) as server:
        upgrade(database_url(server.url))
        connection = psycopg2.connect(server.url_of("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
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
