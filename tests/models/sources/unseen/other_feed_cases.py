"""CIAN's and Avito's feeds, and files that are not feeds."""

from tests.models.sources.unseen.cases import OFF, Case, refused

HEAD = '<?xml version="1.0" encoding="utf-8"?>'
TERMS = "<BargainTerms><Price>7800000</Price><Currency>rur</Currency></BargainTerms>"
HOUSE = (
    "<Building><FloorsCount>16</FloorsCount><BuildYear>2012</BuildYear><MaterialType>panel</MaterialType></Building>"
)


def home(identity, *more, category="flatSale", terms=TERMS, address="Екатеринбург, улица Малышева, 51", rooms="2"):
    return (
        f"<object><ExternalId>{identity}</ExternalId><Category>{category}</Category><Address>{address}</Address>"
        f"<TotalArea>61,2</TotalArea><FloorNumber>5</FloorNumber><FlatRoomsCount>{rooms}</FlatRoomsCount>"
        f"{terms}{''.join(more)}</object>"
    )


def cian(name, expected, *homes, start="<feed><feed_version>2</feed_version>", end="</feed>", **more):
    return Case(name, f"{HEAD}{start}{''.join(homes)}{end}".encode(), expected, kind="cian", **more)


BASE = {
    "deal_type": "SALE",
    "property_type": "APARTMENT",
    "price": "7800000",
    "currency": "RUB",
    "area": "61.2",
    "rooms": 2,
    "floor": 5,
    "city": "Екатеринбург",
    "house_number": "51",
}

CIAN_CASES = (
    cian(
        "cian plain", {"7": BASE | {"total_floors": 16, "year_built": 2012}, "007": BASE}, home("7", HOUSE), home("007")
    ),
    cian("cian in a realty-feed", {"7": BASE}, home("7"), start="<realty-feed>", end="</realty-feed>"),
    cian(
        "cian Feed and Object in capitals",
        {"7": BASE},
        home("7").replace("<object>", "<Object>").replace("</object>", "</Object>"),
        start="<Feed><Feed_Version>2</Feed_Version>",
        end="</Feed>",
    ),
    cian(
        "cian lower-case prices",
        {"7": BASE, "8": BASE | {"currency": "USD", "price": "99000"}},
        home("7", terms="<price><value>7 800 000</value><currency>RUR</currency></price>"),
        home("8", terms="<bargainterms><price>99000</price><currency>USD</currency></bargainterms>"),
    ),
    cian(
        "cian discounts",
        {"7": BASE | {"price": "7500000"}, "8": BASE | {"price": "7600000"}},
        home("7", terms=TERMS.replace("</Bargain", "<DiscountPrice>7500000</DiscountPrice></Bargain")),
        home("8", "<Price_tot_sale>7600000</Price_tot_sale>"),
    ),
    cian(
        "cian deadlines with words",
        {
            "1": BASE | {"facts": {"completion": 2027.75}},
            "2": BASE | {"facts": {"completion": 2027.25}},
            "3": BASE | {"facts": {"handed_over": True}},
            "4": BASE | {"facts": {"completion": 2028.0}},
        },
        *(
            home(
                str(n),
                f"<Building><FloorsCount>16</FloorsCount><Deadline>{deadline}</Deadline></Building>",
                category="newBuildingFlatSale",
            )
            for n, deadline in enumerate(
                (
                    "<Quarter>fourth</Quarter><Year>2027</Year><IsComplete>false</IsComplete>",
                    "<Quarter>second</Quarter><Year>2027</Year><IsComplete>0</IsComplete>",
                    "<Quarter>third</Quarter><Year>2024</Year><IsComplete>true</IsComplete>",
                    "<Quarter>1</Quarter><Year>2028</Year>",
                ),
                1,
            )
        ),
    ),
    cian(
        "cian glued photo addresses",
        {
            "7": BASE
            | {
                "photos": [
                    ("https://cdn.example/plan.png", "plan"),
                    ("https://cdn.example/a.jpg", "photo"),
                    ("https://cdn.example/b.jpg", "photo"),
                    ("https://cdn.example/c.jpg", "photo"),
                ]
            }
        },
        home(
            "7",
            "<Photos><PhotoSchema><FullUrl>https://cdn.example/a.jpghttps://cdn.example/b.jpg</FullUrl>"
            "<IsDefault>true</IsDefault></PhotoSchema><PhotoSchema><FullUrl>https://cdn.example/c.jpg</FullUrl>"
            "<IsDefault>true</IsDefault></PhotoSchema></Photos>"
            "<LayoutPhoto><FullUrl>https://cdn.example/plan.png</FullUrl></LayoutPhoto>",
        ),
    ),
    cian(
        "cian rooms by number",
        {
            "9": BASE | {"rooms": 0},
            "7": BASE | {"rooms": None},
            "6": BASE | {"rooms": 6},
            "1": BASE | {"rooms": 1},
        },
        *(home(n, rooms=n) for n in "9761"),
    ),
    cian(
        "cian categories",
        {
            "rent": {"deal_type": "RENT", "property_type": "APARTMENT", "price": "7800000"},
            "day": {"deal_type": "RENT", "per_day": True},
            "house": {"property_type": "HOUSE", "land_area": "800"},
            "cottage": {"property_type": "HOUSE", "deal_type": "RENT"},
            "town": {"property_type": "TOWNHOUSE", "deal_type": "RENT"},
            "room": {"property_type": "ROOM"},
            "office": {"property_type": "COMMERCIAL"},
            "garage": refused("category"),
            "land": refused("category"),
            "share": {"facts": {"share": True}},
            "aparts": {"property_type": "APARTMENTS"},
        },
        home("rent", category="flatRent"),
        home("day", category="dailyFlatRent"),
        home("house", "<Land><Area>8</Area><AreaUnitType>sotka</AreaUnitType></Land>", category="houseSale"),
        home("cottage", category="cottageRent"),
        home("town", category="townhouseRent"),
        home("room", category="roomSale"),
        home("office", category="officeSale"),
        home("garage", category="garageSale"),
        home("land", category="landSale"),
        home("share", category="flatShareSale"),
        home("aparts", "<IsApartments>true</IsApartments>"),
    ),
    cian(
        "cian statuses",
        {"free": BASE, "booked": OFF, "fl": OFF, "num": BASE, "odd": OFF, "ok": BASE, "sold": OFF},
        home("free", "<Booking><Status>free</Status></Booking>"),
        home("booked", "<Booking><Status>booked</Status></Booking>"),
        home("fl", "<Status>0</Status><fl_status>SOLD</fl_status>"),
        home("num", "<Status>0</Status><fl_status>AVAILABLE</fl_status>"),
        home("odd", "<Booking><Status>maybe</Status></Booking>"),
        home("ok"),
        home("sold", "<Status>sold</Status>"),
    ),
    cian(
        "cian placeholders",
        {
            "7": BASE | {"latitude": None, "total_floors": None, "year_built": None},
            "8": BASE | {"latitude": "56.838", "longitude": "60.597"},
        },
        home(
            "7",
            "<Coordinates><Lat>0</Lat><Lng>0</Lng></Coordinates>"
            "<Building><FloorsCount>0</FloorsCount><BuildYear>1</BuildYear></Building>"
            "<Phones><PhoneSchema><CountryCode>+7</CountryCode><Number/></PhoneSchema></Phones>",
        ),
        home("8", "<Coordinates><Lat> 56,838 </Lat><Lng>60.597</Lng></Coordinates>"),
    ),
    cian(
        "cian undergrounds",
        {"7": BASE | {"stations": [("Геологическая", 8, False), ("Площадь 1905 года", 12, True)]}},
        home(
            "7",
            "<Undergrounds><UndergroundInfoSchema><Name>Геологическая</Name><TransportType>walk</TransportType>"
            "<Time>8</Time></UndergroundInfoSchema><UndergroundInfoSchema><Name>Площадь 1905 года</Name>"
            "<TransportType>transport</TransportType><Time>12</Time></UndergroundInfoSchema></Undergrounds>",
        ),
    ),
    cian("cian without prices", {}, *(home(str(n), terms="") for n in range(4)), fails="feed.none_taken"),
)


def ad(
    identity,
    *more,
    category="Квартиры",
    price="4200000",
    deal="Продам",
    rooms="1",
    address="Новосибирск, Красный проспект, 82",
):
    return (
        f"<Ad><Id>{identity}</Id><Category>{category}</Category><OperationType>{deal}</OperationType>"
        f"<Address>{address}</Address><Price>{price}</Price><Rooms>{rooms}</Rooms><Square>38.4</Square>"
        f"<Floor>2</Floor><Floors>10</Floors>{''.join(more)}</Ad>"
    )


def avito(name, expected, *ads, start='<Ads formatVersion="3" target="Avito.ru">', **more):
    return Case(name, f"{HEAD}{start}{''.join(ads)}</Ads>".encode(), expected, kind="avito", **more)


AD = {
    "deal_type": "SALE",
    "property_type": "APARTMENT",
    "price": "4200000",
    "rooms": 1,
    "area": "38.4",
    "floor": 2,
    "total_floors": 10,
    "city": "Новосибирск",
    "house_number": "82",
}

AVITO_CASES = (
    avito(
        "avito format 3",
        {
            "a": AD | {"market": "resale"},
            "b": AD | {"market": "new", "rooms": 0},
            "c": AD | {"rooms": None},
            "d": AD | {"rooms": 10},
        },
        ad("a", "<MarketType>Вторичка</MarketType><HouseType>Монолитно-кирпичный</HouseType>"),
        ad("b", "<MarketType>Новостройка</MarketType>", rooms="Студия"),
        ad("c", rooms="Свободная планировка"),
        ad("d", rooms="10 и более"),
    ),
    avito(
        "avito rents, status and images",
        {
            "r": AD | {"deal_type": "RENT", "price": "30000", "per_day": False},
            "d": AD | {"deal_type": "RENT", "price": "2000", "per_day": True},
            "ap": AD | {"property_type": "APARTMENTS"},
            "i": AD | {"photos": [("https://ph.example/1.jpg", "photo"), ("https://ph.example/2.jpg", "photo")]},
        },
        ad("r", "<LeaseType>На длительный срок</LeaseType>", deal="Сдам", price="30000"),
        ad("d", "<LeaseType>Посуточно</LeaseType>", deal="Сдам", price="2 000"),
        ad("ap", "<Status>Апартаменты</Status>"),
        ad("i", '<Images><Image url="https://ph.example/1.jpg"/><Image url="https://ph.example/2.jpg"/></Images>'),
    ),
    avito(
        "avito other categories",
        {
            "room": {"property_type": "ROOM"},
            "house": {"property_type": "HOUSE", "land_area": "600"},
            "town": {"property_type": "TOWNHOUSE"},
            "land": refused("type"),
            "garage": refused("type"),
            "shop": {"property_type": "COMMERCIAL"},
            "want": refused("operation_type"),
        },
        ad("room", category="Комнаты"),
        ad(
            "house",
            "<ObjectType>Дом</ObjectType><LandArea>6 сот</LandArea>",
            category="Дома, дачи, коттеджи",
            rooms="",
        ),
        ad("town", "<ObjectType>Таунхаус</ObjectType>", category="Дома, дачи, коттеджи", rooms=""),
        ad("land", category="Земельные участки"),
        ad("garage", category="Гаражи и машиноместа"),
        ad("shop", category="Коммерческая недвижимость"),
        ad("want", deal="Куплю"),
    ),
    avito(
        "avito format 1",
        {"old": AD | {"area": "38.4", "city": "Новосибирск"}},
        "<Ad><Id>old</Id><Category>Квартиры</Category><OperationType>Продам</OperationType>"
        "<Region>Новосибирская область</Region><City>Новосибирск</City><Street>Красный проспект, 82</Street>"
        "<Price>4200000</Price><Rooms>1</Rooms><Square>38,4</Square><Floor>2</Floor><Floors>10</Floors></Ad>",
        start="<Ads>",
    ),
    avito(
        "avito expired and doubled",
        {"end": OFF, "x": AD, "x again": refused("id")},
        ad("end", "<DateEnd>2020-05-01</DateEnd>"),
        ad("x"),
        ad("x"),
    ),
)

BROKEN_CASES = (
    Case(
        "an HTML page", b"<!DOCTYPE html><html><head><title>Login</title></head><body>Sign in</body></html>", fails="*"
    ),
    Case("an HTML page without a doctype", "<html><body><p>Страница не найдена</p></body></html>".encode(), fails="*"),
    Case("an empty file", b"", fails="*"),
    Case("blanks alone", b" \n\t \n", fails="*"),
    Case("zeros", b"\0" * 2000, fails="*"),
    Case("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, fails="*"),
    Case("a PDF", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n", fails="*"),
    Case("a broken archive", b"PK\x03\x04" + b"\0" * 60, fails="*"),
    Case("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1024, fails="*"),
    Case("another XML", b"<?xml version='1.0'?><rss><channel><item><title>x</title></item></channel></rss>", fails="*"),
    Case("JSON", b'[{"id": 1, "price": 5000000, "city": "Moscow"}]', fails="*"),
    Case("a broken gzip", b"\x1f\x8b\x08\x00" + b"\x01" * 40, fails="*"),
    Case("cian cut in the middle", (HEAD + "<feed>" + home("1") * 3).encode(), fails="*"),
)
