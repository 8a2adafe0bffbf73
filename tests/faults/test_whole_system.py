"""The whole system, as `make run` starts it, on a machine with faults."""

import contextlib
import io
from pathlib import Path

import psutil
import pytest

from scripts.launcher.processes import processes_in
from tests.api.pictures import photo, saved
from tests.faults.conftest import full_only
from tests.faults.disks import fill, mounted
from tests.faults.whole_system import Visitor, WholeSystem
from tests.scripts.running_system import end_of
from tests.waiting import wait_for

pytestmark = full_only

#: Pages that read many tables, and from each server.
PAGES = ("/console/properties", "/console/engine", "/console/queues", "/console/attention", "/console/users", "/homes")


@pytest.fixture
def system(servers_folder):
    """A system that is stopped after the test; it reuses the home of an earlier test, because creating one is slow."""
    system = WholeSystem(servers_folder / "whole-system")
    yield system
    system.stop()


def upload(visitor: Visitor) -> int:
    """The status of an attempt to upload an avatar."""
    files = {"avatar": ("me.jpg", io.BytesIO(saved(photo(), "JPEG")), "image/jpeg")}
    return visitor.call("PUT", "/users/update", data={"phone": visitor.phone}, files=files).status_code


def test_a_system_on_a_full_disk_answers_and_recovers_completely(servers_folder):
    with mounted(servers_folder / "whole-disk", "400m") as disk, contextlib.closing(Stopping(disk / "home")) as system:
        system.start()
        visitor = system.person()
        offered = [visitor.offer(price=12_000_000 + number) for number in range(5)]
        assert offered == [201] * 5
        wait_for(system.is_fresh, what="the first lists")

        filler = fill(disk)
        seen = []
        for number in range(60):
            offered.append(visitor.offer(description="x" * 5000, price=13_000_000 + number))
            seen.append((PAGES[number % len(PAGES)], visitor.see(PAGES[number % len(PAGES)])))
            if number % 10 == 0:
                seen.append(("upload", upload(visitor)))
                seen.append(("live", visitor.call("GET", "/health/live").status_code))
        assert set(offered) <= {201, 503}
        assert 503 in offered or 503 in dict(seen).values(), "the disk was never full"
        assert {(path, status) for path, status in seen if status not in (200, 503)} == set()
        assert {status for path, status in seen if path == "live"} == {200}

        filler.unlink()
        wait_for(lambda: offered.append(visitor.offer()) or offered[-1] == 201, what="room again, and a write")
        wait_for(lambda: upload(visitor) == 200, what="room again, and an upload")
        assert system.properties() == offered.count(201)
        assert {path: visitor.see(path) for path in PAGES} == dict.fromkeys(PAGES, 200)
        system.assert_whole()


class Stopping(WholeSystem):
    """A system that `contextlib.closing` stops."""

    def close(self) -> None:
        self.stop()


def torn(folder: Path) -> None:
    """Append NUL bytes, which a power cut leaves at the end of a file that grew."""
    with (folder / "data/appendonlydir/appendonly.aof.1.incr.aof").open("ab") as file:
        file.write(bytes(4096))


def test_an_append_only_file_torn_under_a_running_system_costs_nothing(system):
    system.start()
    visitor, before = system.person(), system.properties()
    assert visitor.offer() == 201
    [valkey] = processes_in(system.home.valkey / "data", "valkey-server")
    valkey.suspend()
    torn(system.home.valkey)
    valkey.kill()
    assert visitor.offer(price=12_600_000) == 201

    system.output.wait_for_line("Valkey has ended; starting it again")
    system.output.wait_for_line("append-only file is damaged")
    assert visitor.offer(price=12_700_000) == 201
    assert system.properties() == before + 3
    system.assert_whole()


def test_after_a_power_cut_that_tears_the_append_only_file_the_next_start_recovers_completely(system):
    system.start()
    visitor, before = system.person(), system.properties()
    assert visitor.offer() == 201
    tree = [system.process, *system.processes()]
    for process in tree:
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL's children end with their parent
            process.kill()
    system.process.wait()
    end_of(tree[1:])
    torn(system.home.valkey)

    system.start()
    system.output.wait_for_line("append-only file is damaged")
    assert visitor.offer(price=12_600_000) == 201
    assert system.properties() == before + 2
    system.assert_whole()


def test_a_system_works_beside_a_tiny_shared_memory(servers_folder):
    script = 'mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$@"'
    through = ("unshare", "--mount", "sh", "-c", script, "sh")
    with contextlib.closing(Stopping(servers_folder / "tiny-shared-memory", through)) as system:
        system.start()
        visitor = system.person()
        assert [visitor.offer(price=12_000_000 + number) for number in range(5)] == [201] * 5
        assert upload(visitor) == 200
        assert {path: visitor.see(path) for path in PAGES} == dict.fromkeys(PAGES, 200)
        system.assert_whole()
