"""Uploads to an object store behave as on a disk; tested with an S3 server (moto) over HTTP."""

import io
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
import s3fs
from PIL import Image
from sqlalchemy.orm import Session

from models.accounts.uploads import Upload
from scripts.launcher.processes import dies_with_parent, stop_child
from tests.factories import make_user, token_header
from tests.waiting import wait_for

ROOT = Path(__file__).parent.parent.parent
BUCKET = "leadmatch"
#: The variables that an operator sets besides MEDIA_URL; the endpoint only for a store that is not Amazon's.
AMAZON = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def s3():
    """A running S3 server with an empty bucket; `endpoint` is its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | AMAZON,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=dies_with_parent(signal.SIGKILL),
    )
    server.endpoint = f"http://127.0.0.1:{port}"
    try:
        _wait_until_answering(server)
        yield server
    finally:
        stop_child(server, [])


def _wait_until_answering(server) -> None:
    def answers() -> bool:
        if server.poll() is not None:
            pytest.fail(f"the S3 server ended with code {server.returncode}")
        try:
            with urllib.request.urlopen(server.endpoint, timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    wait_for(answers, what="an S3 server that answers")


@pytest.fixture
def bucket(s3, monkeypatch):
    for name, value in (AMAZON | {"AWS_ENDPOINT_URL_S3": s3.endpoint}).items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()  # fsspec caches one for each set of options, and ignores the environment
    found = boto3.resource("s3", endpoint_url=s3.endpoint).Bucket(BUCKET)
    found.create()
    yield found
    found.objects.delete()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture
def client(app_with, bucket):
    return app_with(MEDIA_URL=f"s3://{BUCKET}/media").test_client()


@pytest.fixture
def user(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        user = make_user(session)
        session.commit()
    return user


def picture(color="red") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), color).save(out, "PNG")
    out.seek(0)
    return out


def update(client, user, **files):
    data = {"phone": user.phone} | {name: (content, f"{name}.png") for name, content in files.items()}
    return client.put("/users/update", data=data, headers=token_header(user))


def keys(bucket) -> set[str]:
    return {found.key for found in bucket.objects.all()}


def test_a_picture_is_kept_served_replaced_and_gone_with_its_user(client, user, bucket):
    first = update(client, user, avatar=picture()).json["user"]["avatar"]
    assert keys(bucket) == {first.removeprefix("/")}

    served = client.get(first)
    assert (served.status_code, served.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(served.data)).size == (40, 20)
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Disposition"].startswith("inline")
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"

    second = update(client, user, avatar=picture("blue")).json["user"]["avatar"]
    assert keys(bucket) == {second.removeprefix("/")}
    assert client.get(first).status_code == 404

    assert client.delete("/users/delete", json={"phone": user.phone}, headers=token_header(user)).status_code == 200
    assert keys(bucket) == set()
    assert client.get(second).status_code == 404


def test_a_file_that_the_bucket_lost_is_not_found(client, user, bucket):
    url = update(client, user, avatar=picture()).json["user"]["avatar"]
    bucket.objects.delete()

    assert client.get(url).status_code == 404


def test_of_two_files_one_bad_keeps_neither(client, user, bucket):
    answer = update(client, user, avatar=picture(), licenses=io.BytesIO(b"text"))

    assert answer.status_code == 415
    assert keys(bucket) == set()


@pytest.mark.parametrize("away", ["no server", "no bucket"])
def test_a_store_that_is_away_is_a_503_and_nothing_is_stored_half(app_with, engine, client, user, monkeypatch, away):
    url = update(client, user, avatar=picture()).json["user"]["avatar"]
    media = f"s3://{BUCKET}/media" if away == "no server" else "s3://no-such-bucket/media"
    if away == "no server":
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    s3fs.S3FileSystem.clear_instance_cache()
    broken = app_with(MEDIA_URL=media).test_client()

    answer = update(broken, user, avatar=picture("blue"))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["message"] == "Files cannot be stored or read at the moment; try again soon."
    assert broken.get("/users/me", headers=token_header(user)).json["avatar"] == url
    with Session(engine) as session:
        assert [row.name for row in session.query(Upload)] == [url.removeprefix("/media/")]
    if away == "no server":
        assert broken.get(url).status_code == 503
