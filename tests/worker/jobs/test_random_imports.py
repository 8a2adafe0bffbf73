"""Whatever two agencies import, and in whatever order workers handle the changes, lists equal those of a full run."""

from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from models.core.enums import ActionKind, DealType, Side, Status
from models.core.errors import DomainError
from models.deals.matches import act
from models.market.leads import Lead
from models.market.properties import Property
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations
from models.upkeep.invariants import check_all
from tests.cleaning import empty_tables
from tests.factories import make_lead, make_user
from tests.length import examples
from tests.models.sources.feeds import yrl, yrl_offer
from tests.models.sources.office import Office
from worker.lists.rescore import rebuild_market, rescore_entity

#: Homes that both agencies may offer; their floors distinguish them, so that equal names are adverts of one home.
HOMES = ("a", "b", "c", "d")
#: In millions; a lead pays 22, and others have room for all.
PRICES = (20, 21.5, 24)


@dataclass(frozen=True)
class Advert:
    """An agency's advert of a home in one import."""

    millions: float
    is_sold: bool
    words: str

    def offer(self, name: str) -> str:
        return yrl_offer(
            name,
            price=f"<value>{int(self.millions * 1e6)}</value><currency>RUR</currency>",
            floor=str(3 + HOMES.index(name)),
            description=f"Светлая квартира, {self.words}, окна во двор.",
            more="<status>SOLD</status>" if self.is_sold else "",
        )


ADVERTS = st.builds(
    Advert,
    st.sampled_from(PRICES),
    st.integers(0, 2).map(lambda chance: chance == 0),
    st.sampled_from(["лифт", "балкон"]),
)
#: An agency's feed, and the order in which workers handle the written homes, some of them twice, some never.
IMPORTS = st.tuples(
    st.just("import"),
    st.integers(0, 1),
    st.dictionaries(st.sampled_from(HOMES), ADVERTS),
    st.randoms(use_true_random=False),
)
#: A realtor acts on a home of an agency.
ACTS = st.tuples(
    st.just("act"), st.integers(0, 1), st.sampled_from(HOMES), st.sampled_from([ActionKind.DISLIKE, ActionKind.LIKE])
)
HISTORIES = st.lists(st.one_of(IMPORTS, IMPORTS, IMPORTS, ACTS), min_size=4, max_size=8)


def steps(*feeds: tuple[int, dict[str, Advert]]):
    return [("import", which, adverts, Random(seed)) for seed, (which, adverts) in enumerate(feeds)]


HERE, SOLD, CHEAPER = (Advert(21.5, False, "лифт"), Advert(21.5, True, "лифт"), Advert(20, False, "лифт"))
ALL = dict.fromkeys(HOMES, HERE)
#: A twin of another agency, a sale, a return, a missing home, a price cut of a disliked home.
KNOWN = [
    *steps((0, ALL), (1, ALL | {"b": CHEAPER}), (0, ALL | {"a": SOLD})),
    ("act", 1, "b", ActionKind.DISLIKE),
    *steps((0, ALL), (1, {name: HERE for name in HOMES if name != "c"}), (0, ALL | {"b": CHEAPER, "d": SOLD})),
]


def stored(session):
    """(side, id) -> the stored list, for every row in a market."""
    session.expire_all()
    lists = {}
    for table, side in ((LeadRecommendations, Side.LEAD), (PropertyRecommendations, Side.PROPERTY)):
        for row in session.scalars(select(table).where(table.city_key.is_not(None))):
            owner, others = (row.lead_id, row.property_ids) if side is Side.LEAD else (row.property_id, row.lead_ids)
            lists[side, owner] = list(zip(others, row.scores, strict=True))
    return lists


# Each history takes a second or two, so a failing one is not shrunk.
@settings(
    max_examples=examples(5, 150),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@example(history=KNOWN)
@given(history=HISTORIES)
def test_lists_after_any_imports_of_two_agencies_are_those_of_a_full_run(
    engine, new_worker_session, database_url, tmp_path, history
):
    empty_tables(database_url)
    factory = sessionmaker(engine, expire_on_commit=False)
    office = Office(factory, tmp_path)
    with factory() as session:
        realtor = make_user(session)
        wanted = {"districts": [], "budget_min": None, "property_class": None, "condition": None}
        leads = [
            make_lead(session, realtor, budget_max=budget, **wanted) for budget in (22_000_000, 30_000_000, 30_000_000)
        ]
        session.commit()
        market = (leads[0].city_key, DealType.SALE)
    sources = [office.source("one"), office.source("two")]
    with new_worker_session() as session:
        rebuild_market(session, market)
        session.commit()

    for kind, which, adverts, chosen in history:
        if kind == "act":
            touched = [
                (Side.PROPERTY, row_id)
                for row_id in acted_on(factory, realtor, leads[0], sources[which], adverts, chosen)
            ]
            touched += [(Side.LEAD, lead.id) for lead in leads]
        else:
            written: list[int] = []
            data = yrl(*(advert.offer(name) for name, advert in adverts.items()))
            office.bring(sources[which], data, on_committed=written.extend)
            touched = [(Side.PROPERTY, row_id) for row_id in written + chosen.sample(written, len(written) // 2)]
            chosen.shuffle(touched)
        with new_worker_session() as session:
            for side, row_id in touched:
                rescore_entity(session, side, row_id)

    with new_worker_session() as session:
        assert [(each.rule.key, each.examples) for each in check_all(session) if each.count] == []
        after_changes = stored(session)
        rebuild_market(session, market)
        session.commit()
        assert after_changes == stored(session)
        assert set(after_changes) == on_market(session)


def acted_on(factory, realtor, lead, source_id, name, kind):
    """The ids of the homes that the action concerned; none if no such home is on the market."""
    with factory() as session:
        home = session.scalar(
            select(Property).where(
                Property.source_id == source_id, Property.external_id == name, Property.status == Status.ACTIVE
            )
        )
        if home is None:
            return []
        try:
            act(session, realtor, Side.LEAD, lead_id=lead.id, property_id=home.id, kind=kind)
        except DomainError:  # liked before, for one
            return []
        session.commit()
        return [home.id]


def on_market(session):
    homes = session.scalars(select(Property.id).where(Property.status == Status.ACTIVE))
    leads = session.scalars(select(Lead.id).where(Lead.status == Status.ACTIVE))
    return {(Side.PROPERTY, each) for each in homes} | {(Side.LEAD, each) for each in leads}
