"""API keys: shown once, kept as a hash, dead once revoked."""

import pytest

from models.accounts.api_keys import ApiKey, create_api_key, revoke_api_key, use_api_key
from models.core.errors import NotFoundError, NotSignedInError


def test_a_key_is_accepted_and_its_use_recorded(session):
    row, key = create_api_key(session, "ads")

    assert use_api_key(session, key) is row
    assert row.last_used_at is not None


def test_the_key_itself_is_not_stored(session):
    row, key = create_api_key(session, "ads")

    stored = session.query(ApiKey).one()
    assert key.encode() not in stored.digest
    assert stored.start == key[:11]


@pytest.mark.parametrize(
    "change", [lambda key: key[:-1], lambda key: key + "A", lambda key: key.swapcase(), lambda key: ""]
)
def test_a_changed_key_is_refused(session, change):
    _, key = create_api_key(session, "ads")

    with pytest.raises(NotSignedInError):
        use_api_key(session, change(key))


def test_a_revoked_key_is_dead_at_once_and_others_live(session):
    (row, key), (_, other) = create_api_key(session, "one"), create_api_key(session, "two")

    revoke_api_key(session, row.id)

    use_api_key(session, other)
    with pytest.raises(NotSignedInError):
        use_api_key(session, key)


def test_revoking_an_unknown_key_says_so(session):
    with pytest.raises(NotFoundError):
        revoke_api_key(session, 999_999)
