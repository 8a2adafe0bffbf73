"""Yandex.Realty's feed in its dialects."""

from tests.models.sources.unseen.cases import OFF, Case, refused

NAMESPACE = ' xmlns="http://webmaster.yandex.ru/schemas/feed/realty/2010-06"'
PLACE = (
    "<location><country>Россия</country><locality-name>Казань</locality-name>"
    "<address>улица Баумана, 12</address></location>"
)
AGENT = "<sales-agent><phone>+78435551234</phone><category>агентство</category></sales-agent>"
SALE = "<type>продажа</type><property-type>жилая</property-type>"
RENT = "<type>аренда</type><property-type>жилая</property-type>"
FLAT = "<category>квартира</category>"
MONEY = "<price><value>6500000</value><currency>RUR</currency></price>"
AREA = "<area><value>54.3</value><unit>кв. м</unit></area>"
TWO = "<rooms>2</rooms><floor>3</floor><floors-total>9</floors-total>"


def root(*offers, attributes=NAMESPACE, declaration='<?xml version="1.0" encoding="UTF-8"?>\n'):
    date = "<generation-date>2026-11-20T12:00:00+03:00</generation-date>"
    return f"{declaration}<realty-feed{attributes}>{date}{''.join(offers)}</realty-feed>"


def offer(identity, *parts):
    return f'<offer internal-id="{identity}">{"".join(parts)}</offer>'


def flat(identity, *more, deal=SALE, category=FLAT, place=PLACE, money=MONEY, area=AREA, rooms=TWO):
    return offer(identity, deal, category, place, AGENT, money, area, rooms, *more)


def yrl(name, expected, *offers, attributes=NAMESPACE, encoding="utf-8", declared="UTF-8", **more):
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    text = root(*offers, attributes=attributes, declaration=declaration)
    return Case(name, text.encode(encoding), expected, kind=more.pop("kind", "yrl"), **more)


PLAIN = {
    "deal_type": "SALE",
    "property_type": "APARTMENT",
    "price": "6500000",
    "currency": "RUB",
    "area": "54.3",
    "rooms": 2,
    "floor": 3,
    "total_floors": 9,
    "city": "Казань",
    "street": "улица Баумана",
    "house_number": "12",
}

YRL_CASES = (
    yrl("yrl with namespace", {"0001": PLAIN, "1": PLAIN}, flat("0001"), flat("1")),
    yrl("yrl without namespace", {"a-1": PLAIN}, flat("a-1"), attributes=""),
    yrl(
        "yrl with the namespace of 2026 and a prefix",
        {"a-1": PLAIN},
        flat("a-1"),
        attributes=' xmlns="http://webmaster.yandex.ru/schemas/feed/metarealty/2026-03"',
    ),
    Case(
        "yrl with prefixed names",
        root(flat("a-1"), attributes=' xmlns:y="http://webmaster.yandex.ru/schemas/feed/realty/2010-06"')
        .replace("<realty-feed", "<y:realty-feed")
        .replace("</realty-feed", "</y:realty-feed")
        .replace("<offer", "<y:offer")
        .replace("</offer", "</y:offer")
        .encode(),
        {"a-1": PLAIN},
        kind="yrl",
    ),
    yrl(
        "yrl with Address in capitals outside location",
        {"p1": {"city": "Казань", "street": "улица Баумана", "house_number": "12", "price": "6500000"}},
        flat(
            "p1",
            "<Address>Казань, улица Баумана, 12</Address>",
            place="<location><country>Россия</country><locality-name>Казань</locality-name><address/></location>",
        ),
    ),
    yrl(
        "yrl statuses",
        {
            "av": PLAIN,
            "sold": OFF,
            "booked": OFF,
            "un": OFF,
            "new word": OFF,
            "old": OFF,
            "fresh": PLAIN,
            "with": OFF,
        },
        flat("av", "<status>AVAILABLE</status>"),
        flat("sold", "<status>SOLD</status>"),
        flat("booked", "<fl_status>BOOKED</fl_status><Status>0</Status>"),
        flat("un", "<status>unavailable</status>"),
        flat("new word", "<status>QUEUED</status>"),
        flat("old", "<expire-date>2020-01-31T12:00:00+03:00</expire-date>"),
        flat("fresh", "<expire-date>2099-01-31</expire-date>"),
        flat("with", "<status>withheld</status>"),
        attributes=' type="profitbase_xml"',
    ),
    yrl(
        "yrl one bad offer of each kind",
        {
            "good": PLAIN,
            "line 7": refused("id"),
            "free": refused("price"),
            "empty": refused("price"),
            "neg": refused("price"),
            "cur": refused("currency"),
            "floor": refused("floor"),
            "deal": refused("type"),
            "cat": refused("type"),
            "dup": PLAIN,
            "dup again": refused("id"),
        },
        "\n\n\n",
        flat("good"),
        "\n\n",
        flat(""),
        flat("free", money="<price><value>0</value><currency>RUR</currency></price>"),
        flat("empty", money="<price/>"),
        flat("neg", money="<price><value>-5</value><currency>RUR</currency></price>"),
        flat("cur", money="<price><value>100000</value><currency>бублики</currency></price>"),
        flat("floor", rooms="<rooms>2</rooms><floor>12</floor><floors-total>9</floors-total>"),
        flat("deal", deal="<type>обмен</type>"),
        flat("cat", category="<category>яхта</category>"),
        flat("dup"),
        flat("dup"),
    ),
    yrl("yrl cp1251 declared", {"ю-1": PLAIN}, flat("ю-1"), encoding="cp1251", declared="windows-1251"),
    yrl("yrl cp1251 not declared", {"1": PLAIN}, flat("1"), encoding="cp1251", declared=None),
    yrl("yrl cp1251 declared as UTF-8", {"1": PLAIN}, flat("1"), encoding="cp1251"),
    yrl("yrl UTF-16", {"1": PLAIN}, flat("1"), encoding="utf-16", declared="UTF-16"),
    yrl("yrl UTF-8 with BOM", {"1": PLAIN}, flat("1"), encoding="utf-8-sig"),
    Case("yrl with blanks before the declaration", b"\n  \n" + root(flat("1")).encode(), {"1": PLAIN}, kind="yrl"),
    Case("yrl in numeric entities", root(flat("1")).encode("ascii", "xmlcharrefreplace"), {"1": PLAIN}, kind="yrl"),
    yrl(
        "yrl in capitals and with several scripts",
        {"1": PLAIN | {"rooms": 3}},
        "<OFFER Internal-ID='1'>",
        SALE.replace("продажа", "ПРОДАЖА"),
        "<Category>КВАРТИРА</Category>",
        PLACE,
        "<Price><Value>6 500 000,00</Value><Currency>руб.</Currency></Price>",
        AREA,
        "<Rooms>3</Rooms><Floor>3</Floor><Floors-Total>9</Floors-Total></OFFER>",
    ),
    yrl(
        "yrl Domclick",
        {"dc-77": PLAIN | {"market": "resale"}},
        flat("dc-77", "<deal-status>sale</deal-status><domclick-id>5</domclick-id>"),
        attributes=' xmlns="http://domclick.ru/schemas/feed/realty"',
    ),
    yrl(
        "yrl Kazakhstan in tenge",
        {"kz": {"currency": "KZT", "price": "35000000", "city": "Алматы"}},
        flat(
            "kz",
            money="<price><value>35000000</value><currency>kzt</currency></price>",
            place="<location><country>Казахстан</country><locality-name>г. Алматы</locality-name>"
            "<address>пр. Абая, 10</address></location>",
        ),
    ),
    yrl("yrl without prices", {}, *(flat(str(n), money="") for n in range(5)), fails="feed.none_taken"),
    yrl("yrl without offers", {}, "<!-- nothing for sale -->"),
    Case(
        "yrl cut in the middle",
        root(*(flat(str(n)) for n in range(20))).encode()[:-3000],
        fails="*",
    ),
    Case(
        "yrl with an entity bomb",
        (
            '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
            '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
            + root(flat("1", "<description>&c;</description>"), declaration="")
        ).encode(),
        fails="*",
    ),
    Case(
        "yrl with an outside entity",
        (
            '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            + root(flat("1", "<description>&e;</description>"), declaration="")
        ).encode(),
        fails="*",
    ),
)
