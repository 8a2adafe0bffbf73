import pytest

from worker.queue.routing import queue_of
from worker.queue.schedule import SCHEDULE_FILE, ScheduleError, beat_schedule, parse_schedule, read_schedule


def test_the_schedule_that_we_ship_can_be_read():
    assert [entry.task for entry in read_schedule(SCHEDULE_FILE)]


def test_a_line_holds_when_what_and_with_what():
    [entry] = parse_schedule('# nightly\n\n*/5 1-3 * * mon worker.tasks.run {"city": "Санкт # Петербург"}  # why\n')

    assert (entry.line, entry.when, entry.task) == (3, "*/5 1-3 * * mon", "worker.tasks.run")
    assert entry.arguments == {"city": "Санкт # Петербург"}
    [made] = beat_schedule([entry]).values()
    assert made["kwargs"] == entry.arguments
    assert made["schedule"].hour == {1, 2, 3}


@pytest.mark.parametrize(
    "line",
    [
        "5 4 * * worker.tasks.sweep",  # four fields
        "5 24 * * * worker.tasks.sweep",
        "x 4 * * * worker.tasks.sweep",
        "5 4 * * * os.system",
        '5 4 * * * worker.tasks.sweep {"city": }',
        '5 4 * * * worker.tasks.sweep ["Москва"]',
    ],
)
def test_a_bad_line_is_refused_with_its_number(line):
    with pytest.raises(ScheduleError, match="line 2"):
        parse_schedule(f"# first\n{line}\n")


def test_a_task_under_its_former_name_is_read_under_the_present_one():
    """Otherwise the page of the schedule shows no result of such a line, and runs it from the wrong queue."""
    [entry] = parse_schedule("* * * * * worker.tasks.tell_recommendations")

    assert entry.task == "worker.tasks.notify_new_recommendations"
    assert queue_of(entry.task) == "notifications"


def test_the_schedule_that_we_ship_uses_present_names():
    assert {
        entry.task for entry in read_schedule(SCHEDULE_FILE) if entry.task not in SCHEDULE_FILE.read_text()
    } == set()


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(ScheduleError, match="cannot be read"):
        read_schedule(tmp_path / "celerybeat-schedule")
