"""What pages are served with: exactly what was pinned, small enough, readable in both themes, in either direction."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.assets import build, install, pico
from web.templating import TEMPLATES, asset

CSS = sorted((build.ASSETS / "css").rglob("*.css"))
HTML = sorted(TEMPLATES.rglob("*.html"))
GROUNDS = ("paper", "surface", "sunken")
WORDS = ("ink", "ink-2", "ink-3", "brick", "brick-deep", "tile", "brass", "leaf", "red", "indigo")
SOFT = ("brick", "tile", "brass", "leaf", "red", "indigo")


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    if not build.MODULES.is_dir():
        pytest.skip("web/assets/node_modules is absent: run python -m web.assets.install --tests")
    build.build()


def test_every_served_file_of_others_has_the_hash_that_was_pinned() -> None:
    files, _ = build.manifest()
    served = {path for path in (build.STATIC / "vendor").rglob("*") if path.is_file()}
    assert served == {build.STATIC / file.address for file in files}
    for file in files:
        assert hashlib.sha256((build.STATIC / file.address).read_bytes()).hexdigest() == file.sha256


def test_a_file_that_differs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, _ = build.manifest()
    monkeypatch.setattr(build, "MODULES", tmp_path)
    for file in files:
        place = tmp_path / file.package / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("something else")
    with pytest.raises(build.AssetDiffers):
        build.copy_vendored()


def test_versions_agree_in_manifest_lock_and_what_is_installed() -> None:
    assert install.up_to_date(with_tests=False)
    lock = (build.ASSETS / "package-lock.json").read_text("utf-8")
    files, icons = build.manifest()
    for package, version in {(file.package, file.version) for file in files} | {(icons.package, icons.version)}:
        assert re.search(rf'"node_modules/{re.escape(package)}": {{\s*"version": "{re.escape(version)}"', lock), package
    assert '"resolved"' not in lock


def test_own_files_lie_under_their_hash_and_stay_small() -> None:
    sizes = {}
    for name in ("karigar.css", "staff.css", "karigar.js", "staff.js", "icons.svg"):
        path = build.STATIC / asset(name).removeprefix(f"{build.PREFIX}/")
        content = path.read_bytes()
        assert path.parent.name == hashlib.sha256(content).hexdigest()[:8]
        sizes[name] = len(gzip.compress(content, 9))
    files, _ = build.manifest()
    htmx = next(file for file in files if file.name == "htmx.js")
    scripts = sizes["karigar.js"] + len(gzip.compress((build.STATIC / htmx.address).read_bytes(), 9))
    assert sizes["karigar.css"] <= 20_000, "experience.md §8: a customer's page carries 20 kB of css"
    assert sizes["karigar.css"] + sizes["staff.css"] <= 24_000
    assert scripts <= 25_000
    assert sizes["icons.svg"] <= 6_000


def test_pico_keeps_plain_html_and_drops_its_widgets_and_dark_theme() -> None:
    css = (
        '@charset "UTF-8";/*! note */a{b:c}[data-tooltip]{x:y}nav ul,table{d:e}[data-theme=dark]{f:g}'
        '@media print{dialog{h:i}p{j:"}"}}'
    )
    assert pico.used_part(css) == 'a{b:c}table{d:e}@media print{p{j:"}"}}'


def test_both_dark_sets_are_the_same() -> None:
    text = (build.ASSETS / "css/dark.css").read_text("utf-8")
    chosen, system = (re.findall(r"--[\w-]+: [^;]+", part) for part in text.split("@media"))
    assert chosen == system
    assert len(chosen) > 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_word_can_be_read_on_every_ground(theme: str) -> None:
    colours = dict(_colours("tokens.css"))
    if theme == "dark":
        colours |= dict(_colours("dark.css"))
    for ground in GROUNDS:
        for word in WORDS:
            assert _contrast(colours[word], colours[ground]) >= 4.5, f"{word} on {ground}, {theme}"
        if ground != "sunken":
            assert _contrast(colours["line-strong"], colours[ground]) >= 3, f"borders on {ground}, {theme}"
    for tone in SOFT:
        assert _contrast(colours[tone], colours[f"{tone}-soft"]) >= 4.5, f"{tone} on its soft ground, {theme}"
        assert _contrast(colours["ink"], colours[f"{tone}-soft"]) >= 4.5, f"ink on {tone}-soft, {theme}"
    assert _contrast(colours["on-brick"], colours["brick"]) >= 4.5
    assert _contrast(colours["on-brick"], colours["brick-deep"]) >= 4.5


PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|(?:left|right|top|bottom|width|height"
    r"|(?:min|max)-(?:width|height))\s*:|text-align:\s*(?:left|right)|float\s*:)"
)


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_css_speaks_of_start_and_end_never_of_left_and_right(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"@media \([^)]*\)", "@media", text)
    allowed = 'text-align: left; }\n[dir="rtl"] .field input[dir="ltr"] { text-align: right'  # a value's own direction
    found = PHYSICAL.search(text.replace(allowed, "").replace("float: none", ""))
    said = found[0] if found is not None else ""
    assert not said, f"{said}: use the logical property, so that right-to-left pages mirror"
    assert "@layer" in text or path.name == "fonts.css", "css outside a layer beats every layer"


@pytest.mark.parametrize("path", HTML, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_holds_no_style_and_no_script_of_its_own(path: Path) -> None:
    text = path.read_text("utf-8")
    for forbidden in (
        r"<\w[^>]*\sstyle=",
        r"<style",
        r"\son[a-z]+=",
        r"hx-on",
        r"<script(?! defer src=)",
        r"\|\s*safe\b",
        "javascript:",
    ):
        assert not re.search(forbidden, text), f"{forbidden}: the security policy refuses it; see components/README.md"


def test_a_component_file_holds_the_macro_of_its_name_and_is_described() -> None:
    described = (TEMPLATES / "components/README.md").read_text("utf-8")
    for path in (TEMPLATES / "components").glob("*.html"):
        assert re.search(rf"{{% macro {path.stem}\(", path.read_text("utf-8")), f"{path.name} has no macro {path.stem}"
        assert re.search(rf"`{path.stem}[(`]", described), f"components/README.md does not describe {path.stem}"


def test_every_component_stands_in_the_gallery() -> None:
    shown = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    used = set(re.findall(r"\bui\.(\w+)\(", shown))
    made = {path.stem for path in (TEMPLATES / "components").glob("*.html")}
    assert used - made == set(), "called, but there is no such component"
    gallery = "".join(path.read_text("utf-8") for path in (TEMPLATES / "pages/public").glob("components*.html"))
    within = {
        path.stem: set(re.findall(r"\bui\.(\w+)\(", path.read_text("utf-8")))
        for path in (TEMPLATES / "components").glob("*.html")
    }
    reached = set(re.findall(r"\bui\.(\w+)\(", gallery)) | {"masthead", "masthead_specialist", "foot", "skip_link"}
    while more := {inner for name in reached for inner in within.get(name, set())} - reached:
        reached |= more
    assert made - reached == set(), "add them to pages/public/components.html"


def test_every_icon_of_a_page_is_in_the_sprite() -> None:
    _, icons = build.manifest()
    text = "".join(path.read_text("utf-8") for path in HTML)
    called = set(re.findall(r'icon(?:_name|_after)?(?:=|\()"([a-z0-9-]+)"', text)) - {"mark"}
    assert called - set(icons.names) == set(), "add them to web/assets/manifest.toml"


def _colours(name: str) -> Iterator[tuple[str, str]]:
    text = (build.ASSETS / "css" / name).read_text("utf-8").split("@media")[0]
    yield from re.findall(r"--([\w-]+): #([0-9A-Fa-f]{6});", text)


def _contrast(one: str, other: str) -> float:
    """WCAG 2: (L1 + 0.05) / (L2 + 0.05)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
