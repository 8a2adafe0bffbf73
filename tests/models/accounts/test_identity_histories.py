"""
An owner and an attacker use the sign-in methods in any order. After one of them has proven an identifier, the other
never has access to that account, and both can always sign in.

The suite runs some dozen histories; IDENTITY_HISTORIES=10000 runs that many (ten minutes).
"""

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models.accounts.bot_links import link_by_code, new_code
from models.accounts.codes import digits_of, request_code
from models.accounts.identity import Claim, drop_claim, identifiers_of, restore_claim, set_proven
from models.accounts.telegram import TelegramUser
from models.accounts.users import User, change_password, change_profile, create_user, user_by_login
from models.core.enums import Role
from models.core.errors import DomainError
from tests.factories import SECRET
from tests.length import examples
from tests.signing_in import activate, prove, spend, user_of_bot, user_of_telegram

HISTORIES = int(os.environ.get("IDENTITY_HISTORIES", examples(25, 1000)))
LONGEST = 12

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KINDS = (Claim.PHONE, Claim.EMAIL, Claim.TELEGRAM)
IDS = {
    "owner": {Claim.PHONE: "+77011234567", Claim.EMAIL: "owner@example.com", Claim.TELEGRAM: "1"},
    "attacker": {Claim.PHONE: "+77017654321", Claim.EMAIL: "attacker@example.com", Claim.TELEGRAM: "2"},
}
NAMES = {"first_name": "A", "last_name": "B", "role": "tenant"}


@dataclass
class Step:
    """The actor, the action, the owners of the identifiers, and which of the actor's tokens is sent (None: none)."""

    who: str
    does: str
    ids: tuple[str, str, str]  #: The owners of phone, e-mail and Telegram account; proofs are always the actor's own.
    kind: Claim
    token: int | None


def steps() -> st.SearchStrategy[Step]:
    # Claims and proofs are more frequent than other steps, because without both nothing can go wrong.
    does = st.sampled_from(sorted(STEPS) + [name for name in sorted(STEPS) if "register" in name or "enter" in name])
    token = st.none() | st.integers(0, 2)
    kind = st.sampled_from(KINDS)
    anybodys = st.sampled_from(["owner", "owner", "attacker"])
    of_attacker = st.builds(Step, st.just("attacker"), does, st.tuples(*[anybodys] * 3), kind, token)
    of_owner = st.builds(Step, st.just("owner"), does, st.just(("owner",) * 3), kind, token)
    return of_attacker | of_owner


@dataclass
class Play:
    """The state: a database, and the tokens and passwords of the two."""

    session: Session
    tokens: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: {"owner": [], "attacker": []})
    #: Accounts that each of them has entered by a proof.
    owned: dict[str, set[int]] = field(default_factory=lambda: {"owner": set(), "attacker": set()})
    #: Each one's last code that links the bot.
    codes: dict[str, str] = field(default_factory=dict)
    days: itertools.count = field(default_factory=itertools.count)

    def take(self, who: str, user: User, *, proven: bool = False) -> None:
        self.tokens[who].append((user.id, user.token_version))
        if proven:
            self.owned[who].add(user.id)

    def users(self) -> dict[int, User]:
        """All stored users by id, read in one query: separate reads took a third of a history's time."""
        found = self.session.scalars(select(User).execution_options(populate_existing=True))
        return {user.id: user for user in found}

    def users_of(self, who: str, users: dict[int, User] | None = None) -> list[User]:
        """The users to whom the valid tokens of *who* belong."""
        users = self.users() if users is None else users
        held = [(users[user_id], version) for user_id, version in self.tokens[who]]
        return [user for user, version in held if user.is_active and user.token_version == version]

    def user(self, step: Step) -> User | None:
        """The user whose token is sent with the step."""
        users = [] if step.token is None else self.users_of(step.who)
        return users[step.token % len(users)] if users else None


# -- Steps. Each is refused by a DomainError or changes something. -----------------------------------------------------


def register_by_password(play: Play, step: Step) -> None:
    ids = {kind: IDS[whose][kind] for kind, whose in zip(KINDS, step.ids, strict=True)}
    user = create_user(
        play.session, role=Role.TENANT, name="N", phone=ids[Claim.PHONE], email=ids[Claim.EMAIL], password_hash=step.who
    )
    play.take(step.who, user)


def register_by_telegram(play: Play, step: Step) -> None:
    ids = {kind: IDS[whose][kind] for kind, whose in zip(KINDS, step.ids, strict=True)}
    email = ids[Claim.EMAIL] if step.kind is Claim.EMAIL else None
    user = create_user(
        play.session, role=Role.REALTOR, telegram_id=ids[Claim.TELEGRAM], phone=ids[Claim.PHONE], email=email
    )
    play.take(step.who, user)


def sign_in_by_password(play: Play, step: Step) -> None:
    name = IDS[step.ids[0]][step.kind]
    user = user_by_login(play.session, name)
    if user is not None and user.password_hash == step.who:
        play.take(step.who, user)


def register_by_code(play: Play, step: Step) -> None:
    _by_code(play, step, NAMES)


def sign_in_by_code(play: Play, step: Step) -> None:
    _by_code(play, step, None)


def _by_code(play: Play, step: Step, registration: dict | None) -> None:
    phone, now = IDS[step.who][Claim.PHONE], NOW + timedelta(days=2 * next(play.days))
    row = request_code(play.session, phone, registration=registration, address=None, sends_per_hour=1000, now=now)
    code, own = digits_of(row, SECRET), play.user(step)
    if row.registration is not None and activate(play.session, phone, code, SECRET, now, own=own) is None:
        return
    user = spend(play.session, phone, code, SECRET, now, own=own)
    if user is not None:
        play.take(step.who, user, proven=True)


def enter_by_telegram(play: Play, step: Step) -> None:
    who = TelegramUser(IDS[step.who][Claim.TELEGRAM], "N", None)
    play.take(step.who, user_of_telegram(play.session, who, own=play.user(step)), proven=True)


def enter_by_bot(play: Play, step: Step) -> None:
    ids = IDS[step.who]
    user = user_of_bot(
        play.session, telegram_id=ids[Claim.TELEGRAM], phone=ids[Claim.PHONE], name="N", role=Role.TENANT
    )
    play.take(step.who, user, proven=True)


def enter_by_email(play: Play, step: Step) -> None:
    email = IDS[step.who][Claim.EMAIL]
    user = prove(play.session, {Claim.EMAIL: email}, own=play.user(step))
    if user is None:
        user = create_user(play.session, role=Role.TENANT, email=email)
        set_proven(play.session, user, Claim.EMAIL)
    play.take(step.who, user, proven=True)


def make_bot_code(play: Play, step: Step) -> None:
    user = play.user(step)
    if user is not None:
        play.codes[step.who] = new_code(play.session, user)


def link_bot(play: Play, step: Step) -> None:
    user = link_by_code(play.session, play.codes.get(step.who, ""), IDS[step.who][Claim.TELEGRAM])
    play.owned[step.who].add(user.id)


def set_password(play: Play, step: Step) -> None:
    """Set a first password by a token, or another one by a token and the old password."""
    user = play.user(step)
    if user is not None and user.password_hash in (None, step.who):
        change_password(play.session, user, step.who)
        play.take(step.who, user)


def claim_email(play: Play, step: Step) -> None:
    user = play.user(step)
    if user is not None:
        change_profile(play.session, user, {"email": IDS[step.ids[1]][Claim.EMAIL]})


def confirm_all(play: Play, step: Step) -> None:
    """Even an owner who confirms every prompt is safe."""
    user = play.user(step)
    for known in identifiers_of(play.session, user) if user is not None else []:
        if known.state == "suspended":
            restore_claim(play.session, user, known.kind, password=step.who)


def drop_one(play: Play, step: Step) -> None:
    user = play.user(step)
    if user is not None:
        drop_claim(play.session, user, step.kind)


STEPS = {
    made.__name__: made
    for made in (
        register_by_password,
        register_by_telegram,
        sign_in_by_password,
        register_by_code,
        sign_in_by_code,
        enter_by_telegram,
        enter_by_bot,
        enter_by_email,
        make_bot_code,
        link_bot,
        set_password,
        claim_email,
        confirm_all,
        drop_one,
    )
}


# -- What must hold ----------------------------------------------------------------------------------------------------


def check(play: Play) -> None:
    """Neither has access to an account of the other, by any method."""
    users = play.users()
    for who, other in (("owner", "attacker"), ("attacker", "owner")):
        inside = {user.id for user in play.users_of(other, users)}
        assert not inside & play.owned[who], f"a token of the {other}'s lets in"
        assert not play.owned["owner"] & play.owned["attacker"], "both have proven one account"
        for user_id in play.owned[who]:
            user = users[user_id]
            assert user.password_hash != other, f"the {other}'s password lets in"
            for kind, column in zip(KINDS, ("phone", "email", "telegram_id"), strict=True):
                if getattr(user, column) == IDS[other][kind]:
                    state = next(known.state for known in identifiers_of(play.session, user) if known.kind is kind)
                    assert state == "claimed", f"the {other}'s {kind} is proven in an account of the {who}'s"


def check_ways_in(play: Play) -> None:
    """Each of the two can sign in by every proof, and never into the other's account."""
    for who in ("owner", "attacker"):
        for enter in (register_by_code, enter_by_telegram, enter_by_email):
            before = len(play.tokens[who])
            step = Step(who, enter.__name__, (who,) * 3, Claim.PHONE, None)
            enter(play, step)
            if enter is not register_by_code:
                assert len(play.tokens[who]) > before, f"{who} does not get in by {enter.__name__}"
            check(play)
        assert any(by_phone(play, who)), f"{who} does not get in by phone"


def by_phone(play: Play, who: str) -> list[User]:
    before = len(play.tokens[who])
    sign_in_by_code(play, Step(who, "", (who,) * 3, Claim.PHONE, None))
    return play.tokens[who][before:]


@contextlib.contextmanager
def undone(engine: Engine) -> Iterator[Session]:
    """A session whose transaction is rolled back."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        transaction.rollback()


@pytest.fixture
def plain_passwords(monkeypatch):
    """Passwords are not hashed, because hashing takes longer than everything else."""
    monkeypatch.setattr("models.accounts.identity.password_fits", lambda password, stored: password == stored)


@pytest.mark.timeout(max(900, HISTORIES))  # seconds: a history takes a tenth of one on an idle machine
@settings(
    max_examples=HISTORIES,
    derandomize=HISTORIES < 1000,
    # In long runs a failure is not shrunk, because that would take longer than all the histories.
    phases=[Phase.generate] if HISTORIES >= 1000 else list(Phase),
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(history=st.lists(steps(), min_size=1, max_size=LONGEST))
def test_no_history_leaves_the_attacker_inside_or_the_owner_outside(engine, plain_passwords, history):
    with undone(engine) as world:
        play = Play(world)
        for step in history:
            part = world.begin_nested()
            try:
                STEPS[step.does](play, step)
                part.commit()
            except DomainError:
                part.rollback()
            check(play)
        check_ways_in(play)


def test_the_check_finds_a_token_that_outlives_the_proof(session, monkeypatch):
    """If tokens or passwords survive the proof, the shortest history fails: a registration, then the proof."""
    monkeypatch.setattr(
        "models.accounts.identity._hand_over",
        lambda session, user, proven, end_access: set_proven(session, user, Claim.PHONE),
    )
    play = Play(session)
    register_by_password(play, Step("attacker", "", ("owner", "attacker", "attacker"), Claim.PHONE, None))
    sign_in_by_code(play, Step("owner", "", ("owner",) * 3, Claim.PHONE, None))

    with pytest.raises(AssertionError, match="lets in"):
        check(play)
