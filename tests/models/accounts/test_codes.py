"""Activation codes: who they let in, how often, and how far guessing gets."""

from datetime import UTC, datetime, timedelta

import pytest

from models.accounts.audit import AuditEntry
from models.accounts.codes import (
    LIFETIME,
    MOST_TRIES,
    PHONE_LIMITS,
    PhoneCode,
    activate,
    claim_delivery,
    digits_of,
    forget_old_codes,
    request_code,
    spend,
    waiting_codes,
)
from models.accounts.users import User
from models.core.enums import Role
from models.core.errors import NotAllowedError, TooManyError
from tests.factories import SECRET, make_user

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PHONE = "+77011234567"
NAMES = {"first_name": "Иван", "last_name": "Иванов", "role": "realtor"}


@pytest.fixture
def ask(session):
    """Asks for a code: (its row, its digits). Every call comes from an address of its own."""
    addresses = (f"10.0.{i // 250}.{i % 250 + 1}" for i in range(60_000))

    def ask(phone=PHONE, *, now=NOW, address=None, most=1000, **registration):
        row = request_code(
            session,
            phone,
            registration=registration or None,
            address=address or next(addresses),
            sends_per_hour=most,
            now=now,
        )
        return row, digits_of(row, SECRET)

    return ask


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_activates_once_and_then_gets_one_token(session, ask):
    _, code = ask(**NAMES)

    user = activate(session, PHONE, code, SECRET, NOW)
    assert (user.role, user.name, user.phone) == (Role.REALTOR, "Иван Иванов", PHONE)
    assert activate(session, PHONE, code, SECRET, NOW) is None
    assert spend(session, PHONE, code, SECRET, NOW) is user
    assert spend(session, PHONE, code, SECRET, NOW) is None


def test_nobody_exists_before_activation_so_nobody_can_squat_a_phone(session, ask):
    ask(**NAMES)

    assert session.query(User).count() == 0


def test_a_registration_must_be_activated_before_its_token(session, ask):
    _, code = ask(**NAMES)

    with pytest.raises(NotAllowedError):
        spend(session, PHONE, code, SECRET, NOW)


def test_a_code_for_a_user_gets_one_token(session, ask):
    user = make_user(session, phone=PHONE)
    _, code = ask()

    assert spend(session, PHONE, code, SECRET, NOW) is user
    assert spend(session, PHONE, code, SECRET, NOW) is None


@pytest.mark.parametrize(("age", "good"), [(LIFETIME - timedelta(seconds=1), True), (LIFETIME, False)])
def test_a_code_dies_after_ten_minutes(session, ask, age, good):
    make_user(session, phone=PHONE)
    _, code = ask()

    assert (spend(session, PHONE, code, SECRET, NOW + age) is not None) is good


def test_a_new_code_voids_the_old(session, ask):
    make_user(session, phone=PHONE)
    (_, old), (_, new) = ask(), ask()

    assert old == new or spend(session, PHONE, old, SECRET, NOW) is None
    assert spend(session, PHONE, new, SECRET, NOW) is not None


@pytest.mark.parametrize(("tries", "good"), [(MOST_TRIES - 1, True), (MOST_TRIES, False)])
def test_a_code_dies_after_five_wrong_tries(session, ask, tries, good):
    make_user(session, phone=PHONE)
    _, code = ask()
    for _ in range(tries):
        assert spend(session, PHONE, other(code), SECRET, NOW) is None

    assert (spend(session, PHONE, code, SECRET, NOW) is not None) is good


def test_guessing_from_many_addresses_with_the_clock_stopped_gets_no_more_than_fifteen_tries(session, ask):
    """
    The guesser asks for new codes as often as allowed, and tries 120 codes. With the clock stopped, 3 sends x
    5 tries = 15 of them are compared with a living code, so the chance to get in is 15 / 10**6, whether 120 or
    10,000 are tried. In a day it is 10 sends x 5 tries = 50 / 10**6 (PHONE_LIMITS). The true code is withheld
    until the tries are spent, which makes the test certain rather than likely: then not even it gets in.
    """
    make_user(session, phone=PHONE)
    compared, sends = 0, 0
    row = code = None
    for _ in range(120):
        if row is None or row.tries >= MOST_TRIES:
            try:
                row, code = ask()
                sends += 1
            except TooManyError:
                pass
        before = row.tries < MOST_TRIES
        assert spend(session, PHONE, other(code), SECRET, NOW) is None
        session.refresh(row)
        compared += before

    assert (sends, compared) == (3, 15)
    assert spend(session, PHONE, code, SECRET, NOW) is None


def test_sends_to_one_phone_are_limited_for_ten_minutes_and_for_a_day(session, ask):
    make_user(session, phone=PHONE)
    sent, moment = 0, NOW
    while moment < NOW + timedelta(hours=23):
        try:
            ask(now=moment)
            sent += 1
        except TooManyError as limit:
            assert 0 < limit.retry_after_seconds <= 86_400
        moment += timedelta(minutes=3)

    assert sent == PHONE_LIMITS[1][0]


def test_sends_from_one_address_are_limited(session, ask):
    for number in range(20):
        ask(f"+770212345{number:02}", address="10.1.1.1", **NAMES)
    with pytest.raises(TooManyError):
        ask("+77021234599", address="10.1.1.1", **NAMES)


def test_a_dear_country_may_not_use_up_everybodys_sends(session, ask):
    ask("+37120000001", most=20, **NAMES)
    ask("+37120000002", most=20, **NAMES)
    with pytest.raises(TooManyError):
        ask("+37120000003", most=20, **NAMES)  # a tenth of 20
    ask(PHONE, most=20, **NAMES)


def test_the_whole_system_sends_no_more_than_set_and_decoys_do_not_count(session, ask):
    make_user(session, phone=PHONE)
    ask(PHONE, most=2, **NAMES)  # a decoy
    ask("+77021234501", most=2, **NAMES)
    ask("+77021234502", most=2, **NAMES)
    with pytest.raises(TooManyError):
        ask("+77021234503", most=2, **NAMES)


def test_registering_a_taken_phone_makes_a_decoy_that_neither_lets_in_nor_disturbs(session, ask):
    user = make_user(session, phone=PHONE)
    _, real = ask()
    decoy_row, decoy = ask(**NAMES)

    assert decoy_row.is_decoy
    for step in (activate, spend):
        assert decoy == real or step(session, PHONE, decoy, SECRET, NOW) is None
    assert spend(session, PHONE, real, SECRET, NOW) is user
    assert session.query(User).count() == 1


def test_a_code_for_an_unknown_phone_is_a_decoy(session, ask):
    row, code = ask()

    assert row.is_decoy
    assert activate(session, PHONE, code, SECRET, NOW) is None
    assert spend(session, PHONE, code, SECRET, NOW) is None


def test_limits_treat_decoys_like_codes(session, ask):
    for _ in range(3):
        ask()
    with pytest.raises(TooManyError):
        ask()


def test_a_registration_that_waits_can_have_its_code_sent_again(session, ask):
    ask(**NAMES)
    _, code = ask()

    assert activate(session, PHONE, code, SECRET, NOW).name == "Иван Иванов"


def test_of_two_registrations_of_one_phone_the_later_counts(session, ask):
    _, first = ask(**NAMES)
    _, second = ask(**NAMES | {"first_name": "Пётр"})

    assert first == second or activate(session, PHONE, first, SECRET, NOW) is None
    assert activate(session, PHONE, second, SECRET, NOW).name == "Пётр Иванов"


def test_a_phone_that_another_took_meanwhile_is_not_taken_over(session, ask):
    _, code = ask(**NAMES)
    make_user(session, phone=PHONE)

    assert activate(session, PHONE, code, SECRET, NOW) is None
    assert session.query(User).count() == 1


def test_a_deactivated_user_gets_no_code_that_fits(session, ask):
    user = make_user(session, phone=PHONE)
    _, code = ask()
    user.is_active = False
    session.flush()

    assert spend(session, PHONE, code, SECRET, NOW) is None
    assert ask()[0].is_decoy


def test_the_stored_row_does_not_tell_the_code(session, ask):
    row, code = ask(**NAMES)

    assert digits_of(row, SECRET + "x") != code or digits_of(row, SECRET + "y") != code
    assert code not in repr({name: getattr(row, name) for name in PhoneCode.__table__.columns.keys()})


def test_an_sms_is_claimed_once(session, ask):
    row, _ = ask(**NAMES)

    assert claim_delivery(session, row.id, NOW) is row
    assert claim_delivery(session, row.id, NOW) is None


@pytest.mark.parametrize("case", ["decoy", "old"])
def test_no_sms_for_decoys_and_dead_codes(session, ask, case):
    row, _ = ask(**({} if case == "decoy" else NAMES))

    assert claim_delivery(session, row.id, NOW + (LIFETIME if case == "old" else timedelta())) is None


def test_codes_that_the_broker_lost_are_found(session, ask):
    row, _ = ask(**NAMES)
    ask("+77021234567")  # a decoy

    assert waiting_codes(session, NOW + timedelta(seconds=20), for_at_least=timedelta(seconds=30)) == []
    assert waiting_codes(session, NOW + timedelta(seconds=40), for_at_least=timedelta(seconds=30)) == [row.id]


def test_codes_are_forgotten_after_a_day(session, ask):
    ask()

    assert forget_old_codes(session, NOW + timedelta(hours=23)) == 0
    assert forget_old_codes(session, NOW + timedelta(hours=25)) == 1
    assert session.query(AuditEntry).count() == 0
