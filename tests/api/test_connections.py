"""The connections of a web process to the database."""

from contextlib import ExitStack

from api.server.app import CONNECTIONS, connect_web


def test_a_crowd_leaves_its_connections_open_for_the_next(database_url):
    engine = connect_web(database_url)
    crowds = []
    for _ in range(2):
        with ExitStack() as crowd:
            opened = [crowd.enter_context(engine.connect()) for _ in range(CONNECTIONS)]
            crowds.append({each.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for each in opened})
    engine.dispose()

    assert crowds[0] == crowds[1]
