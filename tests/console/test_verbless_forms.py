"""A form without its button, or with a button that it does not have, is refused and changes nothing."""

import pytest
from sqlalchemy import text

from tests.console.conftest import csrf_of, enter
from tests.console.test_any_form import rows  # noqa: F401 - a fixture

TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
)
#: (who, path with names of rows, names of the form's other fields)
FORMS = [
    ("admin", "/console/users/{user_id}", {"role": "admin"}),
    ("admin", "/console/weights/1", {}),
    ("seller", "/console/sources/{source_id}/state", {}),
    ("seller", "/console/sources/outgoing", {}),
    ("seller", "/console/imports/{import_id}", {"column": "a", "field": "price"}),
    ("seller", "/console/owner/inquiries/{inquiry_id}", {"message": "Здравствуйте"}),
    ("seller", "/console/tasks/calendar", {}),
    ("seller", "/console/account/telegram", {}),
    ("seller", "/console/properties/views", {"name": "Арбат", "was": "q=a"}),
    ("seller", "/console/properties/several", {"id": "{property_id}", "tag": "ключи"}),
    ("seller", "/console/account/claims", {"kind": "email"}),
    ("tenant", "/console/searches/1", {}),
]


def contents(db):
    """A digest of every table."""
    db.rollback()
    digests = " UNION ALL ".join(
        f"SELECT '{table}', md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} AS t"
        for table in sorted(db.scalars(TABLES))
    )
    return dict(db.execute(text(digests)).all())


@pytest.mark.parametrize("who", ["admin", "seller", "tenant"])
def test_a_form_without_its_button_changes_nothing(app, client, town, rows, db, who):  # noqa: F811
    enter(client, getattr(town, who))
    csrf = csrf_of(client.get("/console/account").text)
    before = contents(db)

    for path, fields in [(path, fields) for role, path, fields in FORMS if role == who]:
        named = rows[who]
        form = {name: value.format(**named) for name, value in fields.items()} | {"csrf": csrf}
        for button in ({}, {"do": "", "state": ""}, {"do": "nonsense", "state": "nonsense"}):
            answer = client.post(path.format(**named), data=form | button)
            assert answer.status_code in (400, 404), (path, button)
            assert contents(db) == before, (path, button)
