"""Exchange rates from central banks' tables: fetched from a real server, checked, stored once; no private addresses."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market.rate_tables import RatesRefusedError, RateTable, Stored, read_table, store_table
from models.market.rates import Rate, factors_to, set_rate
from tests.serving import serve_in_thread
from worker.jobs import rates as job
from worker.jobs.guarded_connections import FetchError

TODAY = datetime.now(UTC).date()
TRUSTED = frozenset({"127.0.0.1"})
#: code, number of units, price in roubles in the bank's notation
RUSSIA = [
    *(
        ("USD", 1, "78,2284"),
        ("EUR", 1, "90,8190"),
        ("CNY", 1, "11,0300"),
        ("KZT", 100, "15,1012"),
        ("AED", 1, "21,3011"),
    ),
    *(
        ("UZS", 10000, "65,7131"),
        ("TRY", 10, "18,4312"),
        ("GBP", 1, "103,5274"),
        ("BYN", 1, "26,9011"),
        ("AMD", 100, "20,5"),
    ),
    *(("XDR", 1, "106,3"), ("JPY", 100, "50,0374")),
]
KAZAKHSTAN = [
    *(("USD", 1, "518.47"), ("EUR", 1, "601.37"), ("RUB", 1, "6.62"), ("CNY", 1, "73.2"), ("AED", 1, "141.16")),
    *(("UZS", 100, "4.35"), ("TRY", 1, "12.21"), ("GBP", 1, "686.3"), ("KGS", 1, "5.93"), ("AMD", 10, "13.59")),
]


def russian(rows=RUSSIA, day: date = TODAY) -> bytes:
    valutes = "".join(
        f'<Valute ID="R{number:05}"><NumCode>{number:03}</NumCode><CharCode>{code}</CharCode><Nominal>{units}</Nominal>'
        f"<Name>Валюта {code}</Name><Value>{price}</Value></Valute>"
        for number, (code, units, price) in enumerate(rows)
    )
    head = '<?xml version="1.0" encoding="windows-1251"?>'
    return f'{head}<ValCurs Date="{day:%d.%m.%Y}" name="Foreign">{valutes}</ValCurs>'.encode("cp1251")


def kazakh(rows=KAZAKHSTAN, day: date = TODAY, *, rss: bool = False) -> bytes:
    dated = f"<pubDate>{day:%d.%m.%Y}</pubDate>" if rss else "<fullname>ВАЛЮТА</fullname>"
    items = "".join(
        f"<item><title>{code}</title>{dated}<description>{price}</description><quant>{units}</quant><index/></item>"
        for code, units, price in rows
    )
    body = f"<channel>{items}</channel>" if rss else f"<date>{day:%d.%m.%Y}</date>{items}"
    kind = "rss" if rss else "rates"
    return f'<?xml version="1.0" encoding="utf-8"?><{kind}>{body}</{kind}>'.encode()


@dataclass
class Bank:
    """A web server: path -> (status, headers, body), or a function that returns it."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def session(engine, clean_database) -> Iterator[Session]:
    """A session that may commit: the tables are empty before and after."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def start_bank() -> Iterator[Callable[[], Bank]]:
    servers = []

    def start() -> Bank:
        bank = Bank()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                bank.requests.append(self.path)
                status, headers, body = bank.pages.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        serve_in_thread(server)
        servers.append(server)
        bank.url = f"http://127.0.0.1:{server.server_port}"
        return bank

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def bank(start_bank) -> Bank:
    return start_bank()


def stored(session) -> dict[tuple[str, str, date], Decimal]:
    return {(rate.base, rate.currency, rate.day): rate.rate for rate in session.scalars(select(Rate))}


def test_russias_table_is_read_with_its_units_and_decimal_commas():
    table = read_table(russian())

    assert (table.home, table.day) == ("RUB", TODAY)
    assert table.rates["USD"] == Decimal("78.2284")
    assert table.rates["KZT"] == Decimal("0.151012")
    assert table.rates["UZS"] == Decimal("0.00657131")
    assert "XDR" not in table.rates, "special drawing rights are nobody's money"


@pytest.mark.parametrize("rss", [False, True])
def test_kazakhstans_table_is_read_in_both_of_its_forms(rss):
    table = read_table(kazakh(rss=rss))

    assert (table.home, table.day) == ("KZT", TODAY)
    assert (table.rates["RUB"], table.rates["UZS"]) == (Decimal("6.62"), Decimal("0.0435"))


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<ValCurs Date="01.01.2026">&b;</ValCurs>"""
INSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<ValCurs Date="01.01.2026">&a;</ValCurs>"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no XML"),
        (b"<html><body>busy</body>", "no XML"),
        (b"<html><body>busy</body></html>", "unknown kind"),
        (b'{"rates": {}}', "no XML"),
        (BOMB, "DTD"),
        (INSIDE, "DTD"),
        (russian([("USD", 1, "0"), *RUSSIA[1:]]), "USD is no positive"),
        (russian([("USD", 1, "-78,2"), *RUSSIA[1:]]), "USD is no positive"),
        (russian([("USD", 1, "N/A"), *RUSSIA[1:]]), "USD is no positive"),
        (russian([("USD", 0, "78,2"), *RUSSIA[1:]]), "USD is no positive"),
        (russian([("USD", 1, "1e9"), *RUSSIA[1:]]), "USD is no positive"),
        (russian([("USD", 1, "999999999999999"), *RUSSIA[1:]]), "cannot cost"),
        (russian([*RUSSIA, ("USD", 1, "79")]), "two rates of USD"),
        (russian().replace(f'Date="{TODAY:%d.%m.%Y}"'.encode(), b'Date="31.02.2026"'), "which day"),
        (russian()[:400], "no XML"),
    ],
)
def test_an_invalid_table_is_refused(content, reason):
    with pytest.raises(RatesRefusedError, match=reason):
        read_table(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (russian(RUSSIA[:8]), "8 currencies"),
        (russian(RUSSIA[3:] + [("GEL", 1, "28"), ("KGS", 100, "89")]), "neither dollars"),
        (russian(day=TODAY - timedelta(days=60)), "The table is of"),
        (russian(day=TODAY + timedelta(days=60)), "The table is of"),
        (russian([("USD", 1, "7822,84"), *RUSSIA[1:]], TODAY + timedelta(days=1)), "USD is 7822.84.*factor of 2"),
        (russian([("USD", 1, "7,82"), *RUSSIA[1:]], TODAY + timedelta(days=1)), "rates set USD RUB 7.82"),
    ],
)
def test_a_table_that_cannot_be_true_changes_nothing(session, content, reason):
    store_table(session, read_table(russian()), TODAY)
    before = stored(session)

    with pytest.raises(RatesRefusedError, match=reason):
        store_table(session, read_table(content), TODAY)

    assert stored(session) == before


def test_a_jump_that_ops_confirm_is_accepted(session):
    store_table(session, read_table(russian(day=TODAY - timedelta(days=1))), TODAY)
    jumped = read_table(russian([("USD", 1, "200"), *RUSSIA[1:]]))
    set_rate(session, "USD", "RUB", TODAY - timedelta(days=1), Decimal(190))
    session.expire_all()

    assert store_table(session, jumped, TODAY).changed == len(jumped.rates)


def test_a_table_that_comes_again_changes_nothing(session):
    table = read_table(russian())

    assert store_table(session, table, TODAY) == Stored(table, len(table.rates))
    assert store_table(session, table, TODAY) == Stored(table, 0)
    assert factors_to(session, "RUB", TODAY)["KZT"] == Decimal("0.151012")


def test_a_table_serves_both_directions_and_each_market(session):
    store_table(session, read_table(kazakh()), TODAY)

    assert factors_to(session, "KZT", TODAY)["RUB"] == Decimal("6.62")
    assert factors_to(session, "RUB", TODAY)["KZT"] == 1 / Decimal("6.62")
    assert "USD" not in factors_to(session, "RUB", TODAY), "no chains"


def test_both_banks_are_fetched_and_one_that_fails_does_not_stop_the_other(session, bank, settings):
    bank.pages = {"/ru": (200, {}, russian()), "/kz": (200, {}, kazakh()), "/ill": (200, {}, b"<html/>")}
    urls = tuple(bank.url + path for path in ("/ill", "/ru", "/absent", "/kz"))

    outcomes = job.fetch_tables(session, replace(settings, rates_urls=urls))

    kinds = [type(outcome) for outcome in outcomes.values()]
    assert kinds == [RatesRefusedError, Stored, FetchError, Stored]
    assert {key[1] for key in stored(session)} == {"RUB", "KZT"}


@pytest.mark.parametrize("error", [RecursionError, ZeroDivisionError, UnicodeError])
def test_a_table_on_which_its_reader_raises_does_not_stop_the_next(session, bank, settings, monkeypatch, caplog, error):
    def read(content):
        if content == b"odd":
            raise error
        return read_table(content)

    bank.pages = {"/odd": (200, {}, b"odd"), "/ru": (200, {}, russian())}
    monkeypatch.setattr(job, "read_table", read)

    outcomes = job.fetch_tables(session, replace(settings, rates_urls=(f"{bank.url}/odd", f"{bank.url}/ru")))

    assert [type(outcome) for outcome in outcomes.values()] == [Stored]
    assert "rates_failed" in caplog.messages


def test_the_last_good_table_stays_while_the_bank_is_ill(session, bank, settings):
    settings = replace(settings, rates_urls=(f"{bank.url}/ru",))
    bank.pages["/ru"] = (200, {}, russian())
    job.fetch_tables(session, settings)
    before = stored(session)
    for ill in ((500, {}, b"busy"), (200, {}, b""), (200, {}, russian()[:300]), (200, {}, russian(RUSSIA[:3]))):
        bank.pages["/ru"] = ill

        [outcome] = job.fetch_tables(session, settings).values()

        assert isinstance(outcome, (RatesRefusedError, FetchError))
        assert stored(session) == before


def test_the_task_does_nothing_without_an_address_and_stores_with_one(
    session, bank, settings, new_worker_session, monkeypatch
):
    tasks = importlib.import_module("worker.tasks")
    monkeypatch.setattr(tasks, "settings", lambda: settings)
    tasks.fetch_rates.apply(throw=True)
    assert stored(session) == {}

    bank.pages["/ru"] = (200, {}, russian())
    monkeypatch.setattr(tasks, "settings", lambda: replace(settings, rates_urls=(f"{bank.url}/ru",)))
    tasks.fetch_rates.apply(throw=True)
    tasks.fetch_rates.apply(throw=True)
    session.rollback()

    assert bank.requests == ["/ru", "/ru"] and len(stored(session)) == len(read_table(russian()).rates)


def test_a_redirect_within_the_configured_host_is_followed(bank):
    bank.pages = {"/old": (301, {"Location": "/new"}, b""), "/new": (200, {}, b"table")}

    assert job.fetch_table(f"{bank.url}/old", TRUSTED) == b"table"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1.nip.io.invalid", "[::1]", "0.0.0.0", "169.254.169.254"])
def test_no_redirect_leads_into_a_private_network(bank, start_bank, name):
    inside = start_bank()
    inside.pages["/secret"] = (200, {}, b"secret")
    port = inside.url.rpartition(":")[2]
    bank.pages["/old"] = (302, {"Location": f"http://{name}:{port}/secret"}, b"")

    with pytest.raises(FetchError):
        job.fetch_table(f"{bank.url}/old", TRUSTED)

    assert inside.requests == []


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ((302, {"Location": "file:///etc/passwd"}, b""), "fetch.bad_redirect"),
        ((302, {"Location": "/old"}, b""), "fetch.too_many_redirects"),
        ((404, {}, b""), "fetch.answers.*404"),
        ((200, {}, b"x" * 101), "fetch.too_large"),
        ((200, {"Content-Length": "50"}, b"cut off"), "fetch.cut_off"),
    ],
)
def test_invalid_answers_are_reported(bank, monkeypatch, page, reason):
    monkeypatch.setattr(job, "MAX_BYTES", 100)
    bank.pages["/old"] = page

    with pytest.raises(FetchError, match=reason):
        job.fetch_table(f"{bank.url}/old", TRUSTED)


def test_an_address_that_nobody_trusts_must_be_public(bank):
    with pytest.raises(FetchError, match="fetch.not_public"):
        job.fetch_table(f"{bank.url}/ru", frozenset())

    assert bank.requests == []


def test_tables_of_one_day_and_the_next_live_side_by_side(session):
    store_table(session, read_table(russian(day=TODAY - timedelta(days=1))), TODAY)
    dearer = [("USD", 1, "80"), *RUSSIA[1:]]
    store_table(session, read_table(russian(dearer)), TODAY)

    assert factors_to(session, "RUB", TODAY)["USD"] == 80
    assert factors_to(session, "RUB", TODAY - timedelta(days=1))["USD"] == Decimal("78.2284")


def test_a_table_is_of_one_home_currency():
    assert isinstance(read_table(kazakh()), RateTable)
    assert "KZT" not in read_table(kazakh([*KAZAKHSTAN, ("KZT", 1, "1")])).rates
