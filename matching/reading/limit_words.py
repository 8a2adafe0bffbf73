"""The words that limit a number: «от 9», «не выше пятого», «3 этаж и выше»."""

#: Limits that include the number, and limits that do not.
AT_LEAST, AT_MOST, ABOVE, BELOW = "ge", "le", "gt", "lt"

#: Kind of limit to the phrases before the number.
BEFORE: dict[str, str] = {
    AT_LEAST: (
        "[строго/точно/категорически] (не/ни) (менее/меньше/ниже/раньше/ранее/старше/дешевле/короче/"
        "меньший) [чем] | от | с | со "
        "| минимум | как минимум | минимально | мин | хотя бы | начиная с"
        " | начиная от | at least | from | min | minimum | no less than | not lower than | not less than "
        "| кеминде | кем емес | > = | ≥ | не < | не менее чем"
        " | после | since | after | built after"
        " | not older than | no older than | newer than | новее | не старее | младше"
    ),
    AT_MOST: (
        "[строго/точно/категорически] (не/ни) (более/больше/выше/дальше/далее/далеко/позже/позднее/новее/"
        "дороже/дольше/свыше/"
        "превышать) [чем] | не > | до | максимум | макс | максимально | в предел | предел"
        " | up to | max | maximum | no more than | not more than | under | within | at most "
        "| not higher than | below | < = | ≤ | дейин"
    ),
    ABOVE: "более | больше | выше | свыше | дальше | дороже | дольше | over | above | more than | higher than | > "
    "| более чем | больше чем",
    BELOW: "менее | меньше | ниже | lower than | less than | < | раньше | ранее | старше",
}
#: Kind of limit to the phrases after the number.
AFTER: dict[str, str] = {
    ABOVE: "жогары",
    AT_LEAST: (
        "и (выше/больше/более/новее/позже/далее/дальше/старше/моложе) | хотя бы | как "
        "минимум | или (больше/выше/более/новее/позже/моложе) | + | плюс | минимум "
        "| не (менее/меньше) | кем (емес/болмасын) | and (up/above/more/higher) | or (more/higher/above) | plus "
        "| min | minimum "
        "| кейин | кейинги | улкен | артык | коп"
    ),
    AT_MOST: (
        "аспасын | и (ниже/меньше/менее/раньше/дешевле) | или (ниже/меньше) | максимум | макс "
        "| не (более/больше/выше/"
        "дальше/дороже) | max | maximum | and below | or less | tops | дейин"
    ),
}
