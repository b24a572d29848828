"""People at real browsers: each with cookies of their own, on a phone or at a desk, with or without scripts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from marketplace.foundation.ids import PersonId
from tests.journeys.live import Live
from tests.promises.looking import plain

FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESK, HIGH = 360, 1280, 800
PATIENCE_SECONDS = 60
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def chromium_path() -> str | None:
    names = [os.environ.get("KARIGAR_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; without it a skip that says what is not proved."""
    path = chromium_path()
    if path is None:
        pytest.skip("NO CHROMIUM: NO JOURNEY WAS WALKED IN A BROWSER; install chromium or set KARIGAR_CHROMIUM")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS + sandbox)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Someone:
    """Somebody at a browser: what they do, and what their browser complained about or fetched from elsewhere."""

    live: Live
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)

    def goes(self, path: str) -> str:
        """Open a page of ours; gives what it shows."""
        answer = self.page.goto(self.live.url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.sees

    @property
    def sees(self) -> str:
        """The page's words, with Latin digits and nothing between them."""
        return plain(self.page.locator("body").inner_text())

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def follows(self, href: str) -> None:
        """The first link that leads to this address, or begins so when it ends with a star."""
        self._goes_on(f'a[href^="{href[:-1]}"]' if href.endswith("*") else f'a[href="{href}"]')

    def presses(self, selector: str = "button.button-main") -> None:
        """The main button of the page, or another; then the page that follows."""
        self._goes_on(selector)

    def types(self, name: str, value: str) -> None:
        self.page.locator(f'[name="{name}"]:visible').first.fill(value)

    def chooses(self, name: str, value: str = "") -> None:
        """One of the rows or chips of a question: this one, or the first."""
        which = f'input[name="{name}"]' + (f'[value="{value}"]' if value else "")
        self.page.locator(which).first.check(force=True)

    def _goes_on(self, selector: str) -> None:
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(f"{selector}:visible").first.click()

    @contextmanager
    def asks_again(self, path: str) -> Iterator[None]:
        """A change in the block has a part of the page asked again at this address; it stands when the block ends."""
        with self.page.expect_response(lambda answer: urlsplit(answer.url).path == path):
            yield
        expect(self.page.locator(".htmx-request")).to_have_count(0)

    def watches(self) -> None:
        """Note from here on what the browser complains about and whom it asks."""
        own = {urlsplit(self.live.url).netloc, urlsplit(self.live.bank.url).netloc}

        def asked(request: Request) -> None:
            host = urlsplit(request.url).netloc
            if host not in own and not request.url.startswith("data:"):
                self.elsewhere.add(host)

        def told(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(f"{self.path}: {message.text}")

        self.context.on("request", asked)
        self.page.on("console", told)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.path}: {error}"))

    def is_within(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        return bool(self.page.evaluate(SIDEWAYS) <= 0)

    def fits(self) -> None:
        assert self.is_within(), f"{self.page.url} scrolls sideways"


@contextmanager
def opens(
    browser: Browser,
    live: Live,
    language: str,
    *,
    width: int = DESK,
    scripts: bool = True,
    person: PersonId | None = None,
    dark: bool = False,
) -> Iterator[Someone]:
    """A new browser with an empty cupboard of cookies; of somebody who is signed in already, or of anybody.

    At the end it must have had nothing to complain about, and have asked nobody but the town and its bank.
    """
    context = browser.new_context(
        viewport={"width": width, "height": HIGH}, java_script_enabled=scripts, reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
        extra_http_headers={"accept-language": language}, is_mobile=False,
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    if person is not None:
        context.add_cookies([{"name": "session", "value": live.token_of(person), "url": live.url}])
    someone = Someone(live, context, context.new_page())
    someone.watches()
    try:
        yield someone
    except BaseException as error:
        error.add_note(f"{language} at {someone.page.url}")
        raise
    finally:
        context.close()
    assert someone.complaints == []
    assert someone.elsewhere == set()
