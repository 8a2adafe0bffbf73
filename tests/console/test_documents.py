"""Documents of leads and properties: only the owner sees them, their content decides the type, none opens as a page."""

import io
import zipfile

import pytest
from openpyxl import Workbook
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import select, text

from models.accounts.uploads import PRIVATE_DOCUMENT, Upload
from models.accounts.users import User
from models.market import documents
from models.market.documents import Document
from models.upkeep.erasure import export_user
from models.upkeep.retention import delete_expired
from tests.console.conftest import csrf_of, enter

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def xlsx() -> bytes:
    book, file = Workbook(), io.BytesIO()
    book.active.append(["Аванс", 100_000])
    book.save(file)
    return file.getvalue()


def bundle(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "<x/>")
    return file.getvalue()


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "teal").save(file, "PNG")
    return file.getvalue()


DOCX = bundle("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def send(client, town):
    """Send files to the documents of a row, as the buyer."""
    csrf = enter(client, town.buyer)

    def call(*files, row=f"leads/{town.lead.id}"):
        form = {"csrf": csrf, "documents": [(io.BytesIO(content), name) for name, content in files]}
        return client.post(f"/console/{row}/documents", data=form, content_type="multipart/form-data")

    return call


@pytest.mark.parametrize(
    ("name", "content", "downloaded"),
    [
        ("Договор.pdf", PDF, "Договор.pdf"),
        ("Анкета.docx", DOCX, "Анкета.docx"),
        ("Расчёт.xlsx", xlsx(), "Расчёт.xlsx"),
        ("план.jpeg", picture(), "план.png"),  # by its content
        ("C:\\бумаги\\скан.pdf", PDF, "скан.pdf"),
    ],
)
def test_a_document_is_served_as_a_download(client, town, db, send, name, content, downloaded):
    assert send((name, content)).status_code == 303
    [document] = db.scalars(select(Document))

    answer = client.get(f"/console/documents/{document.id}")

    assert answer.status_code == 200
    if not name.startswith("план"):
        assert answer.data == content
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert documents.clean_title(downloaded) in client.get(f"/console/leads/{town.lead.id}/documents").text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("page.pdf", b"<html><script>alert(1)</script></html>", "DOCX"),
        ("page.docx", bundle("index.html"), "DOCX"),
        ("macros.docx", bundle("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "DOCX"),
        ("both.xlsx", bundle("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"), "DOCX"),
        ("polyglot.docx", b"<script>" + DOCX, "DOCX"),
        ("empty.pdf", b"", "пуст"),
        ("large.pdf", PDF + b" " * (10 << 20) + b"%%EOF", "10"),
    ],
)
def test_an_unsupported_file_is_refused_by_its_name_and_not_kept(db, send, name, content, says):
    answer = send((name, content))

    assert answer.status_code == 400
    assert name in answer.text and says in answer.text.split('class="refused"')[1].split("</ul>")[0]
    assert db.scalars(select(Upload)).all() == []


def test_documents_are_nobody_elses(client, town, db, send):
    assert send(("Договор.pdf", PDF)).status_code == 303
    [document] = db.scalars(select(Document))
    [upload] = db.scalars(select(Upload))
    assert client.get(f"/media/{upload.name}").status_code == 404, "not by the address of public files either"

    client.post("/console/sign-out", data={"csrf": csrf_of(client.get("/console/leads").text)})
    assert client.get(f"/console/documents/{document.id}").status_code == 303
    csrf = enter(client, town.seller)
    assert client.get(f"/console/documents/{document.id}").status_code == 404
    assert client.post(f"/console/documents/{document.id}/delete", data={"csrf": csrf}).status_code == 404
    assert client.post("/console/undo", data={"csrf": csrf, "what": f"document-{document.id}"}).status_code == 404
    lead = f"/console/leads/{town.lead.id}/documents"
    assert client.get(lead).status_code == 404
    form = {"csrf": csrf, "documents": [(io.BytesIO(PDF), "x.pdf")]}
    assert client.post(lead, data=form, content_type="multipart/form-data").status_code == 404
    db.expire_all()
    assert db.get(Document, document.id).deleted_at is None


def test_documents_are_hidden_from_a_new_owner_of_the_row_and_return_with_it(client, town, db, send):
    assert send(("Договор.pdf", PDF)).status_code == 303
    [document] = db.scalars(select(Document))
    of_lead, path = f"/console/leads/{town.lead.id}/documents", f"/console/documents/{document.id}"

    db.execute(text("UPDATE leads SET owner_id = :id"), {"id": town.seller.id})
    db.commit()
    assert client.get(path).status_code == 404
    enter(client, town.seller)
    assert client.get(path).status_code == 404
    assert "Договор.pdf" not in client.get(of_lead).text

    db.execute(text("UPDATE leads SET owner_id = :id"), {"id": town.buyer.id})
    db.commit()
    enter(client, town.buyer)
    assert client.get(path).status_code == 200 and "Договор.pdf" in client.get(of_lead).text


def test_a_row_has_a_maximum_number_of_documents_and_others_are_refused(client, town, db, send, monkeypatch):
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 2)

    answer = send(("1.pdf", PDF), ("2.pdf", PDF), ("3.pdf", PDF))

    assert answer.status_code == 200 and "3.pdf" in answer.text.split('class="refused"')[1]
    assert len(db.scalars(select(Document)).all()) == 2
    assert send().status_code == 400


def test_files_go_for_good_an_hour_after_their_document_or_row(client, town, db, send):
    assert send(("1.pdf", PDF), ("2.pdf", PDF), ("3.pdf", PDF)).status_code == 303
    first, second, third = db.scalars(select(Document).order_by(Document.id)).all()
    csrf = csrf_of(client.get("/console/leads").text)
    client.post(f"/console/documents/{first.id}/delete", data={"csrf": csrf})
    assert client.get(f"/console/documents/{first.id}").status_code == 404
    delete_expired(db)
    assert len(db.scalars(select(Upload.id)).all()) == 3, "it can still be taken back"

    db.execute(text("UPDATE documents SET deleted_at = now() - interval '2 hours' WHERE deleted_at IS NOT NULL"))
    db.execute(text("UPDATE uploads SET created_at = now() - interval '2 hours'"))
    delete_expired(db)
    assert set(db.scalars(select(Upload.id))) == {second.upload_id, third.upload_id}
    db.execute(text("DELETE FROM leads WHERE id = :id"), {"id": town.lead.id})
    delete_expired(db)
    assert db.scalars(select(Upload.id)).all() == []
    db.commit()


def test_documents_are_in_the_copy_of_ones_data_and_leave_with_the_account(client, town, db, send):
    assert send(("Договор.pdf", PDF)).status_code == 303
    data = export_user(db, db.merge(town.buyer))
    assert [each["title"] for each in data["documents"]] == ["Договор.pdf"]
    assert [each["purpose"] for each in data["files"]] == [PRIVATE_DOCUMENT]
    assert export_user(db, db.merge(town.seller))["documents"] == []
    csrf = csrf_of(client.get("/console/leads").text)

    client.post("/console/account/data/erase", data={"csrf": csrf, "word": "удалить"})

    db.expire_all()
    assert db.get(User, town.buyer.id).deleted_at is not None
    assert db.scalars(select(Document)).all() == []
    assert db.scalars(select(Upload)).all() == []


def test_a_realtor_keeps_a_contract_deletes_it_and_takes_it_back(visit, town, tmp_path, db):
    contract = tmp_path / "Договор.pdf"
    contract.write_bytes(PDF)
    page = visit(town.seller, f"/console/properties/{town.properties[0].id}")
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_text("No documents yet")).to_be_visible()

    page.set_input_files("input[type=file]", contract)  # sent as soon as it is chosen
    link = page.get_by_role("link", name="Договор.pdf")
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes() == PDF

    page.get_by_role("button", name="Delete: Договор.pdf").click()
    expect(page.get_by_text("No documents yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(link).to_be_visible()
