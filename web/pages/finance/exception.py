"""One exception: what the ledger, the gateway's report and the bank's statement say, side by side, and the ways out."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from payments.reconciliation import by_hand, deciding, queries, solving
from payments.reconciliation.attaching import attachments_of
from payments.reconciliation.attachments import MOST_FILES, Form
from payments.reconciliation.queries import ExceptionFacts
from payments.reconciliation.rules import How, Kind, MatchNotFound, Proposal, Solution, What, Why
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.finance import colleagues, words
from web.parts import Filled
from web.respond import page, see_other
from web.sentences.marking import N_

ROOT: Final = "/finance/exceptions"
SOLUTIONS: Final[dict[Solution, str]] = {
    Solution.CREDIT: N_("Credit it to the wallet of whoever paid"),
    Solution.RETURN: N_("Set it apart until it has gone back to the payer"),
    Solution.WRITE_OFF: N_("Write it off"),
    Solution.ACCEPT: N_("Accept it as it is: nothing moves"),
}
REASONS: Final[dict[Why, str]] = {
    Why.SAME_AMOUNT_NEAR_DAY: N_("the same amount, within three days"),
    Why.PARTS_OF_ONE_PAYMENT: N_("parts of one payment"),
    Why.SEVERAL_PAYMENTS_IN_ONE: N_("several payments in one line"),
    Why.PARTS_OF_ONE_BATCH: N_("parts of one batch"),
    Why.SEVERAL_BATCHES_IN_ONE: N_("several batches in one deposit"),
    Why.SAME_NET_NEAR_DAY: N_("the same net, within three days"),
}
STEPS: Final[dict[What, str]] = {
    What.CHANGED: N_("turned into another matter"), What.CLOSED: N_("settled"), What.OPENED_AGAIN: N_("opened again"),
    What.ASSIGNED: N_("given to somebody"), What.NOTED: N_("noted"), What.ASKED_GATEWAY: N_("the gateway was asked"),
    What.PROPOSED: N_("a way out was proposed"), What.WITHDRAWN: N_("the proposal was withdrawn"),
    What.SOLVED: N_("solved"), What.UNMATCHED: N_("a match was undone"), What.ATTACHED: N_("attached"),
    What.DETACHED: N_("taken away again"),
}  # fmt: skip
OF_KINDS: Final[dict[Kind, tuple[Solution, ...]]] = {
    Kind.UNKNOWN_FEE: (Solution.ACCEPT,), Kind.PAID_NOT_CREDITED: (),
    Kind.DUPLICATE: (Solution.CREDIT, Solution.RETURN, Solution.WRITE_OFF),
    Kind.AMOUNT: (Solution.CREDIT, Solution.RETURN, Solution.WRITE_OFF),
    Kind.FOREIGN: (Solution.RETURN, Solution.WRITE_OFF), Kind.REVERSED: (Solution.RETURN, Solution.WRITE_OFF),
}  # fmt: skip
OTHERS: Final = (Solution.WRITE_OFF,)
NOUNS: Final = ("suggestions", "solutions", "approval", "questions", "notes", "attachments", "parting")


@get(f"{ROOT}/{{id:uuid}}", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req, id: FromPath[UUID]) -> Response[str]:
    """Three sources side by side, suggestions, ways out, and what happened so far."""
    return shown(request, id)


@post(f"{ROOT}/{{id:uuid}}/suggestions", opt={"policy": "finance.write"}, sync_to_thread=True)
def decide(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Yes or no to a suggestion."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    yes = fields.choice("decision", ["accept", "decline"]) == "accept"
    suggestion = _id(fields.raw("suggestion"))
    fields.check()
    say = deciding.accept if yes else deciding.decline
    return done(request, id, "accepted" if yes else "declined",
                 lambda session: say(session, suggestion, by=me, now=now), now)  # fmt: skip


@post(f"{ROOT}/{{id:uuid}}/solutions", opt={"policy": "finance.write"}, sync_to_thread=True)
def solve(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Move the money that hangs on it, or propose to, above the limit of one person."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    how = fields.choice("how", list(Solution))
    reason = fields.text("reason", longest=200)
    if fields.errors:
        return shown(request, id, form=Filled(fields.typed, answers.beside(fields.errors, request)))
    limit = int(home().settings["second_person_above"])
    return done(
        request, id, "solved",
        lambda session: solving.solve(
            session, id, Solution(how), reason=reason, by=me, second_above=limit, now=now
        ), now, form=Filled(fields.typed),
    )  # fmt: skip


@post(f"{ROOT}/{{id:uuid}}/approval", opt={"policy": "finance.write"}, sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """The second person's yes or no; or the first takes it back."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    yes = fields.choice("decision", ["approve", "withdraw"]) == "approve"
    fields.check()
    say = solving.approve if yes else solving.withdraw
    return done(request, id, "approved" if yes else "withdrawn",
                 lambda session: say(session, id, by=me, now=now), now)  # fmt: skip


@post(f"{ROOT}/{{id:uuid}}/questions", opt={"policy": "finance.write"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Ask the gateway what it knows."""
    now, me = clock.now(), request.user.person_id
    return done(request, id, "asked", lambda session: solving.ask_gateway(session, id, by=me, now=now), now)


@post(f"{ROOT}/{{id:uuid}}/notes", opt={"policy": "finance.write"}, sync_to_thread=True)
def note(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Write something down about it."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    said = fields.text("note", longest=500)
    if fields.errors:
        return shown(request, id, form=Filled(fields.typed, answers.beside(fields.errors, request)))
    return done(request, id, "noted", lambda session: solving.note(session, id, said, by=me, now=now), now)


@post(f"{ROOT}/{{id:uuid}}/parting", opt={"policy": "finance.write"}, sync_to_thread=True)
def part(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """Undo the match by which a person settled it; both sides are open again. Refuses MatchNotFound, ReasonMissing."""
    fields, now, me = Fields(data, request.user.language), clock.now(), request.user.person_id
    reason = fields.text("parting_reason", longest=200)
    if fields.errors:
        return shown(request, id, form=Filled(fields.typed, answers.beside(fields.errors, request)))

    def act(session: Session) -> None:
        match = by_hand.match_of(session, id)
        if match is None:
            raise MatchNotFound
        deciding.part(session, match, by=me, reason=reason, now=now)

    return done(request, id, "parted", act, now, form=Filled(fields.typed))


@get(
    [f"{ROOT}/{{id:uuid}}/{noun}" for noun in NOUNS],
    opt={"policy": "finance.read"},
    sync_to_thread=False,
)
def back(request: Req) -> Redirect:
    """The answer to a form, reloaded or read in another language."""
    return see_other(request.url.path.rpartition("/")[0])


routes = [show, decide, solve, approve, ask, note, part, back]


def done(
    request: Req, id: UUID, what: str, act: Callable[[Session], object], now: datetime, *, form: Filled | None = None
) -> Response[str] | Redirect:
    """The act in one transaction with its line in the journal; a refusal is said on the page."""
    try:
        with transaction() as session:
            audit.record(
                session, action=f"finance.exception_{what}", actor=request.user.person_id, subject=None, reason=None,
                now=now, exception=id,
            )  # fmt: skip
            act(session)
    except Refused as refusal:
        return shown(request, id, refusal, form=form)
    return see_other(f"{ROOT}/{id}")


def shown(
    request: Req, id: UUID, refusal: Refused | None = None, *, form: Filled | None = None, status: int = 422
) -> Response[str]:
    """The page, with what is wrong with a form: `status` is then its answer's."""
    now = clock.now()
    with transaction() as session:
        found = queries.facts_of(session, id, now=now)
        suggested = [each for each in queries.suggestions_of(session, id) if each.state is Proposal.OPEN]
        names = colleagues.names(session, request, _people(found), case=id, now=now)
        attached = [each for each in attachments_of(session, id) if each.removed_at is None]
        can_part = by_hand.match_of(session, id) is not None
    called = {str(person): name for person, name in names.items()}
    said = None if refusal is None else answers.answer(refusal, request)
    status = said.status if said else status if form and form.errors else 200
    return page(
        request, "pages/finance/exception.html", status_code=status, found=found, about=found.about,
        suggested=suggested, said=said.sentence if said else "", form=form or Filled(), kinds=words.KINDS,
        next_acts=words.NEXT, reasons=REASONS, rules=RULES, steps=STEPS, solutions=SOLUTIONS,
        ways=_ways(found), me=request.user.person_id, states=STATES, called=called, attached=attached,
        can_part=can_part, forms=FORMS, most_files=MOST_FILES,
    )  # fmt: skip


def _people(found: ExceptionFacts) -> list[UUID]:
    """Whose names stand on the page: its owner, who did something, and to whom it was given."""
    given = [UUID(each.fact) for each in found.history if each.what is What.ASSIGNED and each.fact]
    acted = [each.by for each in found.history if each.by is not None]
    proposed = [] if found.waiting is None else [found.waiting.asked_by]
    return [each for each in (found.about.owner, *acted, *given, *proposed) if each.int]


def _ways(found: ExceptionFacts) -> tuple[Solution, ...]:
    """What the form offers; the rules judge once more."""
    if found.closed_at is not None or found.waiting is not None:
        return ()
    return OF_KINDS.get(found.about.kind, OTHERS)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


RULES: Final[dict[How, str]] = {
    How.AMOUNT_AND_DATE: N_("amount and date"), How.BATCH_BY_DAY: N_("batch by its day"),
    How.PARTS: N_("parts that make the whole"),
}  # fmt: skip
FORMS: Final[dict[Form, str]] = {
    Form.PDF: N_("PDF"), Form.JPEG: N_("photo"), Form.PNG: N_("picture"), Form.TEXT: N_("text"),
}  # fmt: skip
STATES: Final[dict[str, str]] = {
    "paid": N_("paid"), "partly_refunded": N_("partly given back"), "refunded": N_("given back"),
    "reversed": N_("taken back"), "started": N_("at the bank"), "pending": N_("being checked"),
    "unknown": N_("unknown"), "failed": N_("not paid"), "expired": N_("ran out"), "mismatch": N_("differs"),
    "payment": N_("payment"), "refund": N_("refund"), "chargeback": N_("charge-back"), "fee": N_("fee"),
    "reserve": N_("reserve"), "adjustment": N_("adjustment"), "deposit": N_("deposit"), "payout": N_("payout"),
    "other": N_("other"), "reversal": N_("reversal"), "batch": N_("batch"),
}  # fmt: skip
