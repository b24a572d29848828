"""Values inside sentences and cells: each in its own direction, whatever the page's."""

import pytest
from markupsafe import Markup

from marketplace.foundation.languages import Formatter, Language
from marketplace.foundation.money import Money
from web.templating import Words, plain

BELOW_ZERO = Money(-1_500_000, "IRR")


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("ar", "rtl"), ("bn", "ltr"), ("en", "ltr")])
def test_an_amount_runs_as_its_reader_reads_also_below_zero(language: Language, direction: str) -> None:
    show = Formatter(language, "Asia/Tehran")
    shown = Words(show).shown(BELOW_ZERO)
    assert shown == Markup('<bdi dir="{}">{}</bdi>').format(direction, show.money(BELOW_ZERO))


def test_bare_text_keeps_the_direction_of_every_value() -> None:
    shown = [Words(Formatter(language, "Asia/Tehran")).shown(BELOW_ZERO) for language in ("fa", "en")]
    assert [plain(each)[0] for each in shown] == ["\u2067", "\u2066"]
    assert plain(Markup("<bdi>کریم</bdi>"))[0] == "\u2068"
