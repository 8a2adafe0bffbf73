"""The parts of agents' rows that only the head of their agency sees."""

import pytest

from models.accounts.users import User
from models.agencies.duplicates import Likeness, duplicates_for
from models.agencies.invitations import accept_invitation, invite
from models.agencies.members import create_agency, hand_over, leave_agency, remove_member
from models.agencies.visibility import TeamFilter, readable_lead, readable_owner_ids, readable_property, team_rows
from models.core.enums import ContactSharing, Role, Side, Status
from models.core.errors import NotFoundError
from models.market.advert_groups import AdvertGroup
from models.market.client_keys import store_client_keys
from models.market.leads import archive_lead
from models.market.preferences import save_preference
from tests.factories import make_lead, make_property, make_user


@pytest.fixture
def head(session):
    user = make_user(session, name="Анна Ким")
    create_agency(session, user, "Дом у моря")
    return user


@pytest.fixture
def agents(session, head):
    """Two agents of the head's agency."""
    made = [make_user(session, name=name) for name in ("Пётр Ли", "Олег Цой")]
    for user in made:
        accept_invitation(session, user, invite(session, head), head.id)
    return made


@pytest.fixture
def stranger(session):
    """The head of another agency."""
    user = make_user(session, name="Чужая")
    create_agency(session, user, "Другая")
    return user


def readable(session, user: User) -> set[int]:
    return set(session.scalars(readable_owner_ids(user)))


def seen(session, user: User, side: Side = Side.LEAD, **wanted) -> list[int]:
    return [row.id for row, _ in session.execute(team_rows(user, side, TeamFilter(**wanted)))]


def test_the_head_reads_the_agents_rows_and_everybody_else_their_own(session, head, agents, stranger):
    everybody = {head.id, *(agent.id for agent in agents)}
    assert readable(session, head) == everybody
    for user in (*agents, stranger):
        assert readable(session, user) == {user.id}


@pytest.mark.parametrize("how", ["leaves", "is removed", "is no realtor", "head is another", "head is switched off"])
def test_seeing_ends_at_once(session, head, agents, how):
    agent = agents[0]
    lead, listing = make_lead(session, agent), make_property(session, agent)
    assert readable_lead(session, head, lead.id) is lead
    assert readable_property(session, head, listing.id) is listing
    if how == "leaves":
        leave_agency(session, agent)
    elif how == "is removed":
        remove_member(session, head, agent.id)
    elif how == "is no realtor":
        agent.role = Role.LANDLORD
    elif how == "head is another":
        hand_over(session, head, agents[1].id)
    else:
        head.is_active = False
    session.flush()

    assert agent.id not in readable(session, head)
    assert lead.id not in seen(session, head) and listing.id not in seen(session, head, Side.PROPERTY)
    for read, row in ((readable_lead, lead), (readable_property, listing)):
        with pytest.raises(NotFoundError):
            read(session, head, row.id)


def test_the_rows_of_a_switched_off_agent_are_seen(session, head, agents):
    lead = make_lead(session, agents[0])
    agents[0].is_active = False
    session.flush()

    assert seen(session, head) == [lead.id]


def test_an_agents_own_preference_is_nobody_elses_to_see(session, head, agents):
    wanted = save_preference(session, agents[0], {"city": "Москва", "deal_type": "SALE"})

    assert seen(session, head) == []
    with pytest.raises(NotFoundError):
        readable_lead(session, head, wanted.id)


def test_rows_are_filtered_by_agent_status_and_words(session, head, agents):
    first, second = (make_lead(session, agent) for agent in agents)
    second.notes, second.districts = "тихий 100% двор", ["Хамовники"]
    archive_lead(session, second)
    listing = make_property(session, agents[0], street="Тверская")
    session.flush()

    assert seen(session, head) == [second.id, first.id]
    assert seen(session, head, owner_id=agents[0].id) == [first.id]
    assert seen(session, head, status=Status.ARCHIVED) == [second.id]
    assert seen(session, head, words="хамов ТИХИЙ") == [second.id]
    assert seen(session, head, words="100%") == [second.id]
    assert seen(session, head, words="цой") == [second.id]
    assert seen(session, head, words=f"{first.id}") == [first.id]
    assert seen(session, head, words="a\0b") == []
    assert seen(session, head, Side.PROPERTY, words="тверская") == [listing.id]
    assert seen(session, head, owner_id=2**62) == []


@pytest.mark.parametrize("secret", ["+77051112233", "секрет", "Иванов", "горячий"])
def test_the_search_reveals_nothing_about_hidden_fields(session, head, agents, secret):
    lead = make_lead(session, agents[0], client_name="Пётр Иванов", client_contacts="+77051112233")
    lead.private_notes = "секрет: горячий"
    session.flush()

    assert seen(session, head, words="Пётр") == [lead.id]
    assert seen(session, head, words=secret) == []


def test_leads_of_one_client_of_two_agents_are_shown(session, head, agents, stranger):
    ours = [make_lead(session, agent, client_contacts="8 705 111-22-33") for agent in agents]
    make_lead(session, agents[0], client_contacts="+77059998877")  # twice, but of one agent
    make_lead(session, agents[0], client_contacts="+77059998877")
    make_lead(session, stranger, client_contacts="+77051112233")

    [group] = duplicates_for(session, head)

    assert (group.likeness, [row.id for row, _ in group.rows]) == (Likeness.CLIENT, [lead.id for lead in ours])
    assert duplicates_for(session, agents[0]) == []
    archive_lead(session, ours[0])
    assert duplicates_for(session, head) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+77051112233, anna@mail.kz", "пишите Anna@mail.kz"),
        ("8 705 111-22-33, 8 705 444-55-66", "+77054445566"),
        ("87051112233 87054445566", "+77054445566"),
        ("+77051112233 @anna_k", "t.me/Anna_K"),
    ],
)
def test_leads_are_of_one_client_whichever_of_the_contacts_they_share(session, head, agents, one, other):
    ours = [
        make_lead(session, agent, client_contacts=stated) for agent, stated in zip(agents, (one, other), strict=False)
    ]

    assert [[row.id for row, _ in each.rows] for each in duplicates_for(session, head)] == [[lead.id for lead in ours]]


def test_leads_that_a_third_one_joins_are_shown_together(session, head, agents):
    contacts = ("+77051112233", "+77051112233, anna@mail.kz", "anna@mail.kz")
    owners = (agents[0], agents[1], agents[0])
    ours = [make_lead(session, owner, client_contacts=stated) for owner, stated in zip(owners, contacts, strict=True)]
    replaced = make_lead(session, agents[1], client_contacts="+77051112233")
    store_client_keys(session, replaced.id, "+77010000000")

    [group] = duplicates_for(session, head)
    assert [row.id for row, _ in group.rows] == [lead.id for lead in ours]


def test_a_client_whose_contacts_are_never_shared_is_not_compared(session, head, agents):
    """Otherwise a head could find agents' clients by trying phone numbers."""
    make_lead(session, agents[0], client_contacts="+77051112233", client_contacts_shared=ContactSharing.NEVER)
    make_lead(session, head, client_contacts="+77051112233")

    assert duplicates_for(session, head) == []


def test_one_home_of_two_agents_is_shown_by_its_adverts_or_its_address(session, head, agents):
    alike = [make_property(session, agent, street="Арбат", house_number="7А") for agent in agents]
    other = make_property(session, agents[1], street="Арбат", house_number="7А", floor=2)
    [group] = duplicates_for(session, head)
    assert (group.likeness, [row.id for row, _ in group.rows]) == (Likeness.ADDRESS, [each.id for each in alike])

    # The worker finds by photos that the other two are of the same home too.
    session.add_all(AdvertGroup(property_id=each.id, group_id=alike[0].id) for each in (*alike, other))
    session.flush()

    [group] = duplicates_for(session, head)
    assert group.likeness is Likeness.ADVERTS
    assert [row.id for row, _ in group.rows] == [*(each.id for each in alike), other.id]
