"""A real browser against a real server; `make browser` names the browser, else nothing runs."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import uvicorn
from tests.web.plans import make_plans
from tests.web.world import PASSWORD, World

from mainstem.server import build_app
from mainstem.server.listen import free_socket
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from mainstem.pg.scratch import ScratchServer

PROGRAM = os.environ.get("MAINSTEM_BROWSER", "")
#: where pictures for the documents go, when somebody asks for new ones
PICTURES = os.environ.get("MAINSTEM_PICTURES", "")
collect_ignore_glob = [] if PROGRAM else ["test_*.py"]
#: nothing takes longer, on a busy machine either
LIMIT_MS = 30_000


@dataclass
class Window:
    """A page of a browser, and what it complained about."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a path and wait until its script has run."""
        self.page.goto(f"{self.address}{path}")
        self.listen()

    def listen(self) -> None:
        """Wait until the page's script has run: before, nobody listens to keys."""
        self.page.wait_for_load_state("load")
        self.page.locator("html.has-script").wait_for(state="attached")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, on a page that listens."""
        self.listen()
        for each in keys:
            self.page.keyboard.press(each)

    def look_for(self, text: str) -> None:
        """Open the palette, type, and wait for the answer: earlier options are of other words."""
        self.press("Control+k")
        self.page.get_by_role("combobox", name="Type a command or search").fill(text)
        self.page.locator("#palette-list[aria-busy=false]").wait_for()

    def sign_in(self, email: str) -> None:
        """Sign in by keyboard."""
        self.go("/sign-in")
        self.page.get_by_label("E-mail").focus()
        self.page.keyboard.type(email)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/revos")

    def picture(self, name: str) -> None:
        """Keep a picture for the documents, when they are wanted."""
        if PICTURES:
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png", animations="disabled")


@pytest.fixture(scope="session")
def world(scratch: ScratchServer, template: str) -> Iterator[World]:
    name = f"browser_{uuid4().hex}"
    made = World(scratch.create_database(name, template=template))
    made.seed()
    yield made
    scratch.drop_database(name)


@pytest.fixture(scope="session")
def address(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a port of its own."""
    with closing(free_socket("127.0.0.1", 0)) as listener:
        found = f"http://127.0.0.1:{listener.getsockname()[1]}"
        plans = make_plans(tmp_path_factory.mktemp("plans"), world.url)
        settings = Settings(world.keys, base_url=found, plans=plans)
        app = build_app(world.url, settings=settings)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield found
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is one

    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root; the pages are ours.
        opened = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_window(browser: Browser, address: str) -> Iterator[Callable[..., Window]]:
    """Opens windows that complain to the test."""
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def make(*, theme: str = "light", has_script: bool = True) -> Window:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=has_script,
        )
        context.set_default_timeout(LIMIT_MS)
        contexts.append(context)
        window = Window(context.new_page(), address)
        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        window.page.on(
            "console",
            lambda line: window.complaints.append(line.text) if line.type == "error" else None,
        )
        windows.append(window)
        return window

    yield make
    for context in contexts:
        context.close()
    assert [line for window in windows for line in window.complaints] == []
