"""The disk for uploads, or the one for the metrics of web processes, is full."""

import errno
import functools
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.http.services import services_of
from models.accounts.uploads import Upload
from models.core.enums import Role
from models.platform.storage import Storage
from tests.conftest import ROOT
from tests.factories import make_user, token_header
from tests.faults.disks import fill, mounted


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 64 KB."""
    with mounted(tmp_path / "tiny", "64k") as disk:
        yield disk


def put_avatar(app, headers, phone):
    data = {"phone": phone, "avatar": (io.BytesIO(picture()), "me.jpg")}
    return app.test_client().put("/users/update", data=data, headers=headers)


def test_an_upload_to_a_full_disk_is_turned_away_and_leaves_nothing(
    app, engine, market, tiny_disk, write, journal, new_worker_session, all_is_well
):
    """Requests that upload nothing are not affected."""
    from worker import tasks  # late: it reads the environment

    with Session(engine) as session:
        user = make_user(session, Role.TENANT)
        session.commit()
        headers, phone = token_header(user), user.phone
    services_of(app).storage = Storage(tiny_disk.as_uri())
    while put_avatar(app, headers, phone).status_code == 200:
        filler = Path(tiny_disk, f"filler{len(list(tiny_disk.iterdir()))}")
        try:
            filler.write_bytes(bytes(20_000))
        except OSError as error:
            assert error.errno == errno.ENOSPC

    write(1)
    answer = put_avatar(app, headers, phone)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    with Session(engine) as session:
        stored = session.scalar(select(func.count()).select_from(Upload))
    assert len(services_of(app).storage.names()) == stored
    assert journal.turned_away == 0
    tasks.sweep()
    all_is_well()


#: Counts 200 requests, more than a page of memory holds, and prints the total of all processes.
COUNTING = """
import sys
from api.http.request_metrics import count_request, registry_of_all_processes
for number in range(200):
    count_request("GET", f"/{number:0100}", 200, 0.1)
samples = [sample for metric in registry_of_all_processes().collect() for sample in metric.samples]
print(int(sum(sample.value for sample in samples if sample.name == "leadmatch_http_request_seconds_count")))
"""


@pytest.mark.parametrize(
    ("room", "minimum", "maximum"),
    [(2 << 20, 400, 400), (200_000, 201, 399), (0, 200, 200)],
    ids=["there is room", "for the beginning", "for nothing"],
)
def test_a_process_that_has_no_room_for_its_counts_lives_on(tmp_path, room, minimum, maximum):
    """The library's files are sparse; a process that fills a hole on a full disk is killed (SIGBUS)."""
    with mounted(tmp_path / "counts", "4m") as disk:
        variables = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(disk)}
        run = functools.partial(
            subprocess.run, [sys.executable, "-c", COUNTING], cwd=ROOT, env=variables, capture_output=True, text=True
        )
        assert run().stdout.strip() == "200"
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - room)

        done = run()

    assert done.returncode == 0, done.stderr
    assert minimum <= int(done.stdout) <= maximum
