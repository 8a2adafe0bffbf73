"""Passwords: Argon2id, checked in the same time whether or not the account exists."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: The least that OWASP's Password Storage Cheat Sheet asks of Argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)

SHORTEST_PASSWORD = 8
#: Longer ones are refused before hashing: hashing them would only cost us time.
LONGEST_PASSWORD = 128


def hash_password(password: str) -> str:
    """The Argon2id hash to store, with its parameters and a salt of its own."""
    return _hasher.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Whether *password* matches the hash. Without a hash it takes as long, and returns False."""
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("no account has this password")
