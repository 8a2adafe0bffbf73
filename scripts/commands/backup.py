"""`leadmatch backup`: a dump of the database."""

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

import click

from models.platform.settings import Settings
from scripts.errors import LaunchError
from scripts.postgres_programs import connection_of, program, size_of

#: Owners and privileges are left out, because another server has other accounts.
PLAIN = ("--no-owner", "--no-privileges")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-lists", is_flag=True, help="Leave out the recommendation lists; a run makes them again.")
def command(file: Path, without_lists: bool) -> None:
    """Write the whole database to FILE, while the system works; `leadmatch restore FILE` reads it.

    FILE holds personal data: only its owner may read it. Uploaded files are not in it; their folder is printed.
    """
    settings = Settings.for_command()
    if file.exists():
        raise LaunchError(f"{file} exists; name a new file")
    draft = file.with_name(file.name + ".part")
    where, environment = connection_of(settings.database_url)
    left_out = ["--exclude-table-data=*_recommendations"] if without_lists else []
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            done = subprocess.run(
                [program("pg_dump"), "--format=custom", *PLAIN, *left_out, f"--dbname={where}"],
                env=environment,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
            os.fsync(out.fileno())
        if done.returncode:
            raise LaunchError(f"the database cannot be dumped: {' | '.join(done.stderr.strip().splitlines()[-3:])}")
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"The database is in {file} ({size_of(file)}).")
    media = unquote(settings.media_url.removeprefix("file://"))
    click.echo(f"Uploaded files are not: copy {media} as well, after this.")
