"""Administrators' pages over HTTP: searching users, merging two accounts of a person, filtering the audit log."""

import ast
import csv
import io
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.console.operators.audit_details import LABELS
from models.accounts.audit import AuditEntry, record
from models.accounts.users import User
from tests.console.conftest import enter
from tests.factories import make_user

ROOT = Path(__file__).parents[2]
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def admin(client, town):
    """``admin(path)`` returns the page as an administrator sees it."""

    def read(path: str, status: int = 200) -> str:
        answer = client.get(path, headers=ENGLISH)
        assert answer.status_code == status, answer.text
        return answer.text

    read.csrf = enter(client, town.admin)
    return read


def found(page: str) -> list[str]:
    return re.findall(r'<td class="whole"><b>([^<]*)</b>', page)


def test_users_are_found_by_what_is_known_of_them(admin, town, db):
    other = make_user(db, name="Пётр Семёнов", agency_name="Уют", phone="+77011234567", email="pyotr@leadmatch.example")
    db.commit()

    for words in ("петр", "Семенов Пётр", "уют", "PYOTR@", "8 701 123-45-67", "1234567", str(other.id)):
        assert "Пётр Семёнов" in found(admin(f"/console/users?q={words}")), words
    assert found(admin("/console/users?q=никого")) == []
    assert found(admin("/console/users?q=%25")) == []
    assert found(admin("/console/users?role=tenant")) == ["Tenant"]
    assert found(admin("/console/users?state=out")) == []


def test_a_change_returns_to_the_same_part_of_the_list(admin, client, town):
    form = {"csrf": admin.csrf, "do": "role", "role": "marketer", "list_q": "Tenant", "list_role": "tenant"}
    answer = client.post(f"/console/users/{town.tenant.id}", data=form)

    assert answer.status_code == 303 and "q=Tenant" in answer.location and "role=tenant" in answer.location
    assert found(admin("/console/users?role=marketer")) == ["Tenant"]


def test_two_accounts_of_a_person_are_merged_after_a_look(admin, client, town, db):
    twin = make_user(db, name="Buyer", phone="+77010000001")
    db.commit()
    path = f"/console/users/{twin.id}/merge"
    assert f'href="?into={town.buyer.id}&amp;' in admin(f"{path}?q=Buyer")
    assert "Merge permanently" in admin(f"{path}?into={town.buyer.id}")

    answer = client.post(path, data={"csrf": admin.csrf, "into": str(town.buyer.id)})

    assert answer.status_code == 303
    db.expire_all()
    assert db.get(User, twin.id).deleted_at and db.get(User, town.buyer.id).phone
    assert "accounts merged" in admin("/console/audit")
    admin(path, 404)


def test_a_merge_that_is_forbidden_says_why(admin, client, town):
    path = f"/console/users/{town.admin.id}/merge"
    shown = admin(f"{path}?into={town.buyer.id}")
    assert "are not merged" in shown and "Merge permanently" not in shown

    answer = client.post(path, data={"csrf": admin.csrf, "into": str(town.buyer.id)}, headers=ENGLISH)

    assert answer.status_code == 409 and "are not merged" in answer.text
    assert client.post(path, data={"csrf": admin.csrf, "into": "x"}).status_code == 400


def test_the_audit_log_can_be_searched_and_downloaded(admin, client, town, db):
    for user, action in ((town.buyer, "login"), (town.seller, "login"), (town.buyer, "run_requested")):
        record(db, action, actor_id=user.id, table_name="users", row_id=user.id, note="=1+1")
    db.commit()
    day = f"{db.scalar(select(func.max(AuditEntry.created_at))):%Y-%m-%d}"

    shown = admin("/console/audit?person=Buyer&action=login")
    assert shown.count("<td>Buyer</td>") == 1 and "<td>Seller</td>" not in shown
    assert "<td>Buyer</td>" not in admin("/console/audit?person=Buyer&to=2020-01-01")
    assert "<td>Buyer</td>" in admin(f"/console/audit?person=Buyer&from={day}&to={day}")

    answer = client.get("/console/audit.csv?person=Buyer")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.mimetype == "text/csv"
    assert [(row["actor"], row["action"]) for row in rows] == [("Buyer", "run_requested"), ("Buyer", "login")]
    assert "audit log exported" in admin("/console/audit")


def test_the_audit_log_is_in_the_readers_language(admin, client, town, db):
    """Ids are shown as names and codes as words; values without words are shown as stored."""
    about = {"actor_id": town.admin.id, "table_name": "users", "row_id": town.buyer.id}
    record(db, "signed_in", by="mini_app", **about)
    record(db, "user_changed", role="marketer", is_active=False, **about)
    record(db, "account_handed_over", by=["email", "phone"], **about)
    facts = {"gone": town.seller.id, "identifiers": ["telegram"], "rows": {"leads": 3}}
    record(db, "users_merged", **about, **facts)
    record(db, "agency_head_changed", former=town.seller.id, head=10**6, agency=4)
    record(db, "towns_merged", into="geo:524901", oddity=[1])
    record(db, "weights_rolled_back", live=None)
    db.commit()
    expected = {
        "en": (
            *("Way in: Telegram", "Role: Marketer; Access: blocked", "Way in: E-mail, Phone", "user Buyer"),
            *("Closed account: Seller; Taken over: Telegram; Moved: leads — 3", "Before: Seller; Now: № 1000000"),
            *("Joined to: Moscow; oddity: [1]", "In force now: default weights"),
        ),
        "ru": (
            *("Способ: Telegram", "Роль: Маркетолог; Доступ: отключён", "Способ: Почта, Телефон"),
            *("Закрытый аккаунт: Seller", "Влит в: Москва", "Теперь действует: веса по умолчанию"),
        ),
        "kk": ("Тәсілі: Telegram", "Рөлі: Маркетолог", "Жабылған аккаунт: Seller", "Қосылған қала: Мәскеу"),
    }

    for language, sentences in expected.items():
        page = client.get("/console/audit", headers={"Accept-Language": language}).text
        assert [each for each in sentences if each not in page] == [], language
        assert "=" not in "".join(re.findall(r'<td class="small muted whole">([^<]*)</td>', page))


def test_every_detail_that_is_recorded_has_a_label():
    """Read from the code: the keywords of calls of `record` that are not columns of the log."""
    columns = {"actor_id", "table_name", "row_id", "address"}
    found = set()
    for package in ("api", "models"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "record":
                    found |= {each.arg for each in node.keywords if each.arg}
    assert {"by", "former"} <= found
    assert found - columns - LABELS.keys() == set()
