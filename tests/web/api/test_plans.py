"""Plans and equipment through the API: the same acts as on the pages."""

from typing import Any

from marketplace.foundation import clock
from tests.web.api.conftest import Opener, Story


def test_a_plan_is_made_skipped_and_ended_by_a_program(program: Opener, story: Story) -> None:
    customer, other = program("customer"), program("specialist")
    job, _ = story.accepted(customer)
    piece = customer.post("/equipment", {"kind": "split_ac", "name": "Bedroom"})
    assert (piece.status_code, piece.json()["name"]) == (201, "Bedroom")
    new: dict[str, Any] = {
        "job": job, "every": 1, "unit": "months", "first": clock.now().date().replace(year=2027).isoformat(),
        "weekdays": [7], "band": "morning", "equipment": piece.json()["id"], "shown": {"minor": 1, "currency": "BDT"},
    }  # fmt: skip
    dear = customer.post("/plans", new)
    assert (dear.status_code, dear.json()["type"]) == (409, "PlanPriceChanged")
    shown = {"minor": 10**9, "currency": "BDT"}
    for wrong, status in (
        ({"every": 0}, 422),
        ({"weekdays": [9]}, 422),
        ({"band": "night"}, 422),
        ({"unit": "x"}, 400),
    ):
        assert customer.post("/plans", new | {"shown": shown} | wrong).status_code == status, wrong
    made = customer.post("/plans", new | {"shown": shown})
    assert made.status_code == 201, made.text
    plan = f"/plans/{made.json()['id']}"
    assert customer.get(plan).json() == made.json()
    due = made.json()["due"]
    assert customer.post(f"{plan}/permission", {"limit": made.json()["price"]}).json()["limit"] is not None
    assert customer.post(f"{plan}/permission", {"limit": None}).json()["limit"] is None
    assert customer.post(f"{plan}/price", {"shown": {"minor": 1, "currency": "BDT"}}).status_code == 409
    assert customer.post(f"{plan}/skips", {"due": due}).json()["due"] > due
    assert [customer.post(f"{plan}/{noun}").json()["state"] for noun in ("pause", "resumption", "ending")] == [
        "paused", "active", "ended",
    ]  # fmt: skip
    assert other.get(plan).status_code == 404
    assert [each["next_due"] for each in customer.get("/equipment").json()["equipment"]] == [None]
    assert len(customer.get("/plans").json()["plans"]) == 1
