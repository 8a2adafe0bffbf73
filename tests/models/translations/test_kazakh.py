"""Former mistakes of the Kazakh catalogue, each a word or a form with another meaning."""

import re

from models.translations.catalogue import catalogue
from tests.tables import each_of

#: Texts that must not occur, and what they would mean.
MISTAKES = (
    (r"\bұтыл", "lost, where something was won"),
    (r"[Жж]аңғырт", "modernise, for resume"),
    (r"сканер", "the machine, for what it made"),
    (r"[Жж]ұмысқа ал", "hire somebody, for take up an inquiry"),
    (r"[Өө]тімділі", "liquidity, for the return on money spent"),
    (r"[Тт]үйме", "a button of a coat: buttons are «батырма» everywhere"),
    (r"[Тт]аспа", "tape: the feed is «лента» everywhere"),
    (r"[Тт]ірі (байланыс|жаңарту)", "alive, for a live stream"),
    (r"озғалтқыш", "the engine of a car"),
    (
        r"(млн|₸|₽|м²|МБ|\}) (дейін|бастап)\b|(Ауданы?|Баға|Бюджет|Қабат),? (дейін|бастап)",
        "«дейін» and «бастап» without a case",
    ),
)


def sentences() -> list[str]:
    """Every sentence of the catalogue."""
    messages = catalogue("kk").messages.values()
    return [text for each in messages for text in ([each] if isinstance(each, str) else each)]


@each_of(("pattern", "meaning"), MISTAKES)
def test_the_kazakh_catalogue_has_none_of_the_mistakes_made_once(pattern, meaning):
    found = [text for text in sentences() if re.search(pattern, text)]

    assert found == [], meaning
