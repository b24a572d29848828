"""In which frame a paper stands, and what it needs of its reader."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Response
from sqlalchemy.orm import Session

from marketplace.foundation.ids import PersonId
from marketplace.privacy import actions as privacy
from web.documents import pdf
from web.documents.paper import Paper
from web.identity import Req

CUSTOMER, SPECIALIST, FINANCE = "page_customer.html", "pages/specialist/frame.html", "pages/finance/frame.html"


@dataclass(frozen=True)
class Side:
    """Whose wallet is looked at, and from where."""

    owner_kind: str
    owner: UUID
    address: str
    frame: str
    back: str


def own_side(request: Req, owner_kind: str) -> Side:
    """The reader's own wallet, as customer or as specialist."""
    if owner_kind == "specialist":
        return Side("specialist", request.user.person_id, "/work/earnings/statement", SPECIALIST, "/work/earnings")
    return Side("customer", request.user.person_id, "/wallet/statement", CUSTOMER, "/wallet")


def own_name(session: Session, person: PersonId) -> str | None:
    """The reader's own name, opened under their own key; None where they gave none."""
    return privacy.own(session, person=person, field="name")


def as_pdf(paper: Paper, name: str, *, at: datetime) -> Response[bytes]:
    """The paper as a file that a browser shows; `at` stands in its properties."""
    return Response(
        pdf.pdf(paper, at=at),
        media_type="application/pdf",
        headers={"content-disposition": f'inline; filename="{name}.pdf"'},
    )
