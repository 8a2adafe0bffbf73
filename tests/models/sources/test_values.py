"""Single values of files: the fast paths return the same results as the grammars of numbers."""

from hypothesis import example, given
from hypothesis import strategies as st

from models.core.amounts import read_number
from models.sources.copying import _field
from models.sources.formats import values

DIGITS = st.text("0123456789", min_size=1, max_size=15)


@given(DIGITS, DIGITS)
@example("55", "7539")
@example("37", "588500")
@example("1", "0005")
def test_a_decimal_number_is_read_the_quick_way_as_the_grammar_reads_it(whole, fraction):
    written = f"{whole}.{fraction}"

    assert str(values.number(written)) == str(read_number(written, machine=True))


@given(st.text(st.sampled_from('аяa\\\t\n\r"{},N'), max_size=12))
def test_texts_are_escaped_for_copy_letter_by_letter(text):
    marks = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    in_array = {"\\": "\\\\", '"': '\\"'}

    assert _field(text, False) == "".join(marks.get(each, each) for each in text)
    quoted = '{"' + "".join(in_array.get(each, each) for each in text) + '"}'
    assert _field([text], True) == "".join(marks.get(each, each) for each in quoted)
