"""Agencies: founding, joining, leaving, heading and dissolving them; and the order if two users act at once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.accounts.audit import AuditEntry
from models.accounts.notifications import Notification, NotificationType
from models.accounts.users import User
from models.agencies.invitations import (
    MAX_OPEN,
    accept_invitation,
    delete_expired_invitations,
    invite,
    open_invitations,
    read_invitation,
    withdraw_invitation,
)
from models.agencies.members import (
    create_agency,
    dissolve_agency,
    hand_over,
    headed_agency,
    leave_agency,
    members_of,
    membership_of,
    remove_member,
    rename_agency,
)
from models.agencies.tables import MAX_NAME, Agency, AgencyInvitation, AgencyMember
from models.core.base import database_now
from models.core.enums import Role
from models.core.errors import ConflictError, InvalidValueError, NotAllowedError, NotFoundError
from models.upkeep.erasure import erase_user, export_user
from models.upkeep.merging import merge_users
from tests.at_once import at_once, while_open
from tests.factories import make_user


@pytest.fixture
def head(session):
    user = make_user(session, name="Анна Ким")
    create_agency(session, user, "Дом у моря")
    return user


def join(session: Session, head: User, user: User) -> User:
    accept_invitation(session, user, invite(session, head), head.id)
    return user


@pytest.fixture
def agent(session, head):
    return join(session, head, make_user(session, name="Пётр Ли"))


def news(session: Session, user: User) -> list[str]:
    query = select(Notification).where(Notification.user_id == user.id).order_by(Notification.id)
    return [each.facts["variant"] for each in session.scalars(query) if each.type is NotificationType.AGENCY_NEWS]


def test_the_founder_of_an_agency_is_its_head_and_in_no_other_agency(session, head):
    agency, is_head = membership_of(session, head)

    assert (agency.name, is_head, agency.head_id) == ("Дом у моря", True, head.id)
    assert [user.id for user, _ in session.execute(members_of(agency))] == [head.id]
    with pytest.raises(ConflictError):
        create_agency(session, head, "Вторая")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.REALTOR])
def test_only_realtors_found_and_join(session, head, role):
    other = make_user(session, role=role)

    with pytest.raises(NotAllowedError):
        create_agency(session, other, "Дом")
    with pytest.raises(NotAllowedError):
        accept_invitation(session, other, invite(session, head), head.id)


@pytest.mark.parametrize("name", ["", "   ", "a\0b", "я" * (MAX_NAME + 1)])
def test_a_name_that_says_nothing_or_too_much_is_refused(session, head, name):
    with pytest.raises(InvalidValueError):
        create_agency(session, make_user(session), name)
    with pytest.raises(InvalidValueError):
        rename_agency(session, head, name)


def test_an_invitation_serves_once_and_its_token_is_not_stored(session, head):
    token = invite(session, head, "Пётр")
    stored = session.scalars(select(AgencyInvitation)).one()
    assert read_invitation(session, token).head.id == head.id
    assert token.encode() not in stored.digest and len(stored.digest) == 32

    agency = accept_invitation(session, make_user(session), token, head.id)

    assert session.scalar(select(func.count()).where(AgencyMember.agency_id == agency.id)) == 2
    assert news(session, head) == ["joined"]
    for again in (lambda: read_invitation(session, token),
                  lambda: accept_invitation(session, make_user(session), token, head.id)):  # fmt: skip
        with pytest.raises(NotFoundError):
            again()


def test_a_withdrawn_expired_or_unknown_invitation_gives_no_access(session, head):
    withdrawn, old = invite(session, head), invite(session, head)
    first, second = session.scalars(select(AgencyInvitation).order_by(AgencyInvitation.id)).all()
    withdraw_invitation(session, head, first.id)
    session.execute(
        update(AgencyInvitation)
        .where(AgencyInvitation.id == second.id)
        .values(expires_at=database_now(session) - timedelta(seconds=1))
    )

    for token in (withdrawn, old, "x" * 32, "", "\0"):
        with pytest.raises(NotFoundError):
            read_invitation(session, token)
        with pytest.raises(NotFoundError):
            accept_invitation(session, make_user(session), token, head.id)
    assert session.scalars(open_invitations(headed_agency(session, head))).all() == []
    assert delete_expired_invitations(session) == 1


def test_open_invitations_have_a_limit_and_are_their_agencys_alone(session, head):
    for _ in range(MAX_OPEN):
        invite(session, head)
    with pytest.raises(ConflictError):
        invite(session, head)
    other = make_user(session)
    create_agency(session, other, "Другая")
    theirs = session.scalars(open_invitations(headed_agency(session, head))).first()
    with pytest.raises(NotFoundError):
        withdraw_invitation(session, other, theirs.id)


def test_an_invitee_who_was_shown_another_head_does_not_join(session, head, agent):
    token = invite(session, head)
    newcomer = make_user(session)
    with pytest.raises(ConflictError):
        accept_invitation(session, newcomer, token, agent.id)

    hand_over(session, head, agent.id)

    with pytest.raises(NotFoundError):  # they ended with the headship
        accept_invitation(session, newcomer, token, head.id)
    assert membership_of(session, newcomer) is None


def test_only_the_head_decides(session, head, agent):
    stranger = make_user(session)
    for act in (
        lambda user: invite(session, user),
        lambda user: remove_member(session, user, head.id),
        lambda user: hand_over(session, user, user.id),
        lambda user: dissolve_agency(session, user),
        lambda user: rename_agency(session, user, "Моё"),
    ):
        with pytest.raises(NotAllowedError):
            act(agent)
        with pytest.raises(NotFoundError):
            act(stranger)
    for other in (stranger.id, 2**62):
        with pytest.raises(NotFoundError):
            remove_member(session, head, other)
        with pytest.raises(NotFoundError):
            hand_over(session, head, other)


def test_members_leave_and_are_removed_and_the_head_is_neither(session, head, agent):
    other = join(session, head, make_user(session))
    with pytest.raises(ConflictError):
        leave_agency(session, head)
    with pytest.raises(ConflictError):
        remove_member(session, head, head.id)
    with pytest.raises(ConflictError):
        dissolve_agency(session, head)

    leave_agency(session, agent)
    remove_member(session, head, other.id)

    assert membership_of(session, agent) is None and membership_of(session, other) is None
    assert news(session, other) == ["removed"] and news(session, head)[-1] == "left"
    with pytest.raises(NotFoundError):
        leave_agency(session, agent)
    dissolve_agency(session, head)
    assert session.scalars(select(Agency)).all() == []
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-3:] == ["agency_left", "agency_member_removed", "agency_dissolved"]


def test_the_headship_passes_to_another_active_member(session, head, agent):
    agent.is_active = False
    session.flush()
    with pytest.raises(NotFoundError):
        hand_over(session, head, agent.id)
    agent.is_active = True
    session.flush()

    hand_over(session, head, agent.id)

    assert headed_agency(session, agent).head_id == agent.id
    assert news(session, agent) == ["head"]
    leave_agency(session, head)


def test_a_deleted_head_leaves_the_headship_to_the_longest_standing_member(session, head, agent):
    join(session, head, make_user(session))

    erase_user(session, head)

    assert headed_agency(session, agent).head_id == agent.id
    assert news(session, agent) == ["head"]


def test_a_deleted_head_who_was_alone_leaves_no_agency(session, head):
    invite(session, head)

    erase_user(session, head)

    assert session.scalars(select(Agency)).all() == [] == session.scalars(select(AgencyInvitation)).all()


def test_an_export_holds_membership_and_agency_without_secrets(session, head, agent):
    invite(session, head, "Олег")

    mine, theirs = export_user(session, head), export_user(session, agent)

    assert [each["name"] for each in mine["headed_agencies"]] == ["Дом у моря"]
    assert [set(each) for each in mine["agency_invitations"]] == [
        {"id", "agency_id", "label", "created_at", "expires_at"}
    ]
    assert theirs["agency_memberships"][0]["user_id"] == agent.id
    assert theirs["headed_agencies"] == [] == theirs["agency_invitations"]


@pytest.mark.parametrize(
    ("gone_is", "kept_is", "heads", "members"),
    [
        ("head", None, "kept", {"kept", "agent"}),
        ("head", "agent", "kept", {"kept"}),
        ("agent", "head", "kept", {"kept"}),
        ("agent", None, "head", {"head", "kept"}),
        ("head", "elsewhere", "agent", {"agent"}),
        ("agent", "elsewhere", "head", {"head"}),
    ],
)
def test_of_merged_accounts_one_is_a_member(session, head, agent, gone_is, kept_is, heads, members):
    elsewhere = make_user(session)
    people = {"head": head, "agent": agent, "elsewhere": elsewhere, None: make_user(session)}
    create_agency(session, elsewhere, "Другая")
    gone, kept = people[gone_is], people[kept_is]
    agency_id = membership_of(session, head).agency.id

    merge_users(session, gone.id, kept.id, make_user(session, role=Role.ADMIN).id)

    session.expire_all()
    names = {head.id: "head", agent.id: "agent", kept.id: "kept"}
    agency = session.get(Agency, agency_id)
    assert names[agency.head_id] == heads
    assert {names[user.id] for user, _ in session.execute(members_of(agency))} == members
    assert membership_of(session, gone) is None


@pytest.fixture
def db(engine, clean_database):
    with Session(engine, expire_on_commit=False) as session:
        yield session


def test_of_two_who_accept_one_invitation_at_once_one_joins(db, engine):
    head, first, second = (make_user(db) for _ in range(3))
    create_agency(db, head, "Дом")
    token = invite(db, head)
    db.commit()

    def accept(user_id: int):
        return lambda own: accept_invitation(own, own.get(User, user_id), token, head.id)

    assert at_once(engine, accept(first.id), accept(second.id)) == ["agency_invitation.not_found", "done"]
    assert db.scalar(select(func.count()).select_from(AgencyMember)) == 2


def test_a_user_who_accepts_two_invitations_at_once_joins_one_agency(db, engine):
    heads = [make_user(db) for _ in range(2)]
    for head in heads:
        create_agency(db, head, "Дом")
    tokens = [invite(db, head) for head in heads]
    user = make_user(db)
    db.commit()

    results = at_once(
        engine,
        *(
            lambda own, token=token, head=head: accept_invitation(own, own.get(User, user.id), token, head.id)
            for token, head in zip(tokens, heads, strict=True)
        ),
    )

    assert results == ["agency.already_member", "done"]
    assert db.scalar(select(func.count()).where(AgencyMember.user_id == user.id)) == 1


@pytest.mark.parametrize("is_removed_first", [True, False])
def test_a_member_removed_while_becoming_head_is_either_removed_or_head(db, engine, is_removed_first):
    """Whichever comes first, the head is a member."""
    head, agent = make_user(db), make_user(db)
    agency = create_agency(db, head, "Дом")
    join(db, head, agent)
    db.commit()
    acts = [
        lambda own: remove_member(own, own.get(User, head.id), agent.id),
        lambda own: hand_over(own, own.get(User, head.id), agent.id),
    ]

    outcome = while_open(engine, *(acts if is_removed_first else acts[::-1]))

    assert outcome == ("member.not_found" if is_removed_first else "agency.head_only")
    db.refresh(agency)
    assert agency.head_id in [user.id for user, _ in db.execute(members_of(agency))]
