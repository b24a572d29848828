"""The bench of day plans, on a day so small that it takes a moment: its keys, and that nothing promised is broken."""

import pytest

from web.bench import other_planners, plan


def test_the_bench_names_its_figures_and_checks_every_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plan, "present", lambda _: False)
    figures, more = plan.measure(technicians=4, visits=20, seconds=2, seeds=1)
    assert figures["served_vs_best"] == 1.0
    assert figures["moved_locked"] == figures["dropped_promises"] == figures["faults"] == 0
    assert figures["served"] == more["days"][0]["pyvroom"]["served"] > 0
    assert more["compared"] == ["pyvroom"]
    assert "NOT COMPARED WITH pyvrp" in capsys.readouterr().err
    assert not other_planners.present("no_such_solver")
