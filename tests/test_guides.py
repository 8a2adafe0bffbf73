"""The guides in people's languages: what they quote is on the pages, and all languages say the same."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from models.translations.catalogue import LANGUAGES, catalogue

DOCS = Path(__file__).parent.parent / "docs"
GUIDES = DOCS / "guide"
NAMES = sorted({path.name.partition(".")[0] for path in GUIDES.glob("*.md")})
QUOTED = re.compile(r"«([^»]+)»|“([^”]+)”")
CODE = re.compile(r"[a-z_]+\.\S+")


def text_of(name: str, language: str) -> str:
    return (GUIDES / f"{name}.{language}.md").read_text()


def quoted(text: str) -> list[str]:
    return [" ".join((russian or english).split()) for russian, english in QUOTED.findall(text)]


def sentences_of(language: str) -> set[str]:
    """What the console says in a language. English sentences are the ids of their translations."""
    in_english = {key for key in catalogue("ru").messages if not CODE.fullmatch(key)} if language == "en" else set()
    return in_english | {text for text in catalogue(language).messages.values() if isinstance(text, str)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_guide_quotes_is_a_sentence_of_the_console_in_its_language(name, language):
    labels = quoted(text_of(name, language))

    assert len(labels) > 30
    assert sorted(set(labels) - sentences_of(language)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_has_the_same_headings_and_pictures_in_all_languages(name):
    texts = [text_of(name, language) for language in LANGUAGES]

    assert len({len(re.findall(r"^#", text, re.M)) for text in texts}) == 1
    assert len({tuple(re.findall(r"screenshots/(\w+-\w+|\w+)-", text)) for text in texts}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_all_languages_of_a_guide_quote_the_same_sentences(name):
    """One Russian word may stand on two buttons that have different names in the other languages."""
    messages = {key for language in LANGUAGES for key in catalogue(language).messages}
    known = {tuple(catalogue(each).messages.get(key, key) for each in LANGUAGES) for key in messages}
    labels = zip(*(quoted(text_of(name, language)) for language in LANGUAGES), strict=True)

    assert [each for each in labels if each not in known] == []


@pytest.mark.parametrize(
    ("page", "language", "console"),
    [
        ("index", "en", "Console"),
        ("tutorials/agency", "en", "Console"),
        ("guide/realtor.en", "en", "Console"),
        ("guide/realtor.ru", "ru", "Кабинет"),
        ("guide/realtor.kk", "kk", "Кабинет"),
    ],
)
def test_a_page_of_the_help_names_its_language(page, language, console):
    layout = Environment(loader=FileSystemLoader(DOCS / "site/theme")).get_template("layout.html")

    shown = layout.render(
        pagename=page, root_doc="index", title="A title", pathto=lambda *_: "", toctree=lambda **_: "", toc=""
    )

    assert f'<html lang="{language}"' in shown and f'<a href="/">{console}</a>' in shown
