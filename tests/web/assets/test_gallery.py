"""The gallery in a real browser, in four languages and two themes: nothing axe finds, nothing that does not fit."""

import mimetypes
import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from marketplace.foundation.languages import LANGUAGES
from web.assets import build
from web.pages.public import components

AXE = build.MODULES / "axe-core/axe.min.js"
SITE = "http://karigar.example"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'"
)
COLOURS = ["color-contrast", "link-in-text-block"]  # all that a theme changes
LOOK = """(rules) => axe.run(document, {
  resultTypes: ["violations"], preload: false, ...(rules && {runOnly: {type: "rule", values: rules}})
}).then((found) => found.violations.map((each) => `${each.id} ${each.nodes[0].html}`))"""
FONTS = {"bn": '16px "Noto Sans Bengali"', "fa": "16px Vazirmatn", "ar": "16px Vazirmatn"}
LETTERS = {"bn": "ক্ষ র্তৃ স্ত্রী জ্ঞ ৳", "fa": "نیک‌پور لا", "ar": "الكُواريّ لا"}
OUTSIDE = """() => {
  const width = document.documentElement.clientWidth;
  const out = document.documentElement.scrollWidth > width ? ["the page scrolls sideways"] : [];
  for (const each of document.querySelectorAll("body *")) {
    if (each.closest(".unseen, .skip, .table-box, .rail, .tabs, .menu-panel, svg") || each.matches("input")) continue;
    const box = each.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1)) out.push(each.outerHTML.slice(0, 80));
  }
  return out;
}"""
SMALL = """() => [...document.querySelectorAll("a, button, summary, select, .choice, .chip")].filter((each) => {
  const box = each.getBoundingClientRect();
  const inWords = each.closest("p, li, dd, td, .job-card-title, .unseen, .skip");
  return box.width && !inWords && (box.height < 24 || box.width < 24);
}).map((each) => each.outerHTML.slice(0, 80))"""


def _chromium() -> str | None:
    names = [os.environ.get("KARIGAR_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: install the package chromium")
    if not AXE.is_file():
        pytest.skip("axe-core is absent: run python -m web.assets.install --tests")
    build.build()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield launched
        launched.close()


def _serve(route: Route) -> None:
    asked = urlsplit(route.request.url)
    if asked.path.startswith("/static/"):
        path = build.STATIC / asked.path.removeprefix("/static/")
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0] or "font/woff2")
        return
    chosen = {name: values[0] for name, values in parse_qs(asked.query).items()}
    name = asked.path.removeprefix("/-/components").strip("/")
    template = f"pages/public/components{'_' + name if name else ''}.html"
    text = components.answer(template, chosen["language"], chosen["theme"], f"/{name}" if name else "").content
    route.fulfill(body=text, content_type="text/html; charset=utf-8", headers={"content-security-policy": POLICY})


def _open(browser: Browser, path: str, language: str, width: int, theme: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts, reduced_motion="reduce"
    )
    context.route("**/*", _serve)
    page = context.new_page()
    page.on("console", lambda message: _complain(message.type, message.text))
    page.goto(f"{SITE}/-/components{path}?language={language}&theme={theme}")
    return page


def _complain(kind: str, text: str) -> None:
    assert kind not in ("error", "warning"), text


def _note_font(fonts: list[str], request: Request) -> None:
    if request.url.endswith("woff2"):
        fonts.append(request.url)


PATHS = ("", *(f"/{name}" for name in components.PAGES))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_and_everything_fits(browser: Browser, path: str, language: str) -> None:
    page = _open(browser, path, language, 360, "light")
    for width in (1280, 320, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OUTSIDE) == [], f"{language} {width}"
        assert page.evaluate(SMALL) == [], f"{language} {width}"
    page.evaluate(AXE.read_text("utf-8"))
    for theme in ("light", "dark"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        found = page.evaluate(LOOK, COLOURS if theme == "dark" else None)
        assert found == [], f"{language} {theme}"
    page.context.close()


@pytest.mark.parametrize("language", ["bn", "fa", "ar"])
def test_the_letters_come_from_our_own_font(browser: Browser, language: str) -> None:
    page = _open(browser, "", language, 360, "light")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("([font, text]) => document.fonts.check(font, text)", [FONTS[language], LETTERS[language]])
    page.context.close()


def test_a_customer_pays_for_one_font_at_most(browser: Browser) -> None:
    for language in LANGUAGES:
        page = browser.new_context(viewport={"width": 360, "height": 800}).new_page()
        page.route("**/*", _serve)
        fonts: list[str] = []
        page.on("request", partial(_note_font, fonts))
        page.goto(f"{SITE}/-/components/customer?language={language}&theme=light", wait_until="networkidle")
        assert len(set(fonts)) <= 1, f"{language}: {fonts}"
        page.context.close()


def test_a_page_is_the_mirror_of_itself_in_the_other_direction(browser: Browser) -> None:
    """The same places for head, rail and pane, reflected."""
    boxes = {}
    for language in ("en", "fa"):
        page = _open(browser, "/staff", language, 1280, "light")
        boxes[language] = [
            page.locator(part).bounding_box() for part in (".rail", ".pane", ".wordmark .icon", ".masthead-links")
        ]
        page.context.close()
    for one, other in zip(boxes["en"][:3], boxes["fa"][:3], strict=True):
        assert one is not None
        assert other is not None
        assert abs(one["x"] - (1280 - other["x"] - other["width"])) <= 2


def test_without_scripts_menus_open_and_nothing_is_missing(browser: Browser) -> None:
    page = _open(browser, "", "en", 360, "light", scripts=False)
    page.locator("details.menu > summary").first.click()
    assert page.get_by_text("বাংলা").is_visible()
    page.context.close()


def test_a_closed_button_says_why_and_sends_nothing(browser: Browser) -> None:
    page = _open(browser, "/staff", "en", 1280, "light")
    closed = page.locator('button[aria-disabled="true"]')
    described = closed.get_attribute("aria-describedby")
    assert "have no owner" in page.locator(f'[id="{described}"]').inner_text()
    before = page.url
    closed.click(force=True)
    assert page.url == before
    page.context.close()


def test_escape_closes_a_menu_and_gives_the_focus_back(browser: Browser) -> None:
    page = _open(browser, "", "en", 1280, "light")
    summary = page.locator("details.menu > summary").first
    summary.click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.locator("details.menu[open]").count() == 0
    page.context.close()


def test_paper_shows_no_buttons(browser: Browser, tmp_path: Path) -> None:
    """Printing the receipt shows paper only: no buttons, no way back."""
    page = _open(browser, "/print", "bn", 1280, "light")
    page.emulate_media(media="print")
    assert not page.locator(".back").is_visible()
    assert len(page.screenshot(path=tmp_path / "receipt.png")) > 1000
    page.context.close()
