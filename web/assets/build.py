"""Puts together what pages are served with: `web/static/` from `web/assets/` and from the manifest's files.

A stylesheet and a script for everybody, and what staff and the board need besides, are made by putting our small
files one after another, because a phone in a lift shaft pays for each request. The addresses hold hashes;
`web/static/assets.json` tells the templates which.
"""

import hashlib
import json
import os
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from web.assets.pico import used_part

ASSETS = Path(__file__).parent
STATIC = ASSETS.parent / "static"
MODULES = ASSETS / "node_modules"
MAP = STATIC / "assets.json"
PREFIX = "/static"
FONTS = ASSETS.parent / "documents" / "fonts"  # what papers are set in; never served

# Order matters: a later file of the same layer wins. Layers are declared once, in layers.css.
BUNDLES: dict[str, tuple[str, ...]] = {
    "karigar.css": ("css/layers.css", "pico.css", "css/tokens.css", "css/dark.css", "css/fonts.css", "css/base.css",
                    "css/frame.css", "css/acts.css", "css/fields.css", "css/choices.css", "css/showing.css",
                    "css/job.css", "css/saying.css", "css/lists.css", "css/pages/*.css", "css/print.css"),
    "staff.css": ("css/staff/*.css",),
    "karigar.js": ("js/*.js",),
    "staff.js": ("js/staff/*.js",),
    "board.css": ("css/board/*.css",),
    "board.js": ("js/board/*.js",),
    "position.js": ("js/position/*.js",),
}  # fmt: skip


class AssetsMissing(RuntimeError):
    """The pages' files are not there yet; the message says which command brings them."""


class AssetDiffers(RuntimeError):
    """A third-party file is not the one that was read and pinned."""


@dataclass(frozen=True, slots=True)
class Vendored:
    """One third-party file, as `manifest.toml` names it."""

    name: str
    package: str
    version: str
    path: str
    sha256: str
    licence: str

    @property
    def source(self) -> Path:
        return MODULES / self.package / self.path

    @property
    def address(self) -> str:
        return f"vendor/{self.sha256[:8]}/{Path(self.path).name}"


@dataclass(frozen=True, slots=True)
class Icons:
    """The icons of the sprite; `sha256` is of their sources, in the order of `names`."""

    package: str
    version: str
    licence: str
    sha256: str
    names: tuple[str, ...]


def manifest() -> tuple[tuple[Vendored, ...], Icons]:
    """What `manifest.toml` allows to be served."""
    said = tomllib.loads((ASSETS / "manifest.toml").read_text("utf-8"))
    icons = said["icons"]
    return tuple(Vendored(**entry) for entry in said["file"]), Icons(**{**icons, "names": tuple(icons["names"])})


def fonts() -> tuple[Vendored, ...]:
    """The fonts that papers are set in."""
    said = tomllib.loads((ASSETS / "manifest.toml").read_text("utf-8"))
    return tuple(Vendored(**entry) for entry in said["font"])


def lay_out_fonts() -> None:
    """Copies the fonts of papers, each with its licence, to `FONTS`. AssetDiffers on another hash."""
    for font in fonts():
        _put(FONTS / font.name, _pinned(font))
        licence = MODULES / font.package / "LICENSE_FONT"
        _put(FONTS / f"{font.name}.licence", licence.read_bytes())


def copy_vendored() -> dict[str, str]:
    """Copies the manifest's files into `vendor/<sha8>/`; returns name → address. AssetDiffers on another hash."""
    found, _ = manifest()
    for file in found:
        _put(STATIC / file.address, _pinned(file))
    return {file.name: file.address for file in found}


def _pinned(file: Vendored) -> bytes:
    if not file.source.is_file():
        raise AssetsMissing(f"{file.package}/{file.path} is missing: run python -m web.assets.install")
    content = file.source.read_bytes()
    if (seen := _sha256(content)) != file.sha256:
        raise AssetDiffers(f"{file.package}/{file.path}: expected sha256 {file.sha256}, found {seen}")
    return content


def build() -> dict[str, str]:
    """Makes everything under `web/static/` and returns the map of names to addresses that templates use."""
    addresses = copy_vendored()
    lay_out_fonts()
    texts = {name: _bundle(name, parts, addresses) for name, parts in BUNDLES.items()}
    texts["icons.svg"] = sprite()
    texts["logo.svg"] = (ASSETS / "logo/logo.svg").read_text("utf-8")
    for name, text in texts.items():
        addresses[name] = f"own/{_sha256(text.encode())[:8]}/{name}"
        _put(STATIC / addresses[name], text.encode())
    said = {name: f"{PREFIX}/{address}" for name, address in sorted(addresses.items())}
    kept = {address.split("/")[1] for address in addresses.values()}
    for folder in (*STATIC.glob("vendor/*"), *STATIC.glob("own/*")):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)  # another build may take it away at the same time
    _put(MAP, json.dumps(said, indent=1).encode())
    return said


def sprite() -> str:
    """One svg of symbols: the manifest's icons and the mark. Strokes and colours are inherited from the page."""
    _, icons = manifest()
    symbols = [_symbol(ASSETS / "logo/mark.svg", "mark")]
    sources = [MODULES / icons.package / "icons" / f"{name}.svg" for name in icons.names]
    if (seen := icons_sha256(sources)) != icons.sha256:
        raise AssetDiffers(f"the icons of {icons.package}: expected sha256 {icons.sha256}, found {seen}")
    symbols += [_symbol(source, source.stem) for source in sources]
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def icons_sha256(sources: list[Path]) -> str:
    """The hash of the icons' sources, one after another."""
    missing = [source.stem for source in sources if not source.is_file()]
    if missing:
        raise AssetsMissing(f"icons {', '.join(missing)} are missing: run python -m web.assets.install")
    return _sha256(b"".join(source.read_bytes() for source in sources))


def _put(place: Path, content: bytes) -> None:
    """Whole or not at all: somebody may be reading, or building the same."""
    if place.is_file() and place.read_bytes() == content:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{place.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(place)


def _bundle(name: str, parts: tuple[str, ...], vendored: dict[str, str]) -> str:
    texts = []
    for part in parts:
        if part in vendored:  # only Pico: the layer makes all of ours stronger, whatever its selectors
            texts.append("@layer pico {" + used_part((STATIC / vendored[part]).read_text("utf-8")) + "}")
            continue
        for path in sorted(ASSETS.glob(part)):
            text = path.read_text("utf-8")
            texts.append(_css(text, vendored) if name.endswith(".css") else _script(text))
    return "\n".join(texts) + "\n"


def _css(text: str, vendored: dict[str, str]) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"asset\(([\w.-]+)\)", lambda found: f'url("{PREFIX}/{vendored[found[1]]}")', text)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,]) ?", r"\1", text).strip()  # spaces around colons, > and + may mean something


def _script(text: str) -> str:
    # A block keeps each file's names to itself; the files may be read, tested and reordered one by one.
    return "{\n" + text.strip() + "\n}"


def _symbol(path: Path, name: str) -> str:
    text = path.read_text("utf-8")
    opening = re.search(r"<svg\b[^>]*>", text)
    box = re.search(r'viewBox="([^"]+)"', text)
    if opening is None or box is None:
        raise AssetDiffers(f"{path.name} is not an svg with a viewBox")
    inside = re.sub(r"\s*\n\s*", "", text[opening.end() :].rsplit("</svg>", 1)[0])
    return f'<symbol id="{name}" viewBox="{box[1]}">{inside}</symbol>'


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
