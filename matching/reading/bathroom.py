"""The bathroom and the toilet: whether they are apart, how many there are, and what one washes in."""

from matching.reading.entry import Entry, Rule

#: A bathroom, a toilet, or both.
WC = (
    "(санузел/с SLASH у/с SLASH узел/сан SLASH узел/с BACKSLASH у/с . у/с у/су/сан узел/сан . узел/сан . уз/даретхана/"
    "туалет ванна/ванна туалет/туалет ванная/ванная туалет/ванный комната/ванная/туалет/bathroom/toilet/wc/"
    "ванная туалет/санузлы/санторап/жуынатын болме/жуынатын болмеси/=baths)"
)
#: Apart, said of rooms too.
APART = "(раздельный/раздельно/раздел/разд/отдельный/отдельно/separate/изолированный/разделенный/порознь/врозь/болек)"
#: The same in the plural.
APART_PLURAL = "=раздельные/=отдельные/=изолированные/=разд"
_JOINT = "(слитный/совмещенный/совмещен/совм/совместный/объединенный/combined/совмещено)"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "bathroom",
        (
            Rule(
                "separate",
                f"{WC} _ {APART} | {APART} {WC} | несовмещенный {WC} | {WC} [в] (разный/"
                f"отдельный) (помещение/комната) | {WC} не вместе | раздельный сан | сан разд | (санузел/"
                f"с SLASH у) =р | раздельный =удобства",
            ),
            Rule(
                "separate",
                f"{APART} (комната/комн) (и/с/или) {WC} | {APART} {WC} и (комната/комн) "
                f"| (комната/комн) (и/с) {WC} {APART} | {WC} (и/с) (комната/комн) {APART} "
                f"| (комната/комн) , {WC} ({APART_PLURAL}) | {WC} , (комната/комн) ({APART_PLURAL})",
            ),
            Rule("combined", f"{WC} _ {_JOINT} | {_JOINT} {WC} | {WC} вместе | нераздельный {WC} | {WC} в один"),
            Rule("separate", f"(ванная/ванный) комната и (туалет/санузел) {APART}"),
            Rule("separate", f"{WC} не {_JOINT} | не {_JOINT} {WC}"),
            Rule("combined", "сус", "listing"),
            Rule("separate", f"(=раздел/=разд) [.] {WC}"),
            Rule("separate", "сур", "listing"),
            Rule(
                "combined",
                f"{WC} (совмещенный/совмещен/совм) с (ванная/ванна/туалет) | совмещенка | {WC} смежный | смежный {WC}",
            ),
            Rule("combined", f"{WC} не {APART} | не {APART} {WC}", "listing"),
            Rule("separate", "раздельный | раздельно | разд | несовмещенный", needs="bathrooms"),
            Rule("combined", "совмещенный | совмещен | совм", needs="bathrooms"),
        ),
        worse=frozenset({"combined"}),
        lead={
            "с/у раздельный": {"any_of": ["separate"]},
            "туалет и ванна отдельно": {"any_of": ["separate"]},
            "санузел раздельный": {"any_of": ["separate"]},
            "раздельный с\\у": {"any_of": ["separate"]},
            "совмещенный санузел не предлагать": {"none_of": ["combined"]},
        },
        listing={"Санузел совмещён": "combined", "Раздельный санузел": "separate"},
    ),
    Entry(
        "bathrooms",
        (
            Rule({"min": 2}, f"(второй/гостевой) {WC} | {WC} больше один | (несколько/двойной) {WC}", "lead"),
            Rule(2, f"(второй/гостевой) {WC} | (мастер/хозяйский) {WC} и гостевой", "listing"),
        ),
        subject=f"{WC} | {WC} {APART} | {WC} {_JOINT} | {APART} {WC} | {_JOINT} {WC} | полноценный {WC}",
        units=("",),
        minimum=1,
        maximum=9,
        plain_number="min",
        strict=1,
        lead={
            "два санузла": {"min": 2},
            "не меньше двух санузлов": {"min": 2},
            "2 с/у": {"min": 2},
            "два и более санузла": {"min": 2},
        },
        listing={"2 санузла": 2, "В квартире два с/у": 2},
    ),
    Entry(
        "bath_or_shower",
        (
            Rule(
                "bath",
                "ванна | угловой ванна | с =ванной | полноценный ванна | bathtub | bath tub | джакузи "
                "| bath rather than shower "
                "| (bath/bathtub) not shower",
            ),
            Rule(
                "shower",
                "ванна (заменить/заменен/замененный) [на] (душ/душевой/душевая/душевой кабина) "
                "| (ванный комната/ванная комната/ванная/санузел) с отдельный (душ/душевой/душевая/душевой "
                "кабина) | вместо ванна [-/–/—] [установить/установлен/стоять] (душ/душевой/душевая/душкабина/душевой "
                "кабина) "
                "| душ | душевой кабина | душевой | душкабина | душевая | shower | душевой кабинка | душевой уголок",
            ),
        ),
        lead={"ванна или душ": {"any_of": ["bath", "shower"]}, "квартира для души": None},
        listing={"В санузле душевая кабина": ["shower"]},
    ),
)
