"""What may be attached to an exception, and under which name: told by what is in a file, never by how it is called.

Pure. A file is a PDF, a JPEG, a PNG or plain text in UTF-8; neither its name nor its text may hold a card's number.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from marketplace.foundation.cards import contains_card_number
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import clean_text

MOST_BYTES: Final = 5_000_000
MOST_FILES: Final = 10
LONGEST_NAME: Final = 80


class Form(StrEnum):
    """What a file is."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    TEXT = "text"


MEDIA: Final[dict[Form, str]] = {
    Form.PDF: "application/pdf", Form.JPEG: "image/jpeg", Form.PNG: "image/png",
    Form.TEXT: "text/plain; charset=utf-8",
}  # fmt: skip
ENDINGS: Final[dict[Form, tuple[str, ...]]] = {
    Form.PDF: ("pdf",), Form.JPEG: ("jpg", "jpeg"), Form.PNG: ("png",), Form.TEXT: ("txt", "csv", "log"),
}  # fmt: skip
_BEGINNINGS: Final = (
    (b"%PDF-", Form.PDF), (b"\xff\xd8\xff", Form.JPEG), (b"\x89PNG\r\n\x1a\n", Form.PNG),
)  # fmt: skip
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
_KEPT: Final = "LMN"  # letters, marks and figures of any script; of the rest only what follows
_KEPT_SIGNS: Final = " ._-()"


@dataclass(frozen=True)
class AttachmentEmpty(Refused):
    """There is nothing in the file."""


@dataclass(frozen=True)
class AttachmentTooLarge(Refused):
    """It is larger than what is kept."""

    megabytes: int = MOST_BYTES // 1_000_000


@dataclass(frozen=True)
class AttachmentNotUnderstood(Refused):
    """It is none of the four forms."""


@dataclass(frozen=True)
class AttachmentHasCard(Refused):
    """Its name, or its text, holds what looks like the number of a card."""


@dataclass(frozen=True)
class TooManyAttachments(Refused):
    """The exception has as many as it may have."""

    most: int = MOST_FILES


@dataclass(frozen=True)
class AttachmentNotFound(Refused):
    """There is no such attachment, or it was taken away."""


@dataclass(frozen=True)
class AttachmentOfAnother(Refused):
    """Only whoever attached it takes it away."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A file that may be attached: what it is, and the name it is shown by."""

    form: Form
    name: str


def understood(typed: str, content: bytes) -> Understood:
    """What a file is and how it is called. Refuses AttachmentEmpty, -TooLarge, -NotUnderstood, -HasCard."""
    if not content:
        raise AttachmentEmpty
    if len(content) > MOST_BYTES:
        raise AttachmentTooLarge
    if contains_card_number(clean_text(typed)):
        raise AttachmentHasCard
    form = next((form for beginning, form in _BEGINNINGS if content.startswith(beginning)), None)
    if form is None:
        form = _text(content)
    return Understood(form, shown_name(typed, form))


def shown_name(typed: str, form: Form) -> str:
    """A name without folders, signs that lead elsewhere, or an ending that says what the file is not."""
    last = clean_text(typed).replace("\\", "/").rpartition("/")[2].replace("\n", " ")
    kept = "".join(each if unicodedata.category(each)[0] in _KEPT or each in _KEPT_SIGNS else "_" for each in last)
    kept = " ".join(kept.split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if not dot or ending.lower() not in ENDINGS[form]:
        stem, ending = kept, ENDINGS[form][0]
    return f"{stem[: LONGEST_NAME - len(ending) - 1].strip('. ') or 'file'}.{ending.lower()}"


def _text(content: bytes) -> Form:
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AttachmentNotUnderstood from None
    if _NOT_TEXT.search(words):
        raise AttachmentNotUnderstood
    if contains_card_number(words):
        raise AttachmentHasCard
    return Form.TEXT
