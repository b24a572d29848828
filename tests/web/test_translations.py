"""Catalogues: what is translated, what falls back, and what is refused before it can be shown."""

import os
from pathlib import Path

import pytest

from web import translations
from web.translations import CatalogueBroken, compile_catalogue, load, ngettext, placeholders, translate

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n"Language: {language}\\n"\n'


def catalogue(folder: Path, language: str, body: str) -> Path:
    source = folder / language / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(HEAD.replace("{language}", language) + body, "utf-8")
    return source


def test_a_language_without_a_catalogue_speaks_english(tmp_path: Path) -> None:
    assert load("bn", tmp_path).gettext("Top up") == "Top up"


def test_a_catalogue_is_compiled_once_and_again_when_it_changes(tmp_path: Path) -> None:
    source = catalogue(tmp_path, "fa", 'msgid "Top up"\nmsgstr "افزایش"\n')
    assert load("fa", tmp_path).gettext("Top up") == "افزایش"
    made = source.with_suffix(".mo")
    first = made.stat().st_mtime_ns
    assert load("fa", tmp_path).gettext("Top up") == "افزایش"
    assert made.stat().st_mtime_ns == first
    catalogue(tmp_path, "fa", 'msgid "Top up"\nmsgstr "افزایش اعتبار"\n')
    os.utime(source, ns=(first + 10**9, first + 10**9))
    assert load("fa", tmp_path).gettext("Top up") == "افزایش اعتبار"


def test_a_compiled_catalogue_that_cannot_be_read_is_made_again(tmp_path: Path) -> None:
    source = catalogue(tmp_path, "fa", 'msgid "Top up"\nmsgstr "افزایش"\n')
    later = source.stat().st_mtime_ns + 10**9
    for rubbish in (b"", b"no catalogue", (0x950412DE).to_bytes(4, "little") + b"\xff" * 40):
        source.with_suffix(".mo").write_bytes(rubbish)
        os.utime(source.with_suffix(".mo"), ns=(later, later))
        assert load("fa", tmp_path).gettext("Top up") == "افزایش"


def test_a_broken_catalogue_leaves_its_pages_in_english_and_the_doctor_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue(tmp_path, "bn", 'msgid "In {hours} hours"\nmsgstr "পরে"\n')
    catalogue(tmp_path, "ar", 'msgid "Top up"\nmsgstr "شحن"\n')
    (tmp_path / "fa" / "LC_MESSAGES" / "messages.po").parent.mkdir(parents=True)
    (tmp_path / "fa" / "LC_MESSAGES" / "messages.po").write_bytes(b"msgid \xff\xfe")
    monkeypatch.setattr(translations, "LOCALES", tmp_path)
    translations._catalogue.cache_clear()
    try:
        assert translate("bn", "In {hours} hours", hours=2) == "In 2 hours"
        assert translate("fa", "Top up") == "Top up"
        assert translate("ar", "Top up") == "شحن"
    finally:
        translations._catalogue.cache_clear()
    assert set(translations.faults(tmp_path)) == {"bn", "fa"}
    (tmp_path / "ar" / "LC_MESSAGES" / "messages.po").unlink()
    assert "ar" in translations.faults(tmp_path)


@pytest.mark.parametrize(
    ("translation", "fault"),
    [("{ঘণ্টা} পরে", "knows no"), ("পরে", "misses"), ("{hours", "expected"), ("{} পরে", "a name in braces")],
)
def test_a_wrong_placeholder_is_refused_and_nothing_is_written(tmp_path: Path, translation: str, fault: str) -> None:
    source = catalogue(tmp_path, "bn", f'msgid "In {{hours}} hours"\nmsgstr "{translation}"\n')
    with pytest.raises(CatalogueBroken, match=fault):
        load("bn", tmp_path)
    assert not source.with_suffix(".mo").exists()


def test_untranslated_and_fuzzy_messages_stay_english(tmp_path: Path) -> None:
    body = 'msgid "One"\nmsgstr ""\n\n#, fuzzy\nmsgid "Two {n}"\nmsgstr "দুই"\n'
    loaded = load("bn", catalogue(tmp_path, "bn", body).parents[2])
    assert (loaded.gettext("One"), loaded.gettext("Two {n}")) == ("One", "Two {n}")


SIX_FORMS = (
    '"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : '
    'n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"\n'
)
ARABIC = """
msgid "{count} visit"
msgid_plural "{count} visits"
msgstr[0] "لا زيارات"
msgstr[1] "زيارة واحدة"
msgstr[2] "زيارتان"
msgstr[3] "{count} زيارات"
msgstr[4] "{count} زيارة"
msgstr[5] "{count} زيارة"
"""


def test_arabic_counts_in_six_forms_and_its_dual_needs_no_figure(tmp_path: Path) -> None:
    source = catalogue(tmp_path, "ar", "")
    source.write_text(source.read_text("utf-8") + SIX_FORMS + ARABIC, "utf-8")
    loaded = load("ar", tmp_path)
    said = [loaded.ngettext("{count} visit", "{count} visits", n) for n in (0, 1, 2, 3, 11, 100)]
    assert said == ["لا زيارات", "زيارة واحدة", "زيارتان", "{count} زيارات", "{count} زيارة", "{count} زيارة"]


def test_a_plural_form_may_not_be_missing(tmp_path: Path) -> None:
    body = 'msgid "{count} visit"\nmsgid_plural "{count} visits"\nmsgstr[0] "{count} visite"\nmsgstr[1] ""\n'
    with pytest.raises(CatalogueBroken, match="plural form is missing"):
        compile_catalogue("en", catalogue(tmp_path, "en", body))


def test_facts_fill_a_sentence() -> None:
    assert translate("en", "In {hours} hours", hours="2") == "In 2 hours"
    assert translate("en", "In {hours} hours") == "In {hours} hours"
    assert ngettext("en", "{count} visit", "{count} visits", 1) == "1 visit"
    assert ngettext("en", "{count} visit", "{count} visits", 2, count="২") == "২ visits"
    assert placeholders("{a} and {b}") == {"a", "b"}
