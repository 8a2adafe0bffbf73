"""Tests in a browser act on pages whose scripts have run."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread, Timer

import pytest
from playwright.sync_api import Locator, Page, expect

PAGE = (
    b"<!doctype html><title>Slow</title><button>Count</button><output>no script</output>"
    b"<script type=module src=/script.js></script>"
)
SCRIPT = b"document.querySelector('button').onclick = () => { document.querySelector('output').value = 'counted'; };"


@pytest.fixture
def slow_site():
    """The address of a page whose script is answered only when the event is set, and that event."""
    answered = Event()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/script.js"
            if script:
                answered.wait(60)
            body = {"/": b"<!doctype html><title>First</title><a href=/slow>Next</a>"}.get(self.path, PAGE)
            body = SCRIPT if script else body
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", answered
    answered.set()
    server.shutdown()
    server.server_close()
    thread.join()


def click(button: Locator, page: Page) -> None:
    button.click()


def press(button: Locator, page: Page) -> None:
    button.press("Enter")


def click_by_selector(button: Locator, page: Page) -> None:
    page.click("button")


def press_on_the_keyboard(button: Locator, page: Page) -> None:
    button.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("act", [click, press, click_by_selector, press_on_the_keyboard])
def test_an_action_right_after_a_navigation_waits_for_the_scripts_of_the_new_page(chromium, slow_site, act):
    address, answered = slow_site
    page = chromium.new_page()
    page.goto(address)
    page.get_by_role("link").click()
    button = page.get_by_role("button")
    expect(button).to_be_visible()
    later = Timer(0.3, answered.set)
    later.start()
    act(button, page)
    later.join()
    expect(page.get_by_role("status")).to_have_text("counted")
    page.close()
