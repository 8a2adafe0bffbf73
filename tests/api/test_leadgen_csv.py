"""Leads and figures as CSV: an export can be imported, formulas are harmless, and an error refuses the whole file."""

import csv
import io

import pytest

from tests.api.leadgen import make_ad, make_campaign, make_contact, send


@pytest.fixture
def client(app_with):
    return app_with(ENVIRONMENT="local").test_client()


def upload(client, text, expect=201, **request):
    request = request or {"content_type": "text/csv"}
    return send(
        client, "POST", "/api/leads/import", expect, data=text.encode() if isinstance(text, str) else text, **request
    )


def download(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_rows_become_leads_and_touches(client):
    ad = make_ad(client)["id"]
    known = f"Иван,olx,+7 777 123 4567,1500.5,{ad}\nОн же,kaspi,87771234567,,{ad}\n"
    text = f"name,source,phone,budget,ad_id\n{known}Пётр,olx,,,\n"

    assert upload(client, text) == {"created": 2, "duplicates": 1}

    found = {row["name"]: row for row in send(client, "GET", "/api/leads")}
    assert found["Иван"]["phone"] == "+77771234567"
    assert (found["Иван"]["budget"], found["Пётр"]["budget"]) == (1500.5, None)


def test_a_spreadsheets_semicolons_commas_empty_columns_byte_order_mark_and_multipart_are_understood(client):
    text = '\ufeffname;source;budget;;\r\n"Иванов; Иван";olx;1500,5;;\r\n;;;;\r\n\r\n'
    part = (io.BytesIO(text.encode()), "leads.csv")

    assert upload(client, {"file": part}, content_type="multipart/form-data")["created"] == 1
    [lead] = send(client, "GET", "/api/leads")
    assert (lead["name"], lead["budget"]) == ("Иванов; Иван", 1500.5)


def test_a_mistake_is_named_by_its_line_and_keeps_everything_out(client):
    rows = "".join(f"Имя {number},olx,\n" for number in range(700))  # more than is stored at once
    answer = upload(client, f"name,source,phone\n{rows}Иван,radio,\nПётр,olx,звоните\n", 400)

    assert answer["errors"]["csv"].keys() == {"line 702", "line 703"}
    assert answer["errors"]["csv"]["line 702"].keys() == {"source"}
    assert answer["errors"]["csv"]["line 703"].keys() == {"phone"}
    assert send(client, "GET", "/api/leads") == []


@pytest.mark.parametrize(
    ("cell", "budget"),
    [
        ("1500,5", 1500.5),
        ("12,5 млн", 12_500_000),
        ("450 тыс. руб.", 450_000),
        ("12 500 000 ₽", 12_500_000),
        ("60к", 60_000),
        ("-", None),
        ("-1", None),
        ("н/д", None),
    ],
)
def test_a_budget_is_read_as_people_write_it(client, cell, budget):
    upload(client, f"name;source;budget\nИван;olx;{cell}\n", 201)

    [lead] = send(client, "GET", "/api/leads")
    assert lead["budget"] == budget


@pytest.mark.parametrize("cell", ["1.5e6", "договорная", "-5", "1,234", "10-15 млн", "1000 у.е."])
def test_a_budget_that_cannot_be_read_is_refused_with_the_reason(client, cell):
    answer = upload(client, f"name;source;budget\nИван;olx;{cell}\n", 400)

    assert "budget" in str(answer["errors"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "name"),
        ("name\nИван\n", "source"),
        ("name,source,owner\nИван,olx,1\n", "owner"),
        ("name,source,name\nИван,olx,1\n", "twice"),
        ("name,,source\nИван,,olx\n", "Column 2"),
        ('name,source,budget\nИван,olx,"1,000"\n', "budget"),
        ("name,source\nИван,olx,1\n", "more cells"),
        ('name,source\n"Иван,olx\n', "never closed"),
        (b"name,source\n\x00\x01,olx\n\x00\x00", "not text"),
        (f"name,source,notes\nИван,olx,{'о' * 200_000}\n", "notes"),
        ("name,source,ad_id\nИван,olx,00000000-0000-0000-0000-000000000000\n", "no such ad"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason(client, text, reason):
    answer = upload(client, text, 400)

    assert reason in str(answer["message"]) + str(answer.get("errors"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_encodings_and_line_ends_are_found(client, encoding, end):
    text = end.join(["sep=;", "name;source;notes", "Иван;olx;два слова", ""])

    assert upload(client, text.encode(encoding)) == {"created": 1, "duplicates": 0}
    assert [(one["name"], one["notes"]) for one in send(client, "GET", "/api/leads")] == [("Иван", "два слова")]


def test_another_type_is_refused_though_its_text_would_do(client):
    upload(client, "name,source\nИван,olx\n", 415, content_type="application/json")
    assert client.post("/api/leads/import").status_code == 400

    assert send(client, "GET", "/api/leads") == []


def test_formulas_leave_as_text_and_come_back_as_they_were(client):
    formula = '=HYPERLINK("http://evil.example","x")'
    make_contact(client, 201, name=formula, notes="-1+1", phone="+77771234567")

    [row] = download(client, "/api/leads/export")

    assert (row["name"], row["notes"], row["phone"]) == ("'" + formula, "'-1+1", "'+77771234567")
    whole = client.get("/api/leads/export").get_data()
    assert upload(client, whole) == {"created": 1, "duplicates": 0}
    assert {(one["name"], one["notes"], one["phone"]) for one in send(client, "GET", "/api/leads")} == {
        (formula, "-1+1", "+77771234567")
    }


def test_an_export_has_all_requested_rows_beyond_one_page(client):
    upload(
        client,
        "name,source\n" + "".join(f"Имя {number},{'olx' if number % 2 else 'kaspi'}\n" for number in range(2100)),
    )

    rows = download(client, "/api/leads/export?source=olx")

    assert len({row["id"] for row in rows}) == len(rows) == 1050


def test_figures_of_days_and_campaigns_are_exported(client):
    campaign = make_campaign(client, name="=1+1")
    make_ad(client, campaign["id"], spent=300, spent_on="2025-01-05")
    ad = make_ad(client, campaign["id"])
    make_contact(client, ad_id=ad["id"])

    rows = download(client, f"/api/niches/{campaign['niche_id']}/stats/export")

    assert [(row["campaign"], row["leads"], row["spend"], row["cpl"]) for row in rows] == [
        ("'=1+1", "0", "300.00", ""),
        ("'=1+1", "1", "0", "0.00"),
    ]
    assert rows[0]["day"] == "2025-01-05"
    assert download(client, f"/api/niches/{campaign['niche_id']}/stats/export?to=2024-12-31") == []
