"""The helper for tables of cases reports every failure."""

import pytest

from tests.tables import each_of


def test_every_failing_row_is_reported_and_no_passing_one():
    @each_of(("number", "half"), [(2, 1), (3, 1), (5, 1), (8, 4)])
    def halves(number, half):
        assert number == 2 * half

    with pytest.raises(pytest.fail.Exception, match=r"2 of 4 rows:\n\(3, 1\): .*\n(?s:.*)\(5, 1\): ") as failure:
        halves()
    assert "(2, 1)" not in str(failure.value) and "(8, 4)" not in str(failure.value)


def test_a_row_fails_if_an_expected_exception_is_not_raised():
    @each_of("number", [0, 1])
    def none_divides(number):
        with pytest.raises(ZeroDivisionError):
            1 / number

    with pytest.raises(pytest.fail.Exception, match=r"1 of 2 rows:\n1: Failed"):
        none_divides()


@each_of("number", [1, 2])
def test_a_test_gets_its_fixtures_beside_the_row(number, tmp_path):
    assert tmp_path.is_dir() and number in (1, 2)


def test_a_table_without_rows_is_refused():
    with pytest.raises(AssertionError):
        each_of("number", [])
