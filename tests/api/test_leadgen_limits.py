"""The limits of lead generation hold across web processes, and production asks for a key."""

import httpx
import pytest
from sqlalchemy.orm import Session

from api.http.limit_counters import LimitCounters
from api.http.limits import LEADGEN_KEY
from models.accounts.api_keys import create_api_key
from tests.waiting import WAIT_LIMIT_SECONDS

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "q7Vw2-pLr9_XkTzB4mNcY8sHdG3fJ6aEuR5",
    "SMS_GATEWAY_URL": "smsc://login:password@smsc.kz",
    "TELEGRAM_BOT_SECRET": "a-secret-of-the-bot-0123456789",
}


@pytest.fixture
def key(engine, clean_database):
    with Session(engine) as session:
        row, key = create_api_key(session, "test")
        session.commit()
        return row.id, key


def test_limits_hold_whichever_process_answers(start_web, app_with, key, redis_url):
    """One test for all three, with the test's own process as one of the two, because web processes start slowly."""
    web, here = start_web(**PRODUCTION), app_with(**PRODUCTION).test_client()
    earlier = LimitCounters(redis_url)
    for _ in range(860):
        earlier.count_call(LEADGEN_KEY, "leadgen-key", f"key:{key[0]}")

    def call(count: int, address: str, **headers: str) -> list:
        path, answers = "/api/niches?limit=1", []
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(base_url=web.url, headers=headers, transport=transport, timeout=WAIT_LIMIT_SECONDS) as there:
            for number in range(count):
                if number % 2:
                    answers.append(here.get(path, headers=headers, environ_base={"REMOTE_ADDR": address}))
                else:
                    answers.append(there.get(path))
        return answers

    unknown = call(2, "127.0.0.2")
    of_address = call(104, "127.0.0.3", **{"X-API-Key": key[1]})
    of_key = call(44, "127.0.0.4", **{"X-API-Key": key[1]})

    assert [answer.status_code for answer in unknown] == [401] * 2
    assert [answer.status_code for answer in of_address] == [200] * 100 + [429] * 4
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in of_address[100:])
    assert [answer.status_code for answer in of_key] == [200] * 40 + [429] * 4  # 860 + 100 + 40
    assert 60 < int(of_key[-1].headers["Retry-After"]) <= 3600
