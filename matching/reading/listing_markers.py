"""Markers that only listings use: what their writers refuse, promise to buy, or leave to an agreement."""

from matching.reading.entry import Entry, Rule
from matching.reading.markers import ABSENT, CANCEL, NEAR, NOT, TRANSPORT

#: «интернет проведёте сами»: the home has none.
_DO_YOURSELF = "=проведете/=проводите/=проведите/=подключаете/=подключите/=подключайте"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        NOT,
        (
            Rule(
                None,
                "аллергия на | без право [на] (проживание/проживать/размещение/содержание/заселение/заселять)",
                "listing",
            ),
        ),
    ),
    Entry(
        ABSENT,
        (
            Rule(
                None,
                "не желательный | не желательно | под запрет | под строгий запрет | аллергия "
                f"| не (хотеть/захотеть) | ({_DO_YOURSELF}) (сам/сами/самостоятельно)",
                "listing",
            ),
        ),
    ),
    Entry(
        CANCEL,
        (
            Rule(
                None,
                "[только] после (согласование/обсуждение) | [только] после личный (знакомство/встреча) "
                "| =купим | =куплю | =докупим | =докуплю | =докупить",
                "listing",
            ),
        ),
    ),
    Entry(NEAR, (Rule(None, "за угол", "listing"),)),
    Entry(TRANSPORT, (Rule(None, "доехать | =доедете", "listing"),)),
)
