"""Claimed and proven identifiers: one test per row of the table in models/accounts/identity.py, and related cases."""

from datetime import UTC, datetime, timedelta

import pytest

from models.accounts.identity import (
    Claim,
    SuspendedClaim,
    delete_old_suspended_claims,
    drop_claim,
    identifiers_of,
    restore_claim,
    set_proven,
)
from models.accounts.passwords import hash_password
from models.accounts.telegram import TelegramUser
from models.accounts.users import User, change_password, change_profile
from models.core.base import utc_now
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, NotFoundError
from models.upkeep.erasure import erase_user, export_user
from tests.factories import make_user
from tests.signing_in import prove, user_of_bot, user_of_telegram

PHONE, EMAIL, TELEGRAM = "+77011234567", "alice@example.com", "42"
VALUES = {Claim.PHONE: PHONE, Claim.EMAIL: EMAIL, Claim.TELEGRAM: TELEGRAM}
PASSWORD = "the stranger's"
HASH = hash_password(PASSWORD)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def claimed(session) -> User:
    """An account whose identifiers are all only claimed."""
    return make_user(
        session, phone=PHONE, email=EMAIL, telegram_id=TELEGRAM, telegram_username="alice", password_hash=HASH
    )


def states(session, user: User) -> dict[str, str]:
    return {known.kind.value: known.state for known in identifiers_of(session, user)}


@pytest.mark.parametrize("kind", VALUES)
def test_a_proof_of_a_claim_makes_the_account_the_provers_and_suspends_the_rest(session, claimed, kind):
    version = claimed.token_version

    assert prove(session, {kind: VALUES[kind]}) is claimed
    assert claimed.token_version == version + 1
    assert claimed.password_hash is None
    assert states(session, claimed) == {
        known.value: "proven" if known is kind else "suspended" for known in (*VALUES, Claim.PASSWORD)
    }


@pytest.mark.parametrize("kind", VALUES)
def test_a_proof_with_the_accounts_own_token_changes_nothing_else(session, claimed, kind):
    version = claimed.token_version

    assert prove(session, {kind: VALUES[kind]}, own=claimed) is claimed
    assert (claimed.token_version, claimed.password_hash) == (version, HASH)
    assert states(session, claimed)[kind] == "proven"
    assert "suspended" not in states(session, claimed).values()


def test_a_proof_with_somebody_elses_token_is_a_proof_without(session, claimed):
    prove(session, {Claim.PHONE: PHONE}, own=make_user(session))

    assert claimed.password_hash is None


@pytest.mark.parametrize("kind", VALUES)
def test_a_claim_leaves_an_account_that_has_proven_another_identifier(session, claimed, kind):
    other = next(known for known in VALUES if known is not kind)
    set_proven(session, claimed, other)
    version = claimed.token_version

    assert prove(session, {kind: VALUES[kind]}) is None
    assert kind not in states(session, claimed)
    assert (claimed.token_version, claimed.password_hash) == (version, HASH)  # its user stays signed in
    make_user(session, **{"phone": None, "telegram_id": None} | {_column(kind): VALUES[kind]})  # it is free


@pytest.mark.parametrize("kind", VALUES)
def test_a_user_with_a_proven_identifier_signs_in_again_unchanged(session, claimed, kind):
    prove(session, {kind: VALUES[kind]})
    version = claimed.token_version

    assert prove(session, {kind: VALUES[kind]}) is claimed
    assert claimed.token_version == version


def test_nobody_holds_what_nobody_claimed(session):
    assert prove(session, {Claim.PHONE: PHONE}) is None


@pytest.mark.parametrize("account", [{"is_active": False}, {"role": Role.ADMIN}])
def test_an_account_that_is_off_or_has_rights_over_others_is_not_handed_over(session, account):
    user = make_user(session, phone=PHONE, password_hash=HASH, **account)

    assert prove(session, {Claim.PHONE: PHONE}) is None
    assert (user.phone, user.password_hash) == (None, HASH)


def test_another_identifier_than_the_proven_one_is_a_claim(session, claimed):
    prove(session, {Claim.EMAIL: EMAIL}, own=claimed)
    prove(session, {Claim.PHONE: PHONE}, own=claimed)
    change_profile(session, claimed, {"email": "bob@example.com"})

    assert states(session, claimed)["email"] == "claimed"


@pytest.mark.parametrize("email", ["bob@example.com", None])
def test_the_only_proven_identifier_is_not_given_up(session, claimed, email):
    """
    Otherwise the account, which then has proven nothing, would belong to the owner of the new address; a mistyped
    address may be a stranger's.
    """
    prove(session, {Claim.EMAIL: EMAIL}, own=claimed)

    with pytest.raises(ConflictError):
        change_profile(session, claimed, {"email": email})
    change_profile(session, claimed, {"email": EMAIL, "city": "Алматы"})


def test_one_of_two_proofs_that_fits_says_whose_account_it_is(session, claimed):
    set_proven(session, claimed, Claim.PHONE)
    set_proven(session, claimed, Claim.EMAIL)

    assert enter_by_bot(session) is claimed
    assert states(session, claimed)["telegram"] == "proven"


# -- Suspended claims --------------------------------------------------------------------------------------------------


@pytest.fixture
def handed_over(session, claimed) -> User:
    """The account after the owner of its phone has proven it."""
    return prove(session, {Claim.PHONE: PHONE})


@pytest.mark.parametrize("kind", [Claim.EMAIL, Claim.TELEGRAM])
def test_a_tap_makes_a_suspended_identifier_a_claim_again(session, handed_over, kind):
    restore_claim(session, handed_over, kind)

    assert states(session, handed_over)[kind] == "claimed"
    # and so the user who claimed it before, if they can prove it, gets another account
    assert prove(session, {kind: VALUES[kind]}) is None


def test_a_suspended_password_is_confirmed_by_who_knows_it(session, handed_over):
    for wrong in (None, "", "another one"):
        with pytest.raises(InvalidValueError):
            restore_claim(session, handed_over, Claim.PASSWORD, wrong)
    restore_claim(session, handed_over, Claim.PASSWORD, PASSWORD)

    assert handed_over.password_hash == HASH


def test_a_suspended_password_does_not_replace_a_newer_one(session, handed_over):
    change_password(session, handed_over, "newer")
    restore_claim(session, handed_over, Claim.PASSWORD, PASSWORD)

    assert handed_over.password_hash == "newer"


def test_a_suspended_claim_cannot_be_confirmed_once_another_user_has_claimed_it(session, handed_over):
    make_user(session, email=EMAIL)

    with pytest.raises(ConflictError):
        restore_claim(session, handed_over, Claim.EMAIL)


def test_a_suspended_identifier_does_not_push_out_another_one(session, handed_over):
    change_profile(session, handed_over, {"email": "new@example.com"})

    with pytest.raises(ConflictError):
        restore_claim(session, handed_over, Claim.EMAIL)


@pytest.mark.parametrize("step", [restore_claim, drop_claim])
def test_only_what_is_suspended_is_confirmed_or_dropped(session, handed_over, step):
    for kind in (Claim.PHONE, Claim.EMAIL):
        if kind is Claim.EMAIL:
            drop_claim(session, handed_over, kind)
        with pytest.raises(NotFoundError):
            step(session, handed_over, kind)


@pytest.mark.parametrize(("age", "gone"), [(timedelta(days=30, seconds=-1), 0), (timedelta(days=30, seconds=1), 3)])
def test_a_claim_unconfirmed_for_thirty_days_is_dropped(session, handed_over, age, gone):
    since = session.get(SuspendedClaim, (handed_over.id, Claim.EMAIL)).suspended_at

    assert delete_old_suspended_claims(session, since + age) == gone


def test_leaving_deletes_suspended_claims_and_an_export_has_them_without_the_hash(session, handed_over):
    exported = export_user(session, handed_over)["suspended_claims"]
    assert {row["kind"]: row["value"] for row in exported} == {"email": EMAIL, "telegram": TELEGRAM, "password": None}

    erase_user(session, handed_over)
    assert session.query(SuspendedClaim).count() == 0


# -- The bot -----------------------------------------------------------------------------------------------------------


def enter_by_bot(session, **changes) -> User:
    fields = {"telegram_id": TELEGRAM, "phone": PHONE, "name": "Алиса", "role": Role.TENANT} | changes
    return user_of_bot(session, **fields)


def test_a_user_who_registered_phone_and_telegram_and_uses_the_bot_keeps_both(session, claimed):
    assert enter_by_bot(session) is claimed
    assert states(session, claimed) == {
        "phone": "proven",
        "telegram": "proven",
        "email": "suspended",
        "password": "suspended",
    }


def test_the_bot_takes_a_phone_from_who_claims_it_beside_a_telegram_account_of_theirs(session):
    stranger = make_user(session, phone=PHONE, telegram_id="41", telegram_proven_at=utc_now())

    user = enter_by_bot(session)
    assert user is not stranger
    assert (user.telegram_id, user.phone, stranger.phone) == (TELEGRAM, PHONE, None)
    assert states(session, user) == {"phone": "proven", "telegram": "proven"}


def test_the_bot_hands_over_an_account_whose_telegram_and_phone_are_mere_claims(session):
    stranger = make_user(session, phone=PHONE, telegram_id="41", password_hash=HASH)

    assert enter_by_bot(session) is stranger
    assert (stranger.telegram_id, stranger.password_hash) == (TELEGRAM, None)
    assert user_of_telegram(session, TelegramUser("41", "Стран", None)) is not stranger


def _column(kind: Claim) -> str:
    return {"phone": "phone", "email": "email", "telegram": "telegram_id"}[kind]
