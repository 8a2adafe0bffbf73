"""How a password is stored."""

from models.accounts.passwords import hash_password, password_fits


def test_passwords_are_hashed_at_the_least_cost_that_owasp_asks_for(real_password_cost):
    stored = hash_password("correct horse")

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert password_fits("correct horse", stored) and not password_fits("correct mule", stored)
