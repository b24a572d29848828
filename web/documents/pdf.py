"""A paper as PDF: set by typst in this process, from fonts of our own, in a tenth of a second and outside transactions.

Texts go in as data and stay text, whatever a name contains. The same paper is the same file, byte for byte, so a
document that is fetched twice is one document.
"""

import json
import threading
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

import typst

from marketplace.foundation.database import forbid_open_transaction
from web.assets.build import FONTS, AssetsMissing
from web.documents.paper import Paper

TEMPLATE: Final = Path(__file__).parent / "paper.typ"
_one_at_a_time = threading.Lock()  # a compiler keeps what it has read between two papers, and is not for two threads


def pdf(paper: Paper, *, at: datetime) -> bytes:
    """The paper as a tagged PDF; `at` stands in its properties. Raises AssetsMissing without the fonts."""
    return _set(paper, at, "pdf")


def picture(paper: Paper, *, at: datetime) -> bytes:
    """The first page as PNG, for tests and for looking at."""
    return _set(paper, at, "png")


def _set(paper: Paper, at: datetime, format: Literal["pdf", "png"]) -> bytes:
    forbid_open_transaction()
    with _one_at_a_time:
        pages = _compiler().compile(
            format=format, sys_inputs={"paper": json.dumps(asdict(paper), ensure_ascii=False)},
            timestamp=int(at.timestamp()), ppi=110 if format == "png" else None,
        )  # fmt: skip
    assert pages is not None
    return pages[0] if isinstance(pages, list) else pages


@cache
def _compiler() -> typst.Compiler:
    if not (FONTS / "papers-400.ttf").is_file():
        raise AssetsMissing("the fonts of papers are missing: run python -m web.assets.install")
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=fonts)
