"""What people do with money besides paying a price: codes, more work, tips, complaints, gifts, money back, payouts.

Each is one short play on one job, by the requests that a page or a program would send. What must be refused is tried
as well: the one who asks for a second person's word cannot give it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from web.paydays import account_of
from web.rehearsal.hand import Hand, Job
from web.rehearsal.line import Answer
from web.rehearsal.stage import Actor, Stage

MATTERS = ("not_done", "damage", "overcharged", "other")
USES_A_CODE = 20  # a customer uses a code once, so there is a new one for each so many jobs


def use_code(hand: Hand, job: Job) -> None:
    """A promotion code before payment; now and then dropped again."""
    path, code = f"/jobs/{job['id']}/promotion", code_for(hand.play.number)
    if hand.flow("promotion", hand.post(path, {"code": code})) and hand.play.chance.random() < 0.15:
        hand.flow("promotion_dropped", hand.post(path, {"code": ""}))


def code_for(number: int) -> str:
    """The code that is about when this job is played."""
    return f"REHEARSE{1 + number // USES_A_CODE}"


def propose_change(hand: Hand, job: Job) -> None:
    """More work than was booked; now and then more than may be asked for."""
    price = int(job["price"]["minor"])
    if hand.play.chance.random() < 0.1:
        hand.act("change", {"reason": "parts", "parts": hand.money(6 * price)})
    body = {"reason": "more_work", "labour": hand.money(_part(hand, price, 0.1, 0.3)), "parts": hand.money(price // 50)}
    hand.flow("change_proposed", hand.act("change", body))


def answer_change(hand: Hand, job: Job) -> None:
    """Yes with the amount that is shown; no; or the specialist thinks again."""
    path, shown, roll = f"/jobs/{job['id']}/change", job["change"], hand.play.chance.random()
    if roll < 0.1:
        hand.flow("change_withdrawn", hand.act("change-withdrawal", None))
        return
    if roll < 0.8:
        if roll < 0.2:
            hand.post(path, {"approved": True, "amount": shown | {"minor": shown["minor"] - 1}})
        if hand.flow("change_agreed", hand.post(path, {"approved": True, "amount": shown})):
            return
    hand.flow("change_declined", hand.post(path, {"approved": False}))


def tip(hand: Hand, job: Job) -> None:
    """So much as the wallet has left, a tenth of the price at most."""
    available = int(hand.get("/wallet").body["available"]["minor"])
    given = min(available, int((job["final"] or job["price"])["minor"]) // 10)
    if given <= 0:
        return
    hand.flow("tip", hand.post(f"/jobs/{job['id']}/tip", {"amount": hand.money(given)}))


def complain(hand: Hand, job: Job) -> None:
    """A case about a part of the price, decided by one of finance, or by two where it is much."""
    final = int((job["final"] or {"minor": 0})["minor"])
    disputed = _part(hand, final, 0.2, 1.0)
    body = {"matter": hand.play.chance.choice(MATTERS), "disputed": hand.money(disputed), "text": "Please look at it"}
    opened = hand.post(f"/jobs/{job['id']}/cases", body)
    if hand.flow("case", opened):
        back = hand.play.chance.choice((0, disputed, _part(hand, disputed, 0.1, 0.9)))
        decide(hand, opened.body["id"], back)


def decide(hand: Hand, case: str, back: int) -> None:
    """By one person, or by a proposal and another person's word."""
    officers = hand.officers()
    if officers is None:
        return
    first, second = officers
    path, body = f"/finance/cases/{case}/decision", {"back": hand.money(back), "ground": "agreed"}
    told = hand.stage.order(first, path, body)
    if told.good and told.body["state"] == "proposed":
        _never(hand, hand.stage.order(first, path, body), "one_person_was_two")
        told = hand.stage.order(second, path, body)
        hand.flow("case_by_two", told)
    if not told.good:
        told = hand.stage.order(first, path, body | {"back": hand.money(0)})
    hand.flow("case_decided" if back else "case_turned_down", told)


def give_back(hand: Hand, job: Job) -> None:
    """Finance gives a part of the price back to the customer's wallet."""
    officers = hand.officers()
    if officers is None or not job["final"]:
        return
    first, second = officers
    wanted = hand.money(_part(hand, int(job["final"]["minor"]), 0.1, 0.6))
    told = hand.stage.order(first, f"/finance/jobs/{job['id']}/refunds", {"amount": wanted, "ground": "our_mistake"})
    if told.good and told.body["state"] == "proposed":
        path, body = f"/finance/cases/{told.body['id']}/decision", {"back": wanted, "ground": "our_mistake"}
        _never(hand, hand.stage.order(first, path, body), "one_person_was_two")
        told = hand.stage.order(second, path, body)
        hand.flow("refund_to_wallet_by_two", told)
    hand.flow("refund_to_wallet", told)


def goodwill(hand: Hand, job: Job) -> None:
    """A gift of the house to one of the two; beyond the limit by two, or withdrawn."""
    officers, chance = hand.officers(), hand.play.chance
    if officers is None:
        return
    first, second = officers
    body = {
        "number": job["number"], "who": chance.choice(("customer", "specialist")), "reason": "apology",
        "amount": hand.money(_part(hand, int(job["price"]["minor"]), 0.05, 0.8)),
    }  # fmt: skip
    told = hand.stage.order(first, "/finance/goodwill", body)
    if told.good and told.body["state"] == "asked":
        path = f"/finance/goodwill/{told.body['id']}"
        _never(hand, hand.stage.order(first, f"{path}/approval"), "one_person_was_two")
        if chance.random() < 0.2:
            hand.flow("goodwill_withdrawn", hand.stage.order(first, f"{path}/withdrawal"))
            return
        told = hand.stage.order(second, f"{path}/approval")
        hand.flow("goodwill_by_two", told)
    hand.flow("goodwill", told)


def back_to_source(hand: Hand, _: Job) -> None:
    """What is left of a top-up goes back the way it came; whole, where its gateway gives back nothing less."""
    attempt, officers = _paid_try(hand), hand.officers()
    if attempt is None or officers is None or hand.paid is None:
        return
    first, second = officers
    whole = int(attempt["whole"])
    available = int(hand.get("/wallet").body["available"]["minor"])
    amount = whole if hand.paid.gateway == "zarinpal" else min(available, whole)
    if not 0 < amount <= available:
        return
    body = {"amount": hand.money(amount), "reason": "customer_wish"}
    told = hand.stage.order(first, f"/finance/attempts/{attempt['id']}/refunds", body)
    if told.good and told.body["state"] == "asked":
        path = f"/finance/refunds/{told.body['id']}"
        _never(hand, hand.stage.order(first, f"{path}/approval"), "one_person_was_two")
        told = hand.stage.order(second, f"{path}/approval")
        if not told.good:
            hand.stage.order(first, f"{path}/withdrawal")
        hand.flow("refund_to_source_by_two", told)
    if hand.flow("refund_to_source", told):
        hand.stage.tally.flow(f"refund_by_{hand.paid.gateway}")


def charge_back(hand: Hand, _: Job) -> None:
    """The payer tells their bank that it was not them; what the bank decides comes later (`office`)."""
    attempt = _paid_try(hand)
    if attempt is None or hand.paid is None:
        return
    if hand.paid.gateway != "stripe":
        _letter_of_the_bank(hand, attempt)
        return
    asks_only = hand.play.chance.random() < 0.15
    dispute = hand.stage.bank.pull(
        hand.stage.line.client, "disputes",
        {"payment_intent": attempt["transaction_number"], "reason": "fraudulent", "warning": asks_only},
    )  # fmt: skip
    if dispute is not None:
        hand.stage.disputes.append(str(dispute["id"]))
        hand.stage.tally.flow("chargeback_asked" if asks_only else "chargeback")


def _letter_of_the_bank(hand: Hand, attempt: Mapping[str, Any]) -> None:
    """Other gateways tell of it on paper: finance writes it down, twice now and then, and may misread the amount."""
    officers, chance, whole = hand.officers(), hand.play.chance, int(attempt["whole"])
    if officers is None:
        return
    path, number = f"/finance/attempts/{attempt['id']}/chargebacks", f"REHEARSAL-{hand.play.number}"
    letter = {"number": number, "reason": "fraudulent", "fee": hand.money(whole // 50)}
    if chance.random() < 0.2:
        _never(
            hand,
            hand.stage.order(officers[0], path, letter | {"amount": hand.money(whole + 1)}),
            "more_came_back_than_was_paid",
        )
    letter["amount"] = hand.money(whole if chance.random() < 0.5 else max(whole // 2, 1))
    told = hand.stage.order(officers[0], path, letter)
    if hand.flow("chargeback_by_letter", told):
        hand.stage.letters.append(str(told.body["id"]))
        if chance.random() < 0.2:
            _never(hand, hand.stage.order(officers[1], path, letter), "a_letter_was_taken_twice")


def withdraw(hand: Hand, _: Job) -> None:
    """The customer wants what is left on their own account."""
    ask_payout(hand, hand.play.customer, "customer", "withdrawal")


def be_paid(hand: Hand, _: Job) -> None:
    """Somebody who worked today wants what is free."""
    earners = hand.stage.earners
    if earners:
        ask_payout(hand, hand.play.chance.choice(earners), "specialist", "payout")


def ask_payout(hand: Hand, actor: Actor, wallet: str, flow: str) -> None:
    """All that is free, or a part; more than there is, now and then; taken back, now and then."""
    stage, chance = hand.stage, hand.play.chance
    name_account(hand, actor, wallet)
    seen = stage.line.get(actor.token, "/payouts", wallet=wallet)
    if not seen.good:
        return
    payable = int(seen.body["payable"]["minor"])
    if chance.random() < 0.1:
        more = hand.send(actor.token, "/payouts", {"amount": hand.money(payable + 1), "wallet": wallet})
        if more.good and wallet == "customer":  # earnings may have come meanwhile, a busy customer's money does not
            stage.tally.violation("more_was_paid_out_than_there_was")
        return
    amount = payable if chance.random() < 0.6 else _part(hand, payable, 0.4, 0.9)
    asked = hand.send(actor.token, "/payouts", {"amount": hand.money(amount), "wallet": wallet})
    if hand.flow(flow, asked) and chance.random() < 0.12:
        path = f"/payouts/{asked.body['id']}/cancellation"
        hand.flow(f"{flow}_cancelled", hand.send(actor.token, path, None))


def name_account(hand: Hand, actor: Actor, wallet: str) -> None:
    """Where the money goes; some are told in another name, which finance looks at."""
    if wallet in actor.accounts:
        return
    number = 2 * actor.number + (wallet == "customer")
    there = account_of(hand.stage.town.region, number + 1)
    holder = actor.who.name if hand.play.chance.random() < 0.8 else "Somebody Else"
    body = {"account": there.account, "branch": there.branch, "holder": holder or "Nobody", "wallet": wallet}
    if hand.flow("account_named", hand.send(hand.stage.proved(actor), "/payouts/account", body)):
        actor.accounts.add(wallet)


def read_documents(hand: Hand, job: Job) -> None:
    """What was issued for the job, each once more as a whole: its lines are its total."""
    for actor in (hand.play.customer, hand.play.crew):
        listed = hand.stage.line.get(actor.token, "/documents", job=str(job["id"])) if actor is not None else None
        for each in listed.body if actor is not None and listed is not None and listed.good else ():
            whole = hand.stage.line.get(actor.token, f"/documents/{each['id']}") if actor is not None else None
            if hand.flow("document_read", whole) and whole is not None:
                _check_document(hand.stage, whole)


AFTERWARDS: Mapping[str, Callable[[Hand, Job], None]] = {
    "tip": tip, "complain_later": complain, "give_back": give_back, "goodwill": goodwill, "charge_back": charge_back,
    "back_to_source": back_to_source, "withdraw": withdraw, "be_paid": be_paid, "documents": read_documents,
}  # fmt: skip


def _check_document(stage: Stage, told: Answer) -> None:
    lines = sum(int(each["amount"]["minor"]) for each in told.body["lines"])
    if lines != int(told.body["total"]["minor"]):
        stage.tally.violation("a_document_does_not_add_up")


def _paid_try(hand: Hand) -> dict[str, Any] | None:
    """The try that paid for this job, with what the whole top-up was."""
    if hand.paid is None:
        return None
    found = hand.get(f"/top-ups/{hand.paid.id}")
    if not found.good:
        return None
    paid = [each for each in found.body["attempts"] if each["state"] == "paid"]
    return paid[0] | {"whole": found.body["amount"]["minor"]} if paid else None


def _never(hand: Hand, told: Answer, name: str) -> None:
    """What must be refused was: else a violation of this name."""
    if told.good:
        hand.stage.tally.violation(name)


def _part(hand: Hand, minor: int, least: float, most: float) -> int:
    """A share of an amount in hundreds of its smallest unit, 1 at least."""
    share = hand.play.chance.uniform(least, most)
    return max(1, min(minor, int(minor * share) // 100 * 100))
