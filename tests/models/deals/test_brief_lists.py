"""A brief list has the entries of the whole list, with the columns by which they are grouped and filtered."""

import pytest

from models.core.enums import Side
from models.deals.recommendation_pages import brief_list, recommended_page
from models.deals.shown_columns import BRIEF
from models.ranking.recommendations import LeadRecommendations, PropertyRecommendations
from tests.factories import make_lead, make_property, make_user


@pytest.mark.parametrize("side", Side)
def test_a_brief_list_has_the_entries_of_the_whole_list(session, side):
    make_own, make_other = (make_lead, make_property) if side is Side.LEAD else (make_property, make_lead)
    own = make_own(session, make_user(session))
    owners = [make_user(session, name=name, agency_name="Дом") for name in ("Анна", "Олег")]
    # A client of two realtors is one entry.
    without_contacts = {"client_contacts": None} if side is Side.PROPERTY else {}
    others = [make_other(session, owner, **without_contacts) for owner in owners]
    kept = {"version": own.version, "city_key": own.city_key, "deal_type": own.deal_type, "scores": [90.0, 80.0]}
    ids = [other.id for other in others]
    if side is Side.LEAD:
        session.add(LeadRecommendations(lead_id=own.id, property_ids=ids, **kept))
    else:
        session.add(PropertyRecommendations(property_id=own.id, lead_ids=ids, **kept))
    session.flush()

    brief = brief_list(session, side, own.id)
    whole = recommended_page(session, side, own.id, page=1, limit=100)

    def shown(page):
        return [
            (
                *(getattr(entry.row, name) for name in BRIEF[side]),
                (entry.owner.id, entry.owner.name, entry.owner.agency_name, entry.owner.role),
                entry[2:],
            )
            for entry in page.entries
        ]

    assert shown(brief) == shown(whole)
    assert [entry.row.id for entry in brief.entries] == ids
    assert brief.total == whole.total == 2
    assert brief_list(session, side, own.id + 1).entries == []
