"""
Uploads of strangers are refused or made safe, and a failed request leaves no file behind.
"""

import io
import tracemalloc
import zlib
from struct import pack

import pytest
from flask import g
from PIL import Image
from werkzeug.datastructures import FileStorage

from api.http.db import session as request_session
from api.http.services import services_of
from api.http.uploads import LARGEST_FILE, LARGEST_REQUEST, remove_uploads, store_document, store_image
from models.accounts.uploads import Upload
from models.accounts.users import create_user
from models.core.enums import Role
from models.core.errors import InvalidFileError, TooLargeFileError, WrongFileTypeError
from tests.factories import token_header

PLACE = "Where I live"


def picture(format_="JPEG", size=(40, 20), mode="RGB", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, format_, **options)
    return out.getvalue()


def with_exif(**options) -> bytes:
    """A JPEG lying on its side; its EXIF data has the orientation and the location."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn right to see it upright
    exif[0x010E] = PLACE
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif, comment=PLACE.encode(), **options)


def bomb(side=30_000) -> bytes:
    """A PNG of side x side pixels in a few kilobytes: every row is zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _ in range(100)) + packer.flush()
    header = pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF_JS = b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//;"


def upload(content: bytes, filename="photo.jpg", content_type="image/jpeg") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=filename, name="avatar", content_type=content_type)


@pytest.fixture
def owner(app):
    """A user, within a request that they make."""
    with app.test_request_context("/"):
        user = create_user(request_session(), role=Role.REALTOR, phone="+77011234567")
        request_session().commit()
        yield user


def commit() -> None:
    """Do what the application does after a successful answer."""
    request_session().commit()
    for follow_up in g.pop("after_commit", []):
        follow_up()


def files_of(app) -> list[str]:
    return [name for name, _ in services_of(app).storage.names()]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"just some text, called .jpg", WrongFileTypeError),
        (SVG, WrongFileTypeError),
        (GIF_JS, WrongFileTypeError),
        (picture("GIF", mode="P"), WrongFileTypeError),
        (PDF, WrongFileTypeError),
        (bomb(), TooLargeFileError),
        (picture() + b"\0" * LARGEST_FILE, TooLargeFileError),
        (b"", InvalidFileError),
        (picture("PNG", (300, 300))[:120], InvalidFileError),
    ],
    ids=[
        "text",
        "svg with a script",
        "gif that is javascript",
        "gif",
        "pdf",
        "bomb",
        "just over the limit",
        "empty",
        "cut short",
    ],
)
def test_a_file_that_is_not_a_safe_picture_is_refused_and_not_kept(app, owner, content, error):
    with pytest.raises(error) as refused:
        store_image(upload(content), owner, "avatar")

    assert refused.value.field == "avatar"
    assert files_of(app) == []


class Body(io.RawIOBase):
    """A request with a file of *size* bytes, generated while it is read; ``position`` counts the bytes read."""

    HEAD = (
        b'--cut\r\nContent-Disposition: form-data; name="phone"\r\n\r\n+77011234567\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="avatar"; filename="me.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + picture()
    )
    TAIL = b"\r\n--cut--\r\n"

    def __init__(self, size: int) -> None:
        self.position, self._filled = 0, size - len(picture())
        self.length = len(self.HEAD) + self._filled + len(self.TAIL)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), 1 << 16)
        here = self.HEAD[self.position : self.position + size]
        filled = min(max(len(self.HEAD) + self._filled - self.position - len(here), 0), size - len(here))
        here += bytes(filled)
        after = max(self.position + len(here) - len(self.HEAD) - self._filled, 0)
        here += self.TAIL[after : after + size - len(here)]
        buffer[: len(here)] = here
        self.position += len(here)
        return len(here)


def put_avatar(client, owner, body: Body):
    environ = {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(body.length),
        "CONTENT_TYPE": "multipart/form-data; boundary=cut",
    }
    return client.put("/users/update", headers=token_header(owner), environ_overrides=environ)


def test_a_file_of_50_mb_is_refused_and_never_held_in_memory(app, client, owner):
    """The parser writes it to a temporary file, whose size is then checked."""
    body = Body(50 << 20)
    tracemalloc.start()
    try:
        answer = put_avatar(client, owner, body)
        _, maximum = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (answer.status_code, list(answer.json["errors"]["multipart"])) == (413, ["avatar"])
    assert body.position == body.length
    assert maximum < 5 << 20
    assert files_of(app) == []


def test_a_request_larger_than_all_its_files_may_be_is_refused_unread(app, client, owner):
    body = Body(LARGEST_REQUEST)

    answer = put_avatar(client, owner, body)

    assert (answer.status_code, body.position) == (413, 0)
    assert files_of(app) == []


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_pictures_come_back_as_pictures(client, owner, format_):
    url = store_image(upload(picture(format_)), owner, "avatar")
    commit()

    answer = client.get(url)

    assert answer.mimetype == f"image/{format_.lower()}"
    assert Image.open(io.BytesIO(answer.data)).size == (40, 20)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_copy_that_is_still_good_is_not_sent_again(client, owner):
    url = store_image(upload(picture()), owner, "avatar")
    commit()
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"") and again.headers["ETag"] == first.headers["ETag"]
    assert int(first.headers["Content-Length"]) == len(first.data)


def test_a_photo_is_turned_upright_and_loses_its_location(client, owner):
    url = store_image(upload(with_exif()), owner, "avatar")
    commit()

    content = client.get(url).data

    found = Image.open(io.BytesIO(content))
    assert found.size == (20, 40)
    assert not found.getexif()
    assert PLACE.encode() not in content


def test_fields_that_a_camera_got_wrong_do_not_matter(client, owner):
    # Little-endian TIFF: two fields, the orientation (a SHORT, 6) and a description that is a FLOAT instead of text.
    fields = pack("<HHIHH", 0x0112, 3, 1, 6, 0), pack("<HHIf", 0x010E, 11, 1, 1.5)
    exif = b"Exif\0\0II*\0" + pack("<IH", 8, 2) + fields[1] + fields[0] + pack("<I", 0)

    url = store_image(upload(picture(exif=exif)), owner, "avatar")
    commit()

    assert Image.open(io.BytesIO(client.get(url).data)).size == (20, 40)


def test_bytes_hidden_behind_a_picture_are_gone(client, owner):
    url = store_image(upload(picture() + b"<script>alert(1)</script>"), owner, "avatar")
    commit()

    assert b"script" not in client.get(url).data


def test_see_through_pictures_stay_so(client, owner):
    url = store_image(upload(picture("PNG", mode="LA")), owner, "avatar")
    commit()

    assert Image.open(io.BytesIO(client.get(url).data)).mode == "RGBA"


def test_a_document_is_downloaded_not_shown(client, owner):
    url = store_document(upload(PDF, "deed.pdf", "text/html"), owner, "property")
    commit()

    answer = client.get(url)

    assert answer.data == PDF
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_document_may_be_a_picture_and_no_page(client, owner):
    assert store_document(upload(picture()), owner, "property").endswith(".jpg")
    with pytest.raises(WrongFileTypeError):
        store_document(upload(b"<html>" + PDF), owner, "property")


def test_a_request_that_fails_leaves_no_file(app):
    with app.test_request_context("/"):
        user = create_user(request_session(), role=Role.REALTOR, phone="+77011234567")
        store_image(upload(picture()), user, "avatar")
        assert len(files_of(app)) == 1

    assert files_of(app) == []


def test_removed_files_go_with_the_commit_and_only_the_owners(app, client, owner):
    other = create_user(request_session(), role=Role.REALTOR, phone="+77011234568")
    mine, others = (store_image(upload(picture()), user, "avatar") for user in (owner, other))
    commit()

    remove_uploads([mine, others, "https://example.com/1.jpg"], owner)
    assert len(files_of(app)) == 2  # not before the commit
    commit()

    assert client.get(mine).status_code == 404
    assert client.get(others).status_code == 200
    assert request_session().query(Upload).count() == 1


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "nothing.jpg", "A" * 32 + ".jpg", "%00.jpg"])
def test_unknown_names_are_not_found(client, name):
    assert client.get(f"/media/{name}").status_code == 404
