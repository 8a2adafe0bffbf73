"""Actions of tests in a browser wait until the scripts of their page have run.

A link that was clicked opens the next page some time later, and an element can be found before the page's scripts have
run. A key that is pressed at that moment does what it does without scripts: it opens a photo in a new tab, for example.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

#: Module scripts run before this state, unless they are ``async``.
SCRIPTS_HAVE_RUN = "domcontentloaded"

LOCATOR_ACTIONS = (
    "check clear click dblclick dispatch_event drag_to fill focus hover press press_sequentially select_option "
    "select_text set_checked set_input_files tap type uncheck"
).split()
PAGE_ACTIONS = "check click dblclick fill focus hover press select_option set_input_files tap type uncheck".split()
INPUT_DEVICES = ("keyboard", "mouse", "touchscreen")


def _locator_action(action: Callable) -> Callable:
    def act(locator: Locator, *args: Any, **options: Any) -> Any:
        locator.wait_for(state="attached")
        locator.page.wait_for_load_state(SCRIPTS_HAVE_RUN)
        return action(locator, *args, **options)

    return act


def _page_action(action: Callable) -> Callable:
    def act(page: Page, selector: str, *args: Any, **options: Any) -> Any:
        page.wait_for_selector(selector, state="attached")
        page.wait_for_load_state(SCRIPTS_HAVE_RUN)
        return action(page, selector, *args, **options)

    return act


def _input_device(device: property) -> property:
    def get(page: Page) -> Any:
        page.wait_for_load_state(SCRIPTS_HAVE_RUN)
        return device.__get__(page)

    return property(get)


@contextmanager
def actions_wait_for_scripts() -> Iterator[None]:
    """Within this context each action on a ``Locator`` or ``Page`` waits for the scripts of its page."""
    with pytest.MonkeyPatch.context() as patch:
        for name in LOCATOR_ACTIONS:
            patch.setattr(Locator, name, _locator_action(getattr(Locator, name)))
        for name in PAGE_ACTIONS:
            patch.setattr(Page, name, _page_action(getattr(Page, name)))
        for name in INPUT_DEVICES:
            patch.setattr(Page, name, _input_device(getattr(Page, name)))
        yield
