"""What a specialist's program reads of decisions, and a customer's wish for the person who came last time."""

from tests.web.api.conftest import Opener, Story


def test_whoever_was_asked_reads_so_and_a_customer_asks_for_them_again(program: Opener, story: Story) -> None:
    customer = program("customer")
    job, specialist = story.accepted(customer)
    told = specialist.get("/why").json()
    assert [(line["job"], line["outcome"]) for line in told["jobs"]] == [(job, "offered")]
    assert (told["numbers"]["accepted"], told["numbers"]["answered"]) == (1, 1)
    assert customer.get(f"/jobs/{job}/wish").json() == {"possible": False, "wanted": False}
    assert customer.post(f"/jobs/{job}/wish", {"wanted": True}).json()["type"] == "NobodyToAskAgain"
    specialist.post(f"/work/jobs/{job}/arrival", {"reason": "by_hand"})
    specialist.post(f"/work/jobs/{job}/start", {"code": customer.get(f"/jobs/{job}").json()["start_code"]})
    specialist.post(f"/work/jobs/{job}/completion", {})
    price = customer.get(f"/jobs/{job}").json()["price"]
    specialist.post(f"/work/jobs/{job}/cash", {"amount": price})
    assert customer.post(f"/jobs/{job}/confirmation", {}).json()["state"] == "approved"
    other = story.with_time(customer)
    assert customer.get(f"/jobs/{other}/wish").json() == {"possible": True, "wanted": False}
    assert customer.post(f"/jobs/{other}/wish", {"wanted": True}).json()["wanted"] is True
    assert customer.get(f"/jobs/{other}/wish").json() == {"possible": True, "wanted": True}
    assert specialist.get(f"/jobs/{other}/wish").status_code == 404
    assert customer.get("/why").status_code == 404
