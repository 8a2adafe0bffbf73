"""Activation codes: whom they sign in, how often, and how far guessing gets."""

from datetime import UTC, datetime, timedelta

import pytest

from models.accounts.audit import AuditEntry
from models.accounts.code_limits import PHONE_LIMITS
from models.accounts.codes import (
    LIFETIME,
    MAX_TRIES,
    claim_delivery,
    delete_old_codes,
    digits_of,
    request_code,
    waiting_codes,
)
from models.accounts.phone_codes import PhoneCode
from models.accounts.sessions import record_session
from models.accounts.tokens import Claims
from models.accounts.users import User
from models.core.enums import Role
from models.core.errors import NotAllowedError, TooManyError
from tests.factories import SECRET, make_user
from tests.signing_in import activate, spend

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PHONE = "+77011234567"
NAMES = {"first_name": "Иван", "last_name": "Иванов", "role": "realtor"}


@pytest.fixture
def ask(session):
    """A function that requests a code and returns (its row, its digits). Every call comes from another address."""
    addresses = (f"10.0.{i // 250}.{i % 250 + 1}" for i in range(60_000))

    def ask(phone=PHONE, *, now=NOW, address=None, device=None, maximum=1000, **registration):
        row = request_code(
            session,
            phone,
            registration=registration or None,
            address=address or next(addresses),
            device=device,
            sends_per_hour=maximum,
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


@pytest.mark.parametrize(("tries", "good"), [(MAX_TRIES - 1, True), (MAX_TRIES, False)])
def test_a_code_dies_after_five_wrong_tries(session, ask, tries, good):
    make_user(session, phone=PHONE)
    _, code = ask()
    for _ in range(tries):
        assert spend(session, PHONE, other(code), SECRET, NOW) is None

    assert (spend(session, PHONE, code, SECRET, NOW) is not None) is good


def test_guessing_from_many_addresses_with_the_clock_stopped_gets_no_more_than_thirty_tries(session, ask):
    """
    The attacker requests new codes as often as that helps, and tries 120 codes, alternately from the address that
    requested the code and from another. With the clock stopped, 3 sends x (5 + 5) tries = 30 of them are compared with
    a valid code, so the chance of success is 30 / 10**6, whether 120 or 10,000 are tried. In a day it is 10 sends x 10
    tries = 100 / 10**6 (PHONE_LIMITS). The true code is tried only when the tries are used up; then it fails too.
    """
    make_user(session, phone=PHONE)
    rows, guesses = [ask()], 0
    for number in range(120):
        row, code = rows[-1]
        if row.tries + row.other_tries >= 2 * MAX_TRIES:
            made = ask()
            if made[0].is_decoy:  # the phone's limit of sent codes is reached
                break
            rows.append(made)
            continue
        address = row.address if number % 2 else "10.9.9.9"
        assert spend(session, PHONE, other(code), SECRET, NOW, address=address) is None
        guesses += 1

    assert (len(rows), guesses) == (3, 30)
    for row, code in rows:
        for address in (row.address, "10.9.9.9"):
            assert spend(session, PHONE, code, SECRET, NOW, address=address) is None


def test_sends_to_one_phone_are_limited_for_ten_minutes_and_for_a_day(session, ask):
    make_user(session, phone=PHONE)
    sent, moment = 0, NOW
    while moment < NOW + timedelta(hours=23):
        sent += not ask(now=moment)[0].is_decoy
        # Often until no more codes are sent, then once an hour: a refused request counts like a sent code.
        moment += timedelta(minutes=3) if sent < PHONE_LIMITS[1][0] else timedelta(hours=1)

    assert sent == PHONE_LIMITS[1][0]


def test_too_many_requests_for_one_phone_are_refused_with_a_time_to_retry(session, ask):
    for phone in (PHONE, "+77021234567"):  # whether it is registered or not
        for _ in range(PHONE_LIMITS[0][0]):
            ask(phone, address="10.1.1.1")
        with pytest.raises(TooManyError) as limit:
            ask(phone, address="10.1.1.1")
        assert 0 < limit.value.retry_after_seconds <= 600


# -- Strangers cannot lock the owner out -------------------------------------------------------------------------------


@pytest.fixture
def owner(session):
    """A user who has signed in from 10.7.7.7 before, with a token called `device`."""
    user = make_user(session, phone=PHONE, phone_proven_at=NOW)
    claims = Claims(user.id, 1, "device", NOW.timestamp(), NOW.timestamp())
    record_session(session, claims, method="sms", network="10.7.7.7", agent=None)
    return user


HERE = [{"address": "10.7.7.7"}, {"address": "10.200.0.1", "device": "device"}]


def test_registrations_of_a_registered_phone_do_not_use_up_its_sends(session, owner, ask):
    for _ in range(50):
        assert ask(**NAMES)[0].is_decoy
    row, code = ask()

    assert spend(session, PHONE, code, SECRET, NOW) is owner


def test_excessive_requests_for_a_phone_get_decoys_and_do_not_void_its_last_code(session, owner, ask):
    _, code = ask()
    for _ in range(20):
        ask()
        ask(**NAMES)
    spent = [ask()[0] for _ in range(3)]
    last = session.query(PhoneCode).filter(PhoneCode.user_id == owner.id).order_by(PhoneCode.id.desc()).first()

    assert all(row.is_decoy for row in spent)
    assert spend(session, PHONE, digits_of(last, SECRET), SECRET, NOW) is owner


@pytest.mark.parametrize("here", HERE, ids=["network", "device"])
def test_a_known_place_has_sends_of_its_own(session, owner, ask, here):
    for _ in range(30):
        ask()
    row, code = ask(**here)

    assert not row.is_decoy
    assert spend(session, PHONE, code, SECRET, NOW, address=here["address"]) is owner


@pytest.mark.parametrize("here", HERE, ids=["network", "device"])
def test_a_known_place_gets_a_code_when_the_system_has_sent_all_it_may(session, owner, ask, here):
    for number in range(2):
        ask(f"+7702123450{number}", maximum=2, **NAMES)
    with pytest.raises(TooManyError):
        ask("+77021234503", maximum=2, **NAMES)

    assert not ask(maximum=2, **here)[0].is_decoy


def test_a_strangers_place_is_not_known_by_anothers_session(session, owner, ask):
    make_user(session, phone="+77021234567", phone_proven_at=NOW)

    assert not ask("+77021234567", address="10.7.7.7")[0].is_known
    assert ask(address="10.7.7.7")[0].is_known


def test_wrong_tries_from_elsewhere_leave_the_asking_network_its_own(session, owner, ask):
    row, code = ask(address="10.7.7.7")
    for number in range(40):
        assert spend(session, PHONE, other(code), SECRET, NOW, address=f"10.8.0.{number}") is None

    assert spend(session, PHONE, code, SECRET, NOW, address="10.8.0.99") is None  # not even the right one
    assert spend(session, PHONE, code, SECRET, NOW, address="10.7.7.7") is owner


def test_sends_from_one_address_are_limited(session, ask):
    for number in range(20):
        ask(f"+770212345{number:02}", address="10.1.1.1", **NAMES)
    with pytest.raises(TooManyError):
        ask("+77021234599", address="10.1.1.1", **NAMES)


def test_a_dear_country_may_not_use_up_everybodys_sends(session, ask):
    ask("+37120000001", maximum=20, **NAMES)
    ask("+37120000002", maximum=20, **NAMES)
    with pytest.raises(TooManyError):
        ask("+37120000003", maximum=20, **NAMES)  # a tenth of 20
    ask(PHONE, maximum=20, **NAMES)


def test_the_whole_system_sends_no_more_than_set_and_decoys_do_not_count(session, ask):
    make_user(session, phone=PHONE, phone_proven_at=NOW)
    ask(PHONE, maximum=2, **NAMES)  # a decoy
    ask("+77021234501", maximum=2, **NAMES)
    ask("+77021234502", maximum=2, **NAMES)
    with pytest.raises(TooManyError):
        ask("+77021234503", maximum=2, **NAMES)


def test_registering_a_registered_phone_creates_a_decoy_without_effect(session, ask):
    user = make_user(session, phone=PHONE, phone_proven_at=NOW)
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


def test_a_registration_that_waits_can_have_its_code_sent_again(session, ask):
    ask(**NAMES)
    _, code = ask()

    assert activate(session, PHONE, code, SECRET, NOW).name == "Иван Иванов"


def test_of_two_registrations_of_one_phone_the_later_counts(session, ask):
    _, first = ask(**NAMES)
    _, second = ask(**NAMES | {"first_name": "Пётр"})

    assert first == second or activate(session, PHONE, first, SECRET, NOW) is None
    assert activate(session, PHONE, second, SECRET, NOW).name == "Пётр Иванов"


def test_a_phone_that_another_user_got_meanwhile_is_not_taken_over(session, ask):
    _, code = ask(**NAMES)
    make_user(session, phone=PHONE, phone_proven_at=NOW)

    assert activate(session, PHONE, code, SECRET, NOW) is None
    assert session.query(User).count() == 1


def test_a_deactivated_user_gets_no_code_that_fits(session, ask):
    user = make_user(session, phone=PHONE, phone_proven_at=NOW)
    _, code = ask()
    user.is_active = False
    session.flush()

    assert spend(session, PHONE, code, SECRET, NOW) is None
    assert ask()[0].is_decoy


def test_the_stored_row_does_not_reveal_the_code(session, ask):
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

    assert waiting_codes(session, NOW + timedelta(seconds=20), min_wait=timedelta(seconds=30)) == []
    assert waiting_codes(session, NOW + timedelta(seconds=40), min_wait=timedelta(seconds=30)) == [row.id]


def test_codes_are_forgotten_after_a_day(session, ask):
    ask()

    assert delete_old_codes(session, NOW + timedelta(hours=23)) == 0
    assert delete_old_codes(session, NOW + timedelta(hours=25)) == 1
    assert session.query(AuditEntry).count() == 0
