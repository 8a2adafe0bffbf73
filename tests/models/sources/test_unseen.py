"""Files of every dialect and fault are read correctly; a dry run, an import and its repetition report the same."""

import pytest
from sqlalchemy import select

from models.market.leads import Lead
from models.sources.formats.offer import FeedError
from models.sources.tables import Source, SourceContent
from tests.models.sources.unseen.cases import counted
from tests.models.sources.unseen.cell_cases import CELL_CASES
from tests.models.sources.unseen.header_cases import COLUMN_CASES, HEADER_CASES
from tests.models.sources.unseen.lead_cases import LEAD_CASES
from tests.models.sources.unseen.other_feed_cases import AVITO_CASES, BROKEN_CASES, CIAN_CASES
from tests.models.sources.unseen.reading import differences
from tests.models.sources.unseen.second_cases import SECOND_CASES
from tests.models.sources.unseen.table_cases import CSV_CASES
from tests.models.sources.unseen.xlsx_cases import XLSX_CASES
from tests.models.sources.unseen.yrl_cases import YRL_CASES
from tests.models.sources.unseen.yrl_home_cases import YRL_HOME_CASES

FEEDS = (*YRL_CASES, *YRL_HOME_CASES, *CIAN_CASES, *AVITO_CASES)
TABLES = (*CSV_CASES, *CELL_CASES, *XLSX_CASES)
ALL = (*FEEDS, *TABLES, *BROKEN_CASES, *HEADER_CASES, *COLUMN_CASES, *LEAD_CASES, *SECOND_CASES)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_file_is_read_as_its_format_means(case, tmp_path):
    assert differences(case, tmp_path / "file") == []


def imported(office, case, source_id, **options):
    """Import the case into the source; returns the report, or None if the whole file is refused."""
    with office.factory() as session:
        session.get_one(Source, source_id).mapping = case.mapping
        session.commit()
    try:
        return office.bring(source_id, case.data, of_leads=case.of_leads, mapping=case.mapping, **options)
    except FeedError:
        return None


@pytest.mark.parametrize(
    "cases",
    [FEEDS, TABLES, BROKEN_CASES, LEAD_CASES, SECOND_CASES],
    ids=["feeds", "tables", "broken files", "requests", "second lot"],
)
def test_a_dry_run_an_import_and_its_repetition_report_the_outcome_of_each_offer(office, cases):
    wrong = []
    for case in cases:
        content = SourceContent.LEADS if case.of_leads else SourceContent.LISTINGS
        source = office.source(city=case.city, content=content)
        dry = imported(office, case, source, is_dry_run=True)
        assert stored(office, case, source) == {}
        real, again = imported(office, case, source), imported(office, case, source)
        if case.fails or not counted(case)["new"] + counted(case)["off_market"] and case.expected:
            if (dry, real, again, stored(office, case, source)) != (None, None, None, {}):
                wrong.append(f"{case}: something of it was taken")
            continue
        if dry is None or real is None or again is None:
            wrong.append(f"{case}: the file is refused")
            continue
        wanted = counted(case)
        counts = {name: real.counts()[name] for name in wanted}
        if counts != wanted:
            wrong.append(f"{case}: {counts}, not {wanted}")
        if dry.counts() != real.counts() or dry.as_json()["refused"] != real.as_json()["refused"]:
            wrong.append(f"{case}: the dry run said {dry.counts()}, the import {real.counts()}")
        if (again.new, again.changed, again.unchanged) != (0, 0, wanted["new"]):
            wrong.append(f"{case}: the same file again: {again.counts()}")
        refused = {line.external_id or f"line {line.line}" for line in real.refusals}
        names = {name.removesuffix(" again") for name, each in case.expected.items() if isinstance(each, tuple)}
        if refused != names:
            wrong.append(f"{case}: refused are {refused}, not {names}")
        if set(stored(office, case, source)) != {
            name for name, each in case.expected.items() if isinstance(each, dict)
        }:
            wrong.append(f"{case}: stored are {set(stored(office, case, source))}")
    assert wrong == []


def stored(office, case, source_id):
    if not case.of_leads:
        return office.rows(source_id)
    with office.factory() as session:
        return {row.external_id: row for row in session.scalars(select(Lead).where(Lead.source_id == source_id))}
