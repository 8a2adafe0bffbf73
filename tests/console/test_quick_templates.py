"""The application's own ways of calling and escaping in templates give what Jinja2's give."""

import functools

import pytest
from flask import Flask
from jinja2 import pass_context, pass_environment
from markupsafe import Markup

from api.console.kit.quick_templates import make_templates_quick

MACROS = """{% macro bold(text, mark='!') %}<b>{{ text }}{{ mark }}</b>{{ caller() if caller }}{% endmacro %}
{% macro all() %}{{ varargs|join(', ') }}{{ kwargs.items()|list }}{% endmacro %}"""


class Html:
    def __html__(self):
        return "<i>html</i>"


class Called:
    def __call__(self, text):
        return f"<{text}>"

    def method(self, text="m"):
        return f"<{text}>"


@pass_context
def in_context(context, text):
    return f"<{text} {context['number']}>"


@pass_environment
def in_environment(environment, text):
    return f"<{text} {environment.autoescape}>"


VALUES = {
    "text": "<b>\"Tom\" & 'Jerry'</b>",
    "markup": Markup("<b>&amp;</b>"),
    "html": Html(),
    "number": 5,
    "none": None,
    "rows": [1, "<2>"],
    "table": {"key": "<value>"},
    "called": Called(),
    "shorten": functools.partial(str.replace, "<a>", "a"),
    "in_context": in_context,
    "in_environment": in_environment,
    "plain": lambda text, **more: f"<{text}{sorted(more)}>",
    "kept": functools.lru_cache(lambda text: Markup("<u>{}</u>").format(text)),
}


@pytest.mark.parametrize(
    "source",
    [
        *(f"{{{{ {name} }}}}" for name in VALUES if name not in ("called", "shorten", "plain", "kept")
          and not name.startswith("in_")),
        "{{ absent }}{{ absent|default('<d>') }}",
        "{{ plain(text) }}{{ plain('a', b=1, _c=2) }}{{ called('x') }}{{ called.method() }}{{ kept('<') }}",
        "{{ shorten('<b>') }}{{ in_context('c') }}{{ in_environment('e') }}{{ dict(a='<')['a'] }}",
        "{% for row in rows %}{{ loop.index }}{{ plain(row) }}{{ in_context(row) }}{% endfor %}",
        "{% set kept_text %}{{ text }}{{ markup }}{% endset %}{{ kept_text }}{{ kept_text ~ text }}",
        MACROS + "{{ bold(text) }}{{ bold(markup, mark='?') }}{% call bold('<') %}{{ text }}{% endcall %}",
        MACROS + "{{ all('<', 'b', c='>') }}{% set made = bold(text) %}{{ made }}{{ made|length }}",
        "{% filter upper %}{{ text }}{% endfilter %}{{ text|safe }}{{ text|e }}{{ table.get('key') }}{{ table.key }}",
        "{% autoescape false %}{{ text }}{{ plain(text) }}{% endautoescape %}{{ rows|join('<') }}",
    ],
)  # fmt: skip
def test_a_template_gives_what_it_gives_without_the_short_cuts(source):
    usual, quick = Flask("usual", static_folder=None), Flask("quick", static_folder=None)
    make_templates_quick(quick)
    for app in (usual, quick):
        app.jinja_env.autoescape = True
    expected = usual.jinja_env.from_string(source).render(VALUES)

    assert quick.jinja_env.from_string(source).render(VALUES) == expected


def test_a_macro_that_is_called_wrongly_says_so():
    app = Flask("quick", static_folder=None)
    make_templates_quick(app)

    with pytest.raises(TypeError, match="takes no keyword argument 'wrong'"):
        app.jinja_env.from_string(MACROS + "{{ bold('a', wrong=1) }}").render()
