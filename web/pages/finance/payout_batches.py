"""A batch of payouts: prepared by one, approved by another, its file made once, and the bank's answer item by item."""

from typing import cast
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import fingerprint
from marketplace.privacy.actions import Reader
from payments.payouts import actions, queries
from payments.payouts.bank_files import MEDIA_TYPE, SUFFIX
from payments.payouts.rules import BatchChanged, BatchState, Form, Reason, State, approvals_needed
from web import answers, once
from web import payout_words as words
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.account import confirmation
from web.pages.finance.payouts import chosen
from web.paying_out import facts_here, fetched, house_account, terms_of
from web.respond import page, see_other

ROOT = "/finance/payouts/batches"


@post(ROOT, opt={"policy": "finance.write"}, sync_to_thread=True)
def prepare(request: Req, data: FormBody) -> Redirect:
    """Collect what was ticked, or everything that is ready. Pressed twice it is one batch. Refuses NothingToSend."""
    here, fields = home(), Fields(data, request.user.language)
    form = fields.choice("form", list(Form))
    fields.check()
    ticked = [UUID(each) for each in chosen(data, "payout") if _is_id(each)]
    with transaction() as session:
        id = actions.prepare(
            session, currency=here.currency, form=Form(form), by=request.user.person_id,
            command=once.command_id(request, data), terms=terms_of(here), facts_of=facts_here(session, here.currency),
            payouts=ticked or None, now=clock.now(),
        )  # fmt: skip
        _note(session, request, "prepared", id)
    return see_other(f"{ROOT}/{id}")


@get(f"{ROOT}/{{id:uuid}}", opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req, id: FromPath[UUID]) -> Response[str]:
    """The batch with its digest, who prepared and who approved, every item, and what comes next."""
    return _page(request, id)


@post(f"{ROOT}/{{id:uuid}}/approvals", opt={"policy": "finance.write"}, sync_to_thread=True)
def approve(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """One's yes to the batch as it was shown; asks for a fresh confirmation first.

    What has come to stand against an item meanwhile is taken out, and the rest shown again. Refuses
    MakerCannotApprove, AlreadyApproved, BatchChanged, BatchMoved.
    """
    if not request.user.stepped_up:
        return confirmation.needed(f"{ROOT}/{id}")
    here, digest = home(), Fields(data).raw("digest")
    try:
        with transaction() as session:
            actions.approve(
                session, id, by=request.user.person_id, digest=digest, terms=terms_of(here),
                facts_of=facts_here(session, here.currency), now=clock.now(),
            )  # fmt: skip
            _note(session, request, "approved", id, digest=fingerprint(digest))
    except BatchChanged as refusal:
        with transaction() as session:
            actions.look_again(
                session, id, terms=terms_of(here), facts_of=facts_here(session, here.currency), now=clock.now()
            )
        return _page(request, id, refusal)
    except Refused as refusal:
        return _page(request, id, refusal)
    return see_other(f"{ROOT}/{id}")


@post(f"{ROOT}/{{id:uuid}}/file", opt={"policy": "finance.write"}, sync_to_thread=True)
def make_file(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Make the bank's file, once. Refuses NotApproved, BatchChanged, NoHouseAccount, BatchMoved."""
    here = home()
    try:
        with transaction() as session:
            actions.make_file(
                session, id, house=house_account(request.app.state.settings, here), by=request.user.person_id,
                terms=terms_of(here), facts_of=facts_here(session, here.currency), now=clock.now(),
            )  # fmt: skip
            _note(session, request, "filed", id)
    except Refused as refusal:
        return _page(request, id, refusal)
    return see_other(f"{ROOT}/{id}")


@post(f"{ROOT}/{{id:uuid}}/handover", opt={"policy": "finance.write"}, sync_to_thread=True)
def hand_over(request: Req, id: FromPath[UUID]) -> Response[bytes] | Redirect:
    """The file, on its way to the bank: that is written down and committed before anybody has it."""
    if not request.user.stepped_up:
        return confirmation.needed(f"{ROOT}/{id}")
    with transaction() as session:
        actions.hand_over(session, id, by=request.user.person_id, now=clock.now())
        _note(session, request, "handed_over", id)
    return _file(request, id)


@get(f"{ROOT}/{{id:uuid}}/file", opt={"policy": "finance.write"}, sync_to_thread=True)
def file_again(request: Req, id: FromPath[UUID]) -> Response[bytes] | Redirect:
    """The same file once more, byte for byte. Refuses NotHandedOver."""
    if not request.user.stepped_up:
        return confirmation.needed(f"{ROOT}/{id}")
    return _file(request, id)


@post(f"{ROOT}/{{id:uuid}}/outcomes", opt={"policy": "finance.write"}, sync_to_thread=True)
def record(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """What the bank said of the ticked items, or of all that wait when none is ticked. Refuses PayoutMoved."""
    fields = Fields(data, request.user.language)
    outcome = fields.choice("outcome", list(actions.OUTCOMES))
    reason = fields.choice("reason", list(Reason), required=outcome == State.REJECTED)
    fields.check()
    ticked = [UUID(each) for each in chosen(data, "payout") if _is_id(each)]
    try:
        with transaction() as session:
            actions.record_outcomes(
                session, id, ticked, cast("actions.Outcome", State(outcome)), by=request.user.person_id,
                reason=Reason(reason) if reason else None, now=clock.now(),
            )  # fmt: skip
            _note(session, request, "outcome", id, outcome=outcome)
    except Refused as refusal:
        return _page(request, id, refusal)
    return see_other(f"{ROOT}/{id}")


@get(
    [ROOT, *(f"{ROOT}/{{id:uuid}}/{noun}" for noun in ("approvals", "outcomes", "handover"))],
    opt={"policy": "finance.read"},
    sync_to_thread=False,
)
def back(request: Req) -> Redirect:
    """The answer to a form, reloaded or read in another language."""
    return see_other(request.url.path.rpartition("/")[0])


routes = [prepare, show, approve, make_file, hand_over, file_again, record, back]


def _page(request: Req, id: UUID, refusal: Refused | None = None) -> Response[str]:
    here, me = home(), request.user.person_id
    with transaction() as session:
        found = queries.batch(session, id)
        items = queries.items_of(session, id)
    said = None if refusal is None else answers.answer(refusal, request)
    return page(
        request, "pages/finance/payout_batch.html", status_code=said.status if said else 200, batch=found, items=items,
        said=said.sentence if said else "", needed=approvals_needed(found.total, terms_of(here)), me=me,
        may_approve=found.state is BatchState.DRAFT and me != found.made_by
        and me not in {each for each, _ in found.approvals} | {each.owner for each in items},
        states=words.STATES, batch_states=words.BATCHES, forms=words.FORMS, reasons=words.REASONS,
        findings=words.FINDINGS,
    )  # fmt: skip


def _file(request: Req, id: UUID) -> Response[bytes]:
    reader = Reader(request.user.person_id, "finance", device=request.user.session)
    with transaction() as session:
        found, content = fetched(session, id, reader=reader, now=clock.now())
    name = f"{found.reference}.{SUFFIX[found.form]}"
    return Response(
        content,
        status_code=200,
        media_type=MEDIA_TYPE[found.form],
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _note(session: Session, request: Req, what: str, batch: UUID, **facts: str) -> None:
    audit.record(
        session, action=f"finance.payout_batch_{what}", actor=request.user.person_id, subject=None, reason=None,
        now=clock.now(), batch=batch, **facts,
    )  # fmt: skip


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
