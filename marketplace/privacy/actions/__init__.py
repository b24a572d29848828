"""What can be done: looking at a person's data, opening and closing windows, policies and consents, erasing."""

from marketplace.privacy.actions.erasing import at_erasure, erase, shred
from marketplace.privacy.actions.exporting import Exported, export_of
from marketplace.privacy.actions.policies import accept, grant_consent, publish, withdraw_consent
from marketplace.privacy.actions.revealing import (
    Reader,
    note_file,
    note_places,
    note_reports,
    own,
    own_address,
    own_contact,
    reveal,
    reveal_card,
)
from marketplace.privacy.actions.windows import close_windows, open_window, set_window_end

__all__ = [
    "Exported", "Reader", "accept", "at_erasure", "close_windows", "erase", "export_of", "grant_consent", "note_file",
    "note_places", "note_reports", "open_window", "own", "own_address", "own_contact", "publish", "reveal",
    "reveal_card", "set_window_end", "shred", "withdraw_consent",
]  # fmt: skip
