"""Documents of a lead or property."""

import pytest

from models.accounts.uploads import PRIVATE_DOCUMENT, add_upload
from models.core.enums import Side
from models.core.errors import ConflictError
from models.market import documents
from models.market.documents import add_document, documents_of
from tests.factories import make_lead, make_user


def test_documents_of_a_former_owner_take_no_room(session, monkeypatch):
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 1)
    former, owner = make_user(session), make_user(session)
    lead = make_lead(session, former)

    def add(user, title):
        kind = "application/pdf"
        upload = add_upload(session, user, purpose=PRIVATE_DOCUMENT, content_type=kind, ending="pdf", size=1)
        add_document(session, Side.LEAD, lead.id, upload.name, title)

    add(former, "a.pdf")
    lead.owner_id = owner.id
    session.flush()
    add(owner, "b.pdf")

    assert [each.title for each, _ in documents_of(session, owner, Side.LEAD, lead.id)] == ["b.pdf"]
    with pytest.raises(ConflictError):
        add(owner, "c.pdf")
