"""Papers in four languages: what stands in the PDF is what was written, whole, isolated, in letters that are there."""

import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pypdf
import pytest
import typst
from openpyxl import load_workbook

from marketplace.foundation.languages import LANGUAGES, Formatter, Language
from marketplace.foundation.money import Money
from payments.invoices.queries import DocumentView, LineView
from payments.invoices.rules import Kind, Tax, What
from web.assets import build
from web.documents import paper, pdf
from web.documents.paper import Paper, bare
from web.pages.finance.sheets import Cell, as_csv
from web.spreadsheets import as_xlsx

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ID = UUID(int=0xABC123456789)
TITLE = {
    "en": "AC service and gas", "bn": "এসি সার্ভিস ও গ্যাস রিফিল", "fa": "سرویس کولر گازی و شارژ گاز",
    "ar": "صيانة المكيف وتعبئة الغاز",
}  # fmt: skip
HOUSE = {"en": "Karigar Dhaka", "bn": "কারিগর ঢাকা", "fa": "کاریگر داکا", "ar": "كاريگر دكا"}
NAMES = {"en": "Rahima #strong[Akter]", "bn": "রহিমা আক্তার", "fa": "Rahima رحیمه", "ar": "رحيمة أختر"}


@pytest.fixture(scope="module", autouse=True)
def _fonts() -> None:
    if not build.MODULES.is_dir():
        pytest.skip("web/assets/node_modules is absent: run python -m web.assets.install --tests")
    build.lay_out_fonts()


def formatter(language: Language) -> Formatter:
    return Formatter(language, "Asia/Dhaka", calendar="jalali" if language == "fa" else "gregorian")


def invoice(currency: str = "BDT") -> DocumentView:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    line = LineView(What.COMMISSION, money(189_700), money(17_200), ID, ID, {"number": "K-4F7Q2", "title": TITLE})
    back = replace(line, amount=money(-18_970), tax=money(-1_720))
    return DocumentView(
        id=ID, kind=Kind.COMMISSION, reference="C-2026-000009", owner=ID, owner_kind="specialist", supplier=None,
        issuer=HOUSE, lines=(line, back), taxes=(Tax("standard", money(155_250), money(15_480)),),
        total=money(170_730), tax=money(15_480), credited=money(0), corrects=None, notes=(), reason=None,
        period=(date(2026, 11, 1), date(2026, 12, 1)), issued_at=NOW, issued_by=None,
    )  # fmt: skip


def written(language: Language, currency: str = "BDT") -> Paper:
    return paper.write(invoice(currency), formatter(language), name=NAMES[language], phone="+8801712345678")


def texts_of(said: Paper) -> list[str]:
    found = [said.house, said.title, said.lead, said.issued, said.words, said.foot, said.pages[0], *said.notes]
    found += [each for fact in said.facts for each in fact] + [column.text for column in said.columns]
    found += [each for row in said.rows for cell in row for each in (cell.text, cell.note)]
    return found + [each for total in said.totals for each in (total.label, total.value)]


def letters(text: str) -> Counter[str]:
    """Each letter and digit by itself: readers of PDF disagree about the order of right-to-left lines."""
    return Counter(letter for letter in bare(text) if letter.isalnum())


def read(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_what_the_paper_says(language: Language) -> None:
    said = written(language, "IRR" if language == "fa" else "BDT")
    content = pdf.pdf(said, at=NOW)
    text = read(content)
    assert content == pdf.pdf(said, at=NOW)
    if language == "en":
        squeezed = "".join(text.split())
        assert [each for each in texts_of(said) if "".join(bare(each).split()) not in squeezed] == []
    if language in ("fa", "ar"):  # where letters join, a reader may count one twice; digits never join
        found, wanted = letters(text), letters(" ".join(texts_of(said)))
        assert set(found) == set(wanted)
        assert {each: many for each, many in found.items() if each.isdigit()} == {
            each: many for each, many in wanted.items() if each.isdigit()
        }
    for reference in ("C-2026-000009", "K-4F7Q2"):
        assert reference in text
    assert sum(letters(text).values()) > 250


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_of_a_paper_is_in_its_fonts(language: Language) -> None:
    said = "".join(texts_of(written(language, "IRR" if language == "fa" else "BDT")))
    source = (
        '#set text(font: ("Vazirmatn", "Noto Sans Bengali"), fallback: false)\n'
        "#set page(width: 3cm, height: 3cm)\n#json(bytes(sys.inputs.letters)).map(text).join(pagebreak())"
    )
    unknown = "\U0001f9ff"
    wanted = sorted({letter for letter in bare(said) if letter.isalnum() or letter in "৳٫٬,.%-"})
    pages: object = typst.compile(
        source.encode(), format="svg", font_paths=typst.Fonts(False, False, [str(build.FONTS)]),
        sys_inputs={"letters": json.dumps([unknown, *wanted])},
    )  # fmt: skip
    assert isinstance(pages, list)
    assert len(pages) == len(wanted) + 1
    assert [letter for letter, page in zip(wanted, pages[1:], strict=True) if page == pages[0]] == []


def test_numbers_references_and_names_stand_isolated() -> None:
    for language in LANGUAGES:
        said = written(language, "IRR" if language == "fa" else "BDT")
        values = [fact[1] for fact in said.facts[:3]] + [total.value for total in said.totals]
        assert all(value[0] in "\u2066\u2067\u2068" and value[-1] == "\u2069" for value in values), values
    persian = written("fa", "IRR")
    assert persian.facts[0][1] == "\u2066C-2026-000009\u2069"
    assert "۱۴۰۵" in persian.issued
    assert "۲۰۲۶" in persian.issued  # the Gregorian day beside
    assert persian.words.endswith("یکصد و هفتاد هزار و هفتصد و سی ریال\u2069")
    assert "এক হাজার সাত শত সাত টাকা ত্রিশ পয়সা মাত্র" in written("bn").words
    assert written("en").words == ""


def test_a_name_is_text_and_never_run() -> None:
    assert "Rahima #strong[Akter]" in read(pdf.pdf(written("en"), at=NOW))


def test_a_pseudonym_stands_where_no_name_may_be_read() -> None:
    said = paper.write(invoice(), formatter("en"), name=None)
    assert ("Specialist", "\u206623456789\u2069") in said.facts


def test_a_long_statement_runs_over_pages_that_are_numbered() -> None:
    said = written("bn")
    long = replace(said, rows=said.rows * 60)
    pages = pypdf.PdfReader(io.BytesIO(pdf.pdf(long, at=NOW))).pages
    assert len(pages) > 3
    assert "২" in pages[1].extract_text()[-40:]


HOSTILE: list[list[Cell]] = [
    ["=1+1", Money(-123_450, "BDT"), NOW, None],
    ["+88017", Money(5, "IRR"), NOW, 7],
    ["@SUM(A1)", Money(0, "KWD"), NOW, ID],
    ["\tx", Money(1, "KWD"), NOW, "-2"],
    ["  =2", Money(1, "BDT"), NOW, "plain"],
]


def test_a_workbook_holds_numbers_as_numbers_and_runs_nothing() -> None:
    content = as_xlsx(["=head", "amount", "at", "more"], HOSTILE, right_to_left=True)
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert sheet.sheet_view.rightToLeft
    assert [cell.data_type for cell in next(sheet.iter_rows())] == ["s"] * 4
    rows = list(sheet.iter_rows(min_row=2))
    assert [row[0].data_type for row in rows] == ["s"] * 5
    assert all(row[0].quotePrefix for row in rows)
    assert [(row[1].data_type, row[1].value, row[1].number_format) for row in rows[:3]] == [
        ("n", -1234.5, "#,##0.00"), ("n", 5, "#,##0"), ("n", 0, "#,##0.000"),
    ]  # fmt: skip
    assert rows[0][2].value == NOW.replace(tzinfo=None)
    assert rows[3][3].data_type == "s"


def test_a_table_runs_nothing_either() -> None:
    lines = as_csv(["=head", "amount"], [row[:2] for row in HOSTILE]).splitlines()
    assert lines[:5] == ["'=head,amount", "'=1+1,-1234.50", "'+88017,5", "'@SUM(A1),0.000", "'\tx,0.001"]


def test_the_fonts_of_papers_are_those_that_were_pinned() -> None:
    assert {path.name for path in Path(build.FONTS).glob("*.ttf")} == {font.name for font in build.fonts()}
    assert all((build.FONTS / f"{font.name}.licence").read_text().startswith("Copyright") for font in build.fonts())
