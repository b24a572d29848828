"""Looking for those who could be at a place soonest: whoever is shown where somebody is, is written down with it."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.alarms.responders import nearest
from booking.alarms.rules import MOST, Responders
from marketplace.foundation.ids import PersonId, ZoneId
from marketplace.foundation.places import Point
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader


def look_for_responders(
    session: Session, *, site: Point, zone: ZoneId, reader: Reader, now: datetime, most: int = MOST
) -> Responders:
    """As `responders.nearest`, for a person to see; each guard whose place is in the answer reads of it.

    Refuses PurposeNotAllowed for whoever coordinates nothing.
    """
    found = nearest(session, site=site, zone=zone, at=now, most=most)
    subjects = [PersonId(each.specialist) for each in found.near]
    privacy.note_places(session, subjects=subjects, reader=reader, purpose="provide", now=now)
    return found
