"""Where people could take the next job from, and whether they share where they are. One plain point, no trail."""

import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from booking.tracking.rules import Basis, Switch, unfolded
from marketplace.foundation.database import Table
from marketplace.foundation.places import Point
from marketplace.foundation.registry import SYSTEM, field

WHOSE = field("user.account.id", use=("provide",), subject="specialist_id", source="system", retention="shift")
WHERE = field("user.location.precise", use=("provide",), subject="specialist_id", retention="shift",
              export="place from which you could take the next job")  # fmt: skip
WHEN = field("user.workplace.plan", use=("provide",), subject="specialist_id", source="system", retention="shift",
             export="when you could take the next job")  # fmt: skip
SEEN = field("user.location.precise", use=("provide",), subject="specialist_id", source="system", retention="shift",
             export="where that place is known from")  # fmt: skip
CHOICE = field("user.preferences", use=("provide",), subject="specialist_id", export="sharing of your position")


class PlanePoint(UserDefinedType[Point]):
    """PostgreSQL's point in the folded plane (`rules.folded`); read, it is the point on the earth."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """The name of the type in SQL."""
        return "point"

    def result_processor(self, *_asked: object) -> Callable[[str | None], Point | None]:
        """From `(x,y)` as the driver gives it."""
        return _read


class LivePosition(Table):
    """From where and from when somebody could take the next job of one of their trades (dispatch.md §4).

    A row stands while they are on shift and is gone with it. Not logged, so not in any backup either: after a crash
    the table is empty, and filled again from what the town knows and from the next positions.
    """

    __tablename__ = "live_position"
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=WHOSE)
    skill_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=SYSTEM)
    pt: Mapped[Point] = mapped_column(PlanePoint(), info=WHERE)
    free_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=WHEN)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=SEEN)
    basis: Mapped[str] = mapped_column(Text, info=SEEN)
    available: Mapped[bool] = mapped_column(info=SYSTEM)
    __table_args__ = (
        CheckConstraint("abs(pt[0] - skill_no * 1000) <= 180", name="strip"),
        CheckConstraint(f"basis in ({', '.join(repr(each.value) for each in Basis)})", name="basis"),
        Index("live_position_near", "pt", postgresql_using="gist", postgresql_where=text("available")),
        {"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": "80"}},
    )


class LocationSharing(Table):
    """What somebody chose at the three-way switch; who has no row sends nothing."""

    __tablename__ = "location_sharing"
    specialist_id: Mapped[UUID] = mapped_column(primary_key=True, info=CHOICE)
    switch: Mapped[str] = mapped_column(Text, info=CHOICE)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info=CHOICE)
    __table_args__ = (CheckConstraint(f"switch in ({', '.join(repr(each.value) for each in Switch)})", name="switch"),)


def _read(value: str | None) -> Point | None:
    if value is None:
        return None
    found = re.fullmatch(r"\((.+),(.+)\)", value)
    assert found is not None
    return unfolded(float(found[1]), float(found[2]))
