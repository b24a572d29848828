"""Values inside sentences and cells: each in its own direction, whatever the page's."""

import pytest
from markupsafe import Markup

from marketplace.foundation.languages import Formatter, Language
from marketplace.foundation.money import Money
from web.parts import Reader
from web.templating import Words, environment, plain

BELOW_ZERO = Money(-1_500_000, "IRR")


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("ar", "rtl"), ("bn", "ltr"), ("en", "ltr")])
def test_an_amount_runs_as_its_reader_reads_also_below_zero(language: Language, direction: str) -> None:
    show = Formatter(language, "Asia/Tehran")
    shown = Words(show).shown(BELOW_ZERO)
    assert shown == Markup('<bdi dir="{}">{}</bdi>').format(direction, show.money(BELOW_ZERO))


def test_rials_beside_their_tomans_and_references_break_nowhere_within() -> None:
    reader = Reader(Formatter("fa", "Asia/Tehran", region="IR"))
    shown = (
        environment()
        .from_string("{{ amount|money_in_full }} {{ 'KG-2026-000123'|code }} {{ hash|code }}")
        .render(amount=BELOW_ZERO, hash="9f" * 32, reader=reader)
    )
    assert shown.count('<span class="whole">') == 2
    assert '<bdi dir="ltr" class="whole">KG-2026-000123</bdi>' in shown
    assert f'<bdi dir="ltr">{"9f" * 32}</bdi>' in shown
    assert plain(Markup('<bdi dir="ltr" class="whole">K-1</bdi>')) == "\u2066K-1\u2069"


def test_figures_run_as_their_reader_reads() -> None:
    reader = Reader(Formatter("ar", "Asia/Qatar"))
    shown = environment().from_string("{{ -12|number }}{{ nothing|number }}").render(nothing=None, reader=reader)
    assert shown == f'<bdi dir="rtl">{reader.formatter.number(-12)}</bdi>'


def test_bare_text_keeps_the_direction_of_every_value() -> None:
    shown = [Words(Formatter(language, "Asia/Tehran")).shown(BELOW_ZERO) for language in ("fa", "en")]
    assert [plain(each)[0] for each in shown] == ["\u2067", "\u2066"]
    assert plain(Markup("<bdi>کریم</bdi>"))[0] == "\u2068"
