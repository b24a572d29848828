"""What can be done with accounts; one file for each noun.

Refusals are raised but for one: `confirm_code` returns `WrongCode`, since a counted try must be committed. Raise it,
if you like, after the transaction.
"""

from marketplace.people.actions.accounts import (
    change_language,
    change_name,
    disable,
    enable,
    forget,
    register,
    set_username,
    state_age,
)
from marketplace.people.actions.addresses import add_address, change_address, end_address
from marketplace.people.actions.codes import (
    CodeRequested,
    Confirmed,
    code_text,
    confirm_code,
    request_again,
    request_code,
)
from marketplace.people.actions.contacts import add_contact, end_contact
from marketplace.people.actions.passwords import (
    ResetRequested,
    SignIn,
    begin_sign_in,
    finish_sign_in,
    link_is_open,
    link_token,
    request_reset,
    reset,
    set_password,
)
from marketplace.people.actions.roles import end_role, grant_role
from marketplace.people.actions.second_factor import (
    begin_totp,
    check_totp,
    enable_totp,
    end_totp,
    renew_recovery_codes,
    use_recovery_code,
)
from marketplace.people.actions.sessions import (
    SignedIn,
    Started,
    end_session,
    end_sessions,
    mark_second_factor,
    mark_stepped_up,
    start_session,
    touch,
)
from marketplace.people.actions.sweeping import sweep

__all__ = [
    "CodeRequested", "Confirmed", "ResetRequested", "SignIn", "SignedIn", "Started", "add_address", "add_contact",
    "begin_sign_in", "begin_totp", "change_address", "change_language", "change_name", "check_totp", "code_text",
    "confirm_code", "disable", "enable", "enable_totp", "end_address", "end_contact", "end_role", "end_session",
    "end_sessions", "end_totp", "finish_sign_in", "forget", "grant_role", "link_is_open", "link_token",
    "mark_second_factor", "mark_stepped_up", "register", "renew_recovery_codes", "request_again", "request_code",
    "request_reset", "reset", "set_password", "set_username", "start_session", "state_age", "sweep", "touch",
    "use_recovery_code",
]  # fmt: skip
