"""Telegram's proofs: its published test vectors are accepted, and slightly changed ones are not."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from models.accounts.telegram import LIFETIME, TelegramUser, verified
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, NotAllowedError, NotSignedInError
from tests.factories import make_user
from tests.signing_in import prove, user_of_bot, user_of_telegram
from tests.tables import each_of

TOKEN = "42:TEST"
SIGNED_AT = datetime.fromtimestamp(1650385342, UTC)
WIDGET = {
    "id": 42,
    "first_name": "Test",
    "auth_date": 1650385342,
    "hash": "ecf6ff1b8f73ad77e1c1b69efedb1a00857854ab9449ed0a644977da26004030",
}
INIT_DATA = (
    "auth_date=1650385342&user=%7B%22id%22%3A42%2C%22first_name%22%3A%22Test%22%7D&query_id=test"
    "&hash=46d2ea5e32911ec8d30999b56247654460c0d20949b6277af519e76271182803"
)
TEST = TelegramUser(id="42", name="Test", username=None)


def signed(**fields) -> dict:
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hashlib.sha256(TOKEN.encode()).digest()
    return fields | {"hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}


@pytest.mark.parametrize(
    "data",
    [
        WIDGET,
        {name: str(value) for name, value in WIDGET.items()},
        INIT_DATA,
        {"init_data": INIT_DATA},
        {"initData": INIT_DATA},
        {
            "auth_date": "1650385342",
            "user": '{"id":42,"first_name":"Test"}',
            "query_id": "test",
            "hash": "46d2ea5e32911ec8d30999b56247654460c0d20949b6277af519e76271182803",
        },
    ],
    ids=[
        "widget",
        "widget as texts",
        "initData",
        "init_data",
        "initData in an object",
        "initData taken apart",
    ],
)
def test_published_vectors_hold(data):
    assert verified(data, TOKEN, SIGNED_AT) == TEST


@each_of("position", range(64))
def test_no_character_of_the_hash_may_change(position):
    for sign in "0fA\u00e9":
        changed = WIDGET["hash"][:position] + sign + WIDGET["hash"][position + 1 :]
        if changed != WIDGET["hash"]:
            with pytest.raises(NotSignedInError):
                verified(WIDGET | {"hash": changed}, TOKEN, SIGNED_AT)


@each_of("position", range(len(INIT_DATA)))
def test_no_character_of_init_data_may_change(position):
    changed = INIT_DATA[:position] + ("1" if INIT_DATA[position] != "1" else "2") + INIT_DATA[position + 1 :]
    with pytest.raises((NotSignedInError, InvalidValueError)):
        verified(changed, TOKEN, SIGNED_AT)


@pytest.mark.parametrize(
    "change",
    [
        {"id": 43},
        {"first_name": "Tesт"},
        {"auth_date": 1650385343},
        {"last_name": "x"},
        {"hash": ""},
        {"hash": WIDGET["hash"].upper()},
        {"hash": WIDGET["hash"][:-1]},
        {"hash": WIDGET["hash"] + " "},
    ],
)
def test_no_field_may_change(change):
    with pytest.raises(NotSignedInError):
        verified(WIDGET | change, TOKEN, SIGNED_AT)


def test_no_field_may_be_left_out():
    for name in WIDGET:
        with pytest.raises((NotSignedInError, InvalidValueError)):
            verified({key: value for key, value in WIDGET.items() if key != name}, TOKEN, SIGNED_AT)


def test_another_bots_proof_is_refused():
    with pytest.raises(NotSignedInError):
        verified(WIDGET, "43:TEST", SIGNED_AT)


def test_a_mini_apps_key_does_not_open_the_widget():
    lines = "auth_date=1650385342\nfirst_name=Test\nid=42"
    key = hmac.digest(b"WebAppData", TOKEN.encode(), hashlib.sha256)
    forged = WIDGET | {"hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}
    with pytest.raises(NotSignedInError):
        verified(forged, TOKEN, SIGNED_AT)


@pytest.mark.parametrize(
    ("age", "good"),
    [
        (timedelta(0), True),
        (LIFETIME, True),
        (LIFETIME + timedelta(seconds=1), False),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a_proof_is_good_for_a_day(age, good):
    if good:
        assert verified(WIDGET, TOKEN, SIGNED_AT + age) == TEST
    else:
        with pytest.raises(NotSignedInError):
            verified(WIDGET, TOKEN, SIGNED_AT + age)


def test_a_line_break_in_a_name_cannot_smuggle_in_another_id():
    """
    `first_name=A⏎id=7` and the fields `first_name=A`, `id=7` produce the same lines, so line breaks are refused.
    """
    with pytest.raises(InvalidValueError):
        verified(signed(auth_date=1650385342, first_name="A\nid=7", id=42), TOKEN, SIGNED_AT)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        [],
        7,
        True,
        "",
        "a",
        {},
        {"id": None},
        {"id": {"a": 1}},
        {"id": [1]},
        {"id": 1.5},
        {"Id": "1"},
        "a=1&a=2",
    ],
)
def test_junk_is_bad_input(junk):
    with pytest.raises((InvalidValueError, NotSignedInError)):
        verified(junk, TOKEN, SIGNED_AT)


def signed_mini_app(user: str) -> dict:
    lines = f"auth_date=1650385342\nuser={user}"
    key = hmac.digest(b"WebAppData", TOKEN.encode(), hashlib.sha256)
    found = hmac.digest(key, lines.encode(), hashlib.sha256).hex()
    return {"auth_date": "1650385342", "user": user, "hash": found}


@pytest.mark.parametrize("user", ["x", "[]", '"x"', "{}", '{"first_name": "a"}', '{"id": true}'])
def test_an_invalid_mini_app_user_cannot_sign_in_even_if_signed(user):
    with pytest.raises((InvalidValueError, NotSignedInError)):
        verified(signed_mini_app(user), TOKEN, SIGNED_AT)


def test_a_name_loses_what_is_no_text():
    user = r'{"id": 42, "first_name": "Te\u0000st\ud800"}'

    assert verified(signed_mini_app(user), TOKEN, SIGNED_AT) == TEST


def test_the_first_login_makes_the_account_and_the_second_finds_it(session):
    user = user_of_telegram(session, TelegramUser("42", "Иван", "ivan"))

    assert (user.role, user.telegram_id, user.telegram) == (Role.REALTOR, "42", "@ivan")
    assert user_of_telegram(session, TelegramUser("42", "Иван", None)) is user


def test_telegrams_language_is_the_users_until_they_have_one(session):
    user = user_of_telegram(session, TelegramUser("42", "Иван", None, "de"))
    assert user.language is None, "we do not speak it"

    assert user_of_telegram(session, TelegramUser("42", "Иван", None, "kk")).language == "kk"
    assert user_of_telegram(session, TelegramUser("42", "Иван", None, "en")).language == "kk"


@pytest.mark.parametrize(("code", "language"), [("ru-RU", "ru"), ("EN", "en"), ("kk", "kk"), ("", None), (7, None)])
def test_a_mini_app_states_the_language_of_its_telegram(code, language):
    sent = json.dumps({"id": 42, "first_name": "Test", "language_code": code})

    assert verified(signed_mini_app(sent), TOKEN, SIGNED_AT).language == language


def test_a_deactivated_user_cannot_return_by_telegram(session):
    make_user(session, telegram_id="42", telegram_proven_at=SIGNED_AT, is_active=False)

    with pytest.raises(NotAllowedError):
        user_of_telegram(session, TEST)
    with pytest.raises(NotAllowedError):
        enter_by_bot(session)


def enter_by_bot(session, **changes):
    fields = {"telegram_id": "42", "phone": "+77011234567", "name": "Иван", "role": Role.TENANT} | changes
    return user_of_bot(session, **fields)


def test_the_bot_finds_by_telegram_account_whatever_the_phone_says(session):
    user = make_user(session, telegram_id="42")
    make_user(session, phone="+77011234567")

    assert enter_by_bot(session) is user


def test_the_bot_binds_by_phone_and_keeps_role_and_name(session):
    user = make_user(session, role=Role.LANDLORD, phone="+77011234567", telegram_id=None, name="Анна")

    assert enter_by_bot(session) is user
    assert (user.telegram_id, user.role, user.name) == ("42", Role.LANDLORD, "Анна")


def test_the_bot_makes_who_is_new(session):
    assert enter_by_bot(session).role is Role.TENANT


def test_the_bot_does_not_move_an_account_to_another_telegram_account(session):
    make_user(session, phone="+77011234567", telegram_id="41", telegram_proven_at=SIGNED_AT, phone_proven_at=SIGNED_AT)

    with pytest.raises(ConflictError):
        enter_by_bot(session)


def test_of_two_who_bind_one_telegram_account_at_once_the_later_is_refused(session, monkeypatch):
    make_user(session, telegram_id="42")
    make_user(session, phone="+77011234567", telegram_id=None)
    monkeypatch.setattr("models.accounts.telegram._by_telegram", lambda *_: None)  # as when the later one checked

    with pytest.raises(ConflictError, match="user.telegram_taken|telegram.other_account"):
        enter_by_bot(session)


def test_two_simultaneous_sign_ins_by_the_bot_create_one_user(session, monkeypatch):
    first, answers = enter_by_bot(session), [None, None]
    monkeypatch.setattr("models.accounts.telegram._by_telegram", lambda *_: answers.pop() if answers else first)
    monkeypatch.setattr("models.accounts.telegram._by_phone", lambda *_: None)
    monkeypatch.setattr(  # the second finds no user in its first query
        "models.accounts.telegram.prove", lambda *args, **own: answers.pop() if answers else prove(*args, **own)
    )

    assert enter_by_bot(session) is first


def test_the_bot_does_not_open_an_administrators_account(session):
    make_user(session, role=Role.ADMIN, phone="+77011234567", telegram_id=None)

    with pytest.raises(NotAllowedError):
        enter_by_bot(session)
