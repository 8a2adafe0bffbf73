import pytest

from models.market.account_status import set_active
from tests.factories import make_lead, make_user


@pytest.mark.parametrize("active", [True, False])
def test_letting_in_or_putting_out_twice_has_nothing_scored_again(session, active):
    user = make_user(session)
    lead = make_lead(session, user)
    set_active(session, user.id, not active)
    set_active(session, user.id, active)
    session.refresh(lead)
    before = lead.version

    set_active(session, user.id, active)

    session.refresh(lead)
    assert lead.version == before
