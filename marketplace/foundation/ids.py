"""Names for rows: time-ordered ids, ids derived from words, a type for each kind; and digests for people's eyes."""

import secrets
import time
from typing import NewType
from uuid import UUID, uuid5

PersonId = NewType("PersonId", UUID)
OrganizationId = NewType("OrganizationId", UUID)
AddressId = NewType("AddressId", UUID)
ServiceId = NewType("ServiceId", UUID)
ZoneId = NewType("ZoneId", UUID)
JobId = NewType("JobId", UUID)
OfferId = NewType("OfferId", UUID)
OccupationId = NewType("OccupationId", UUID)
TopUpId = NewType("TopUpId", UUID)
AttemptId = NewType("AttemptId", UUID)

KARIGAR = UUID("6f0b7a52-52a5-5f0e-9d0c-6b61726967a7")  # the namespace of every derived id; never changes


def uuid7() -> UUID:
    """A new id that sorts by the millisecond it was made in (RFC 9562 §5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=value)


def derived(*words: object) -> UUID:
    """The id that these words always give: two workers, a notice and a page compute one key without talking.

    `derived("job", job_id, "capture", 1)`. Words are joined by colons, so a word may not hold one.
    """
    parts = [str(word) for word in words]
    if any(":" in part for part in parts):
        raise ValueError("a word of a derived id may not hold a colon")
    return uuid5(KARIGAR, ":".join(parts))


def fingerprint(digest: str) -> str:
    """The first sixteen signs of a hexadecimal digest as people compare them, `1f0a:99c2:07d4:e1b3`.

    Four by four with colons between, for one digest in some thousands has digits enough to read like a card number.
    """
    return ":".join(digest[place : place + 4] for place in range(0, 16, 4))
