"""Facts of a home in Yandex.Realty's feeds, in the variants that occur."""

from tests.models.sources.unseen.cases import refused
from tests.models.sources.unseen.yrl_cases import PLACE, PLAIN, RENT, flat, offer, yrl

YRL_HOME_CASES = (
    yrl(
        "yrl studios in six ways",
        {
            "s1": {"rooms": 0},
            "s2": {"rooms": 0},
            "s3": {"rooms": 0},
            "s4": {"rooms": 0},
            "s5": {"rooms": 0},
            "s6": {"rooms": 0},
            "s7": {"rooms": 0},
            "open": {"rooms": None},
        },
        flat("s1", "<studio>true</studio>", rooms="<floor>3</floor>"),
        flat("s2", rooms="<floor>3</floor>", area="<area><value>24,5</value><unit>кв.м</unit></area>"),
        flat("s3", "<studio>+</studio><rooms>1</rooms>", rooms="<floor>3</floor>"),
        flat("s4", "<rooms>0</rooms><rooms-type>раздельные</rooms-type>", rooms="<floor>3</floor>"),
        flat("s5", "<rooms>Студия</rooms>", rooms="<floor>3</floor>"),
        flat("s6", "<studio>1</studio><rooms/>", rooms="<floor>3</floor>"),
        flat("s7", "<studio>да</studio>", rooms="<floor>3</floor>"),
        flat(
            "open",
            "<open-plan>1</open-plan>",
            rooms="<floor>3</floor>",
            area="<area><value>80</value></area>",
        ),
    ),
    yrl(
        "yrl discounts and promo prices",
        {
            "d1": {"price": "6000000"},
            "d2": {"price": "6100000"},
            "d3": {"price": "6200000"},
            "d4": {"price": "6500000"},
            "d5": {"price": "6500000"},
        },
        flat("d1", "<discount><percent>8</percent><final-price>6000000</final-price></discount>"),
        flat("d2", "<promo-price><value>6100000</value><currency>RUR</currency></promo-price>"),
        flat(
            "d3",
            "<special-offers><special-offer><name>Осень</name><discount-price>6 200 000</discount-price>"
            "</special-offer></special-offers>",
        ),
        flat("d4", "<oldprice><value>7000000</value></oldprice>"),
        flat("d5", "<discount><final-price>0</final-price></discount><promo-price/>"),
    ),
    yrl(
        "yrl garages, land, parking and commercial among flats",
        {
            "f": PLAIN,
            "g": refused("type"),
            "p": refused("type"),
            "l": refused("type"),
            "c": {"property_type": "COMMERCIAL", "price": "6500000", "area": "54.3"},
            "k": refused("type"),
        },
        flat("f"),
        flat("g", "<garage-type>бокс</garage-type>", category="<category>гараж</category>", rooms=""),
        flat("p", "<garage-type>parking place</garage-type>", category="<category>garage</category>", rooms=""),
        flat(
            "l",
            "<lot-area><value>12</value><unit>cотка</unit></lot-area>",
            category="<category>участок</category>",
            rooms="",
            area="",
        ),
        flat(
            "c",
            "<commercial-type>office</commercial-type>",
            category="<category>коммерческая</category>",
            rooms="",
        ),
        flat("k", category="<category>кладовка</category>", rooms=""),
    ),
    yrl(
        "yrl commercial land",
        {"cl": refused("type"), "ok": PLAIN},
        flat("cl", "<commercial-type>land</commercial-type>", category="<category>commercial</category>", rooms=""),
        flat("ok"),
    ),
    yrl(
        "yrl price per area",
        {
            "m": {"price": "5430000"},
            "w": {"price": "6500000"},
            "o": {"price": "81450", "deal_type": "RENT", "property_type": "COMMERCIAL"},
        },
        flat("m", money="<price><value>100 000</value><currency>RUB</currency><unit>кв. м</unit></price>"),
        flat("w", money="<price><value>6500000</value><currency>rub</currency><unit>всего</unit></price>"),
        flat(
            "o",
            deal="<type>аренда</type>",
            category="<category>commercial</category>",
            rooms="",
            money="<price><value>1500</value><currency>RUR</currency><unit>sq. m</unit><period>месяц</period></price>",
        ),
    ),
    yrl(
        "yrl rent per day and per month, sale and rent mixed",
        {
            "day": {"deal_type": "RENT", "price": "2500", "per_day": True},
            "month": {"deal_type": "RENT", "price": "45000", "per_day": False},
            "rent": {"deal_type": "RENT", "price": "1200", "currency": "USD"},
            "sale": {"deal_type": "SALE", "price": "6500000"},
        },
        flat(
            "day",
            deal=RENT,
            money="<price><value>2500</value><currency>RUR</currency><period>день</period></price>",
        ),
        flat(
            "month",
            deal=RENT,
            money="<price><value>45000</value><currency>RUR</currency><period>month</period></price>",
        ),
        flat(
            "rent",
            deal="<type>rent</type>",
            money="<price><value>1200</value><currency>usd</currency></price>",
        ),
        flat("sale", deal="<type>Продажа </type>"),
    ),
    yrl(
        "yrl placeholders that mean unknown",
        {
            "z": {
                "latitude": None,
                "longitude": None,
                "year_built": None,
                "total_floors": None,
                "floor": 3,
                "kitchen_area": None,
                "rooms": 2,
            },
            "e": {"latitude": None, "longitude": None, "kitchen_area": None, "year_built": None},
        },
        flat(
            "z",
            "<kitchen-space><value>-1</value></kitchen-space><built-year>1970</built-year>"
            "<cadastral-number>-</cadastral-number>",
            rooms="<rooms>2</rooms><floor>3</floor><floors-total>0</floors-total>",
            place=PLACE.replace("</location>", "<latitude>0</latitude><longitude>0.0</longitude></location>"),
        ),
        flat(
            "e",
            "<kitchen-space><value/></kitchen-space><built-year>1</built-year><description/>",
            place=PLACE.replace("</location>", "<latitude/><longitude/></location>"),
        ),
        guessed=("year_built", "total_floors"),
    ),
    yrl(
        "yrl several metros with minutes",
        {
            "m": {
                "stations": [
                    ("Площадь Габдуллы Тукая", 7, False),
                    ("Кремлёвская", 15, True),
                    ("Суконная слобода", None, False),
                ]
            }
        },
        flat(
            "m",
            place=PLACE.replace(
                "</location>",
                "<metro><name>Площадь Габдуллы Тукая</name><time-on-foot>7</time-on-foot></metro>"
                "<metro><name>Кремлёвская</name><time-on-transport>15</time-on-transport></metro>"
                "<metro><name> Суконная слобода </name><time-on-foot/></metro></location>",
            ),
        ),
    ),
    yrl(
        "yrl rooms, shares, houses and townhouses",
        {
            "room": {"property_type": "ROOM", "price": "1800000"},
            "share": {"facts": {"share": True}},
            "house": {"property_type": "HOUSE", "land_area": "1200"},
            "part": {"property_type": "HOUSE"},
            "town": {"property_type": "TOWNHOUSE"},
            "duplex": {"property_type": "TOWNHOUSE"},
            "aparts": {"property_type": "APARTMENTS"},
            "dacha": {"property_type": "HOUSE", "land_area": "600"},
        },
        flat(
            "room",
            "<rooms-offered>1</rooms-offered>",
            category="<category>комната</category>",
            money="<price><value>1800000</value><currency>RUB</currency></price>",
        ),
        flat("share", category="<category>доля</category>"),
        flat(
            "house",
            "<lot-area><value>12</value><unit>сот.</unit></lot-area>",
            category="<category>дом с участком</category>",
            rooms="<rooms>4</rooms><floors-total>2</floors-total>",
        ),
        flat("part", category="<category>часть дома</category>", rooms=""),
        flat("town", category="<category>Townhouse</category>", rooms=""),
        flat("duplex", category="<category>дуплекс</category>", rooms=""),
        flat("aparts", "<apartments>1</apartments>"),
        flat(
            "dacha",
            "<lot-area><value>600</value><unit>сотка</unit></lot-area>",
            category="<category>дача</category>",
            rooms="",
        ),
        guessed=("land_area",),
    ),
    yrl(
        "yrl of the fewest tags",
        {"1": {"price": "3200000", "area": "40", "rooms": None, "city": "Казань"}},
        offer(
            "1",
            "<category>flat</category><type>sale</type><price><value>3200000</value></price>",
            "<area><value>40</value></area><open-plan>true</open-plan>"
            "<location><address>Казань, ул. Гвардейская, 5</address></location>",
        ),
    ),
    yrl(
        "yrl region without locality",
        {
            "m": {"city": "Москва", "street": "Тверская улица", "house_number": "7"},
            "s": {"city": "Санкт-Петербург"},
            "nowhere": refused("city"),
        },
        flat("m", place="<location><region>Москва</region><address>Тверская улица, 7</address></location>"),
        flat(
            "s",
            place="<location><region>г. Санкт-Петербург</region><locality-name/>"
            "<address>Невский пр., 1</address></location>",
        ),
        flat("nowhere", place="<location><address>ул. Ленина, 1</address></location>"),
    ),
    yrl(
        "yrl flat's details",
        {
            "1": {
                "kitchen_area": "9.5",
                "living_area": "30",
                "market": "new",
                "facts": {"balcony": True, "bathroom": "separate", "lift": True, "ceiling_height": 2.7},
            },
            "2": {"condition": "ROUGH", "facts": {"renovation": "rough"}},
            "3": {"market": "resale", "facts": {"bathroom": "combined"}},
        },
        flat(
            "1",
            "<kitchen-space><value>9,5</value><unit>кв. м</unit></kitchen-space>"
            "<living-space><value>30</value></living-space><balcony>2 лоджии</balcony>"
            "<bathroom-unit>раздельный</bathroom-unit><lift>1</lift><ceiling-height>2,7</ceiling-height>"
            "<new-flat>true</new-flat>",
        ),
        flat("2", "<renovation>Без отделки</renovation>"),
        flat("3", "<bathroom-unit>совмещённый</bathroom-unit><deal-status>прямая продажа</deal-status>"),
    ),
    yrl(
        "yrl photos",
        {
            "1": {
                "photos": [
                    ("https://img.example/1.jpg", "plan"),
                    ("https://img.example/2.jpg", "facade"),
                    ("https://img.example/3.jpg", "photo"),
                ]
            }
        },
        flat(
            "1",
            '<image tag="plan">https://img.example/1.jpg</image>'
            '<image type="housemain"> https://img.example/2.jpg </image>'
            "<image>ftp://img.example/x.jpg</image><image>нет фото</image><image/>"
            "<image>https://img.example/3.jpg</image><image>https://img.example/3.jpg</image>",
        ),
    ),
)
