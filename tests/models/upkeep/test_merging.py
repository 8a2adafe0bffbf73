"""Merging two accounts of one person."""

import pytest
from sqlalchemy import func, select

import models.all_tables  # noqa: F401 - every foreign key is looked at
from models.accounts.account_exports import AccountExport, request_export
from models.accounts.audit import AuditEntry
from models.accounts.bot_links import is_linked, link_by_code, new_code
from models.accounts.bot_tables import BotChat, BotCode, BotDraft
from models.accounts.identity import Claim, set_proven
from models.accounts.tokens import make_token, user_of_token
from models.core.base import Base
from models.core.enums import ActionKind, Origin, Role, Side, Status
from models.core.errors import ConflictError, NotFoundError, NotSignedInError
from models.deals.answer_templates import AnswerTemplate, add_template
from models.deals.chats import Chat, open_chat, post_message
from models.deals.feed import FeedAction, act_in_feed
from models.deals.inquiries import create_inquiry
from models.deals.matches import act
from models.market.base_views import last_choice, save_view, store_last_choice, views_of
from models.market.favorites import Favorite, add_favorite
from models.market.leads import Lead
from models.market.properties import Property
from models.market.search.criteria import SearchCriteria
from models.market.search.saved import NotificationPace, SavedSearch, save_search
from models.upkeep.merging import BY_RULE, DELETED_REFERENCES, KEPT_REFERENCES, MOVED, merge_users, rows_of_user
from models.upkeep.samples import SampleSet, add_samples
from tests.factories import SECRET, make_lead, make_property, make_user


@pytest.fixture
def people(session):
    """The account that is closed, the one that stays, an administrator and a stranger."""
    gone, kept = make_user(session, name="Анна К."), make_user(session, name=None)
    return gone, kept, make_user(session, role=Role.ADMIN), make_user(session)


def test_every_column_that_names_a_user_has_a_rule():
    """Fails for a new table with a user until it is stated whether its rows move or stay."""
    known = (
        {f"{each.table.__tablename__}.{each.column}" for each in MOVED} | KEPT_REFERENCES | BY_RULE | DELETED_REFERENCES
    )
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.target_fullname == "users.id"
    }

    assert columns - known == set()
    assert known - columns == {"matches.completed_by_id"}  # without a foreign key


def test_one_accounts_rows_move_to_the_other_and_the_first_is_closed(session, people):
    gone, kept, admin, stranger = people
    lead, listing, theirs = make_lead(session, gone), make_property(session, gone), make_property(session, stranger)
    act(session, gone, Side.LEAD, lead_id=lead.id, property_id=theirs.id, kind=ActionKind.LIKE)
    chat, _ = open_chat(session, gone, buyer_id=gone.id, seller_id=stranger.id, property_id=theirs.id)
    post_message(session, gone, chat.id, "Здравствуйте")
    create_inquiry(session, gone, theirs)
    for user in (gone, kept):
        add_favorite(session, user, theirs)
        act_in_feed(session, user, theirs, "favorite", "web")
    before = {table: session.get(table, row.id).version for table, row in ((Lead, lead), (Property, listing))}
    token = make_token(gone, SECRET, 1)
    assert rows_of_user(session, gone.id)["favorites"] == 1

    merged = merge_users(session, gone.id, kept.id, admin.id)

    session.expire_all()
    assert (lead.owner_id, listing.owner_id, chat.buyer_id) == (kept.id, kept.id, kept.id)
    assert session.scalars(select(Chat.buyer_id)).all() == [kept.id]
    assert lead.version > before[Lead] and listing.version > before[Property]  # lists follow
    for table in (Favorite, FeedAction):
        assert session.scalar(select(func.count()).where(table.user_id == kept.id)) == 1
    assert (merged.rows["leads"], merged.rows["properties"], merged.rows["inquiries"]) == (1, 1, 1)
    assert (kept.name, gone.name, gone.is_active) == ("Анна К.", None, False)
    with pytest.raises(NotSignedInError):
        user_of_token(session, token, SECRET)
    with pytest.raises(NotFoundError):
        merge_users(session, gone.id, kept.id, admin.id)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "users_merged")).one()
    assert (entry.actor_id, entry.row_id, entry.detail["gone"]) == (admin.id, str(kept.id), gone.id)


def test_saved_searches_views_and_answers_move_and_exports_are_deleted(session, people):
    gone, kept, admin, _ = people
    save_search(session, gone, "Homes", SearchCriteria(), NotificationPace.DAILY)
    add_template(session, gone, "It is still free.", "en")
    for user, order in ((gone, "-price"), (kept, "price")):
        store_last_choice(session, user, Side.LEAD, {"order": order})
    save_view(session, gone, Side.LEAD, "Hot", {"tag": "hot"})
    request_export(session, gone)

    merge_users(session, gone.id, kept.id, admin.id)

    session.expire_all()
    assert session.scalars(select(SavedSearch.user_id)).all() == [kept.id]
    assert session.scalars(select(AnswerTemplate.owner_id)).all() == [kept.id]
    assert [view.name for view in views_of(session, kept, Side.LEAD)] == ["Hot"]
    assert last_choice(session, kept, Side.LEAD) == {"order": "price"}
    assert session.scalar(select(func.count()).select_from(AccountExport)) == 0


@pytest.mark.parametrize("has_own", [False, True])
def test_the_bot_follows_the_telegram_account(session, people, has_own):
    gone, kept, admin, _ = people
    for user in (gone, kept):
        user.telegram_id = user.telegram_username = None
    session.flush()
    link_by_code(session, new_code(session, gone), "700000001")
    if has_own:
        link_by_code(session, new_code(session, kept), "700000002")
    new_code(session, gone)
    session.add(BotDraft(user_id=gone.id, words="Two rooms"))
    session.flush()

    merge_users(session, gone.id, kept.id, admin.id)

    session.expire_all()
    chats = session.execute(select(BotChat.user_id, BotChat.telegram_id)).all()
    assert chats == [(kept.id, "700000002" if has_own else "700000001")]
    assert is_linked(session, kept) and not is_linked(session, gone)
    for table in (BotCode, BotDraft):
        assert session.scalar(select(func.count()).where(table.user_id == gone.id)) == 0


PROVEN, CLAIMED, NOTHING = "proven", "claimed", None


@pytest.mark.parametrize(
    ("theirs", "own", "whose", "as_what"),
    [
        (PROVEN, NOTHING, "theirs", PROVEN),
        (CLAIMED, NOTHING, "theirs", CLAIMED),
        (PROVEN, CLAIMED, "theirs", PROVEN),
        (PROVEN, PROVEN, "own", PROVEN),
        (CLAIMED, CLAIMED, "own", CLAIMED),
        (CLAIMED, PROVEN, "own", PROVEN),
        (NOTHING, CLAIMED, "own", CLAIMED),
    ],
)
def test_an_identifier_moves_where_it_is_missing_or_better_proven(session, people, theirs, own, whose, as_what):
    gone, kept, admin, _ = people
    emails = {"theirs": "gone@leadmatch.example", "own": "kept@leadmatch.example"}
    for user, state, name in ((gone, theirs, "theirs"), (kept, own, "own")):
        user.email = emails[name] if state else None
        session.flush()
        if state == PROVEN:
            set_proven(session, user, Claim.EMAIL)
    gone.password_hash, kept.password_hash = "theirs", None
    session.flush()

    merge_users(session, gone.id, kept.id, admin.id)

    session.expire_all()
    assert kept.email == emails[whose]
    assert (kept.email_proven_at is not None) == (as_what == PROVEN)
    assert gone.email is None and kept.password_hash is None


def test_of_two_preferences_that_of_the_account_that_stays_counts(session, people):
    gone, kept, admin, _ = people
    left, mine = (make_lead(session, user) for user in (gone, kept))
    left.origin = mine.origin = Origin.TINDER
    session.flush()

    merge_users(session, gone.id, kept.id, admin.id)

    session.expire_all()
    assert (left.owner_id, left.status, mine.status) == (gone.id, Status.ARCHIVED, Status.ACTIVE)


def test_accounts_that_cannot_be_of_one_person_are_not_merged(session, people):
    gone, kept, admin, stranger = people
    tenant = make_user(session, role=Role.TENANT)
    listing = make_property(session, gone)
    create_inquiry(session, stranger, listing)
    pair = {"lead_id": make_lead(session, tenant).id, "property_id": listing.id}
    act(session, tenant, Side.LEAD, **pair, kind=ActionKind.LIKE)
    operator = make_user(session, role=Role.OPERATOR)
    other_tenant = make_user(session, role=Role.TENANT)
    refused = {
        "merge.same_account": (gone, gone),
        "merge.privileged": (operator, kept),
        "merge.role_owns_nothing": (gone, other_tenant),
        "merge.dealt_with_each_other": (stranger, gone),
    }
    for code, (one, other) in refused.items():
        with pytest.raises(ConflictError) as error:
            merge_users(session, one.id, other.id, admin.id)
        assert error.value.code == code
    with pytest.raises(ConflictError) as error:  # a match counts as dealing with each other
        merge_users(session, tenant.id, gone.id, admin.id)
    assert error.value.code == "merge.dealt_with_each_other"


def test_sample_data_does_not_move_and_its_partner_is_nobody(session, people):
    gone, kept, admin, _ = people
    add_samples(session, gone)
    add_samples(session, kept)
    before = set(session.scalars(select(Lead.id).where(Lead.owner_id == kept.id)))
    own = make_lead(session, gone)
    partner = session.scalars(select(SampleSet.partner_id).where(SampleSet.user_id == kept.id)).one()
    with pytest.raises(NotFoundError):
        merge_users(session, gone.id, partner, admin.id)
    shown = rows_of_user(session, gone.id)
    assert (shown["leads"], shown.get("properties")) == (1, None)

    merge_users(session, gone.id, kept.id, admin.id)

    session.expire_all()
    assert set(session.scalars(select(Lead.id).where(Lead.owner_id == kept.id))) == before | {own.id}
    assert session.scalars(select(SampleSet.user_id)).all() == [kept.id]
