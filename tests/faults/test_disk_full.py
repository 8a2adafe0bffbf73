"""The disk that holds uploads is full."""

import errno
import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.http.services import services_of
from models.accounts.uploads import Upload
from models.core.enums import Role
from models.platform.storage import Storage
from tests.factories import make_user, token_header


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def tiny_disk(tmp_path):
    """A folder on a disk of 64 KB, where this account may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def put_avatar(app, headers, phone):
    data = {"phone": phone, "avatar": (io.BytesIO(picture()), "me.jpg")}
    return app.test_client().put("/users/update", data=data, headers=headers)


def test_an_upload_to_a_full_disk_is_turned_away_and_leaves_nothing(
    app, engine, market, tiny_disk, write, journal, worker_here, all_is_well
):
    """Whoever uploads nothing does not notice."""
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
