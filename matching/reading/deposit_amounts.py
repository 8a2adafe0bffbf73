"""A deposit that is stated as an amount, in months of the rent that the same text states."""

from collections.abc import Sequence

from matching.reading.mentions import NUMBER, Item

#: The least rent of a month, in any currency: «залог 20» is in thousands and is not read.
MIN_RENT = 5_000
#: A rent to the deposit: only these are certain enough.
_MONTHS = (1.0, 0.5, 2.0, 1.5)
#: Shares of a month's rent, in per cent, that are a deposit.
_SHARES = (25, 30, 50, 100, 150, 200)
#: The largest distance of the amount from its word, in tokens.
_REACH = 3


def months_of_amount(items: Sequence[Item], deposit: int) -> float | None:
    """«35 000 ₽, залог 35 000 ₽»: the months of the mention *deposit*; None if no other amount agrees."""
    item = items[deposit]
    if not item.meanings.counts or item.denied or item.cancelled:
        return None
    amount = next((each for each in items[deposit + 1 : deposit + 3] if _amount(each)), None)
    if amount is None or amount.start - item.end > _REACH or amount.sentence != item.sentence:
        return None
    others = {_amount(each) for index, each in enumerate(items) if each is not amount and not _is_of_fee(items, index)}
    return next((each for each in _MONTHS if _amount(amount) / each in others), None)


def share_of_month(items: Sequence[Item], number: int) -> float | None:
    """«50 % залог»: the months of the deposit that directly follows the number; None if none does."""
    quantity, after = items[number].quantity, items[number + 1 : number + 2]
    if quantity is None or quantity.unit != "percent" or not after or after[0].start != items[number].end:
        return None
    deposit = after[0]
    if "deposit" not in deposit.meanings.kinds or not deposit.meanings.counts or deposit.quantity is not None:
        return None
    return quantity.high / 100 if not deposit.denied and quantity.high in _SHARES else None


def _is_of_fee(items: Sequence[Item], index: int) -> bool:
    """«залог 30000, комиссия 15000»."""
    before = items[index - 1] if index else items[index]
    return not before.meanings.kinds.isdisjoint(("commission", "prepayment"))


def _amount(item: Item) -> float:
    """The amount of money that a number of its own is, or 0."""
    quantity = item.quantity
    if item.role != NUMBER or item.taken or quantity is None or quantity.unit not in ("money", ""):
        return 0
    whole = quantity.how == "eq" and not quantity.fraction and quantity.low >= MIN_RENT
    return quantity.low if whole else 0
