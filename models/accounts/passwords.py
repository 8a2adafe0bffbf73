"""Passwords: Argon2id, checked in the same time whether or not the account exists."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: The minimum parameters of Argon2id in OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)

SHORTEST_PASSWORD = 8
#: Longer passwords are refused before hashing, because hashing them would only cost time.
LONGEST_PASSWORD = 128


def hash_password(password: str) -> str:
    """The Argon2id hash to store, with its parameters and a salt of its own."""
    return _hasher.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Whether *password* matches the hash. Without a hash it takes the same time and returns False."""
    try:
        return _hasher.verify(password_hash or _dummy_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _dummy_hash() -> str:
    return _hasher.hash("no account has this password")
