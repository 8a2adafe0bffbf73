"""Ways to pay in words: «наличные или ипотека», "in cash", «без ипотеки»."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from models.core.currencies import WORD, one_script
from models.core.enums import PaymentMethod
from models.core.numbers import UnreadableError, phrases_in, prepared


class _Kind(Enum):
    METHOD = 0  #: A known method; *method* None: one that is in none of our tables.
    NOT = 1
    NOISE = 2


@dataclass(frozen=True)
class _Item:
    kind: _Kind
    method: PaymentMethod | None = None


def _phrases(item: _Item, table: str) -> dict[str, _Item]:
    return dict.fromkeys(phrases_in(table), item)


_PHRASES: Mapping[str, _Item] = {
    **_phrases(
        _Item(_Kind.METHOD, PaymentMethod.CASH),
        """
        наличные; наличными; наличных; наличка; наличку; наличкой; нал; налом; кэш; кэшем; кеш; cash; in cash;
        cash payment; full payment; full cash; сразу; полная оплата; полную оплату; полностью; стопроцентная оплата;
        оплата сразу; единовременно; единовременная оплата; собственные средства; собственными средствами;
        свои средства; свои деньги; своими деньгами; own funds; безнал; безналом; безналичные; безналичный;
        безналичный расчет; безналичными; аккредитив; перевод; переводом; банковский перевод; банковским переводом;
        bank transfer; wire transfer; one payment; lump sum; outright; қолма қол
        """,
    ),
    **_phrases(
        _Item(_Kind.METHOD, PaymentMethod.MORTGAGE),
        """
        ипотека; ипотеку; ипотекой; ипотеке; ипотеки; ипотечный кредит; ипотечные средства; ипотечное кредитование;
        кредит; кредитом; mortgage; mortgages; mortgaged; home loan; bank loan; loan; mortgage loan
        """,
    ),
    **_phrases(
        _Item(_Kind.METHOD, PaymentMethod.EXCHANGE),
        """
        обмен; обмена; обмену; обменом; exchange; swap; trade - in; trade in; трейд ин; трейд - ин; трейдин; меняю;
        мена
        """,
    ),
    **_phrases(
        _Item(_Kind.METHOD),
        """
        рассрочка; рассрочку; рассрочкой; рассрочки; installment; installments; instalment; instalments;
        installment plan; instalment plan; payment plan; маткапитал; маткапиталом; материнский капитал;
        материнским капиталом; сертификат; сертификатом; субсидия; субсидией; криптовалюта; криптовалютой; crypto;
        любой; любая; любое; любые; any; неважно; не важно; не имеет значения
        """,
    ),
    **_phrases(_Item(_Kind.NOT), "не; без; кроме; no; not; without; except; только не; исключая"),
    **_phrases(
        _Item(_Kind.NOISE),
        """
        в; на; за; с; со; через; по; и; или; либо; and; or; a; an; the; with; by; in; via; for; ,; /; +; плюс; &; (;
        ); :; -; оплата; оплату; оплаты; расчет; расчета; способ; способ оплаты; деньги; средства; payment; pay;
        only; только; одобрена; одобренная; одобрено; одобренную; предодобрена; одобренной; approved;
        pre - approved; не одобрена; еще не одобрена; not approved; есть; уже; будет; семейная; семейную; семейной;
        военная; военную; военной; льготная; льготную; льготной; сельская; сельскую; it; возможна; возможно;
        рассмотрю; рассмотрим; банка; банк; bank; господдержка; господдержкой; покупка; хочу
        """,
    ),
}
_TOKEN = re.compile(rf"{WORD}|[^\s.]")
_LONGEST_PHRASE = 3


def read_payment(text: str) -> frozenset[PaymentMethod]:
    """
    The methods of payment that a phrase admits; empty if no word of the phrase is known.

    Raises:
        UnreadableError: number.not_understood: only a part is understood, and the rest may negate it.

    >>> sorted(read_payment("наличные или ипотека")), sorted(read_payment("наличка, без ипотеки"))
    ([<PaymentMethod.CASH: 'CASH'>, <PaymentMethod.MORTGAGE: 'MORTGAGE'>], [<PaymentMethod.CASH: 'CASH'>])
    >>> read_payment("по любви"), read_payment("в рассрочку")
    (frozenset(), frozenset())
    """
    plain = re.sub(r"100 ?%|стопроцентн\w+", "стопроцентная", prepared(text)).replace(";", ",")
    tokens = [one_script(token) for token in _TOKEN.findall(plain)]
    admitted: set[PaymentMethod] = set()
    excluded: set[PaymentMethod] = set()
    unknown: list[str] = []
    is_known, is_denied, position = False, False, 0
    while position < len(tokens):
        length, item = _longest(tokens, position)
        if item is None:
            unknown.append(tokens[position])
        elif item.kind is _Kind.METHOD:
            is_known = True
            if item.method is not None:
                (excluded if is_denied else admitted).add(item.method)
            is_denied = False
        else:
            is_denied = is_denied or item.kind is _Kind.NOT
        position += max(length, 1)
    if is_known and (unknown or is_denied):
        raise UnreadableError("number.not_understood", part=" ".join(unknown) or text.strip())
    return frozenset(admitted - excluded)


def _longest(tokens: list[str], position: int) -> tuple[int, _Item | None]:
    for length in range(min(_LONGEST_PHRASE, len(tokens) - position), 0, -1):
        item = _PHRASES.get(" ".join(tokens[position : position + length]))
        if item is not None:
            return length, item
    return 0, None
