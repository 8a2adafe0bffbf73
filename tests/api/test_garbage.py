"""Cyclic garbage is collected between answers."""

import gc
import weakref

import pytest

from api.server.garbage import DUE, after_answer, collect_after_answers


class Node:
    """An object in a cycle with itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collections():
    """The generations that were collected, in order."""
    threshold, seen = gc.get_threshold(), []

    def note(phase, facts):
        if phase == "start":
            seen.append(facts["generation"])

    gc.collect()
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.set_threshold(*threshold)


def test_an_answer_is_made_without_collections(collections):
    collect_after_answers()

    kept = [[number] for number in range(10 * DUE)]

    assert (len(kept), collections) == (10 * DUE, [])


def test_garbage_is_collected_after_an_answer_once_there_is_enough(collections):
    collect_after_answers()
    node = Node()
    gone = weakref.ref(node)
    del node

    after_answer()
    assert (gone() is not None, collections) == (True, [])
    kept = [Node() for _ in range(DUE)]
    after_answer()

    assert (gone(), len(collections), len(kept)) == (None, 1, DUE)
