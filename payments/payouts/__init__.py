"""Payouts: what specialists have earned, and customers want back, is sent to their bank accounts, once.

It promises that an item is held, sent or released and never two of these; that nobody pays out what is owed to us,
what is frozen, or to an account that was changed a moment ago; that whoever prepares a batch does not approve it, and
that a change after the approval voids it; that a batch's file is made once and is the same byte for byte for ever;
and that an item of unknown outcome stays held and is never sent again by itself (payments.md §7).

An item goes requested → checked → approved → batched → sending → accepted | rejected | unknown → on_statement, and
perhaps → returned. Account numbers lie sealed under their person's key, the file under a key of its batch.

Start with `rules.py` (the moves, what is looked at), `account_numbers.py` (what is an account), then `actions/`.
Persons, organizations and jobs are not known here: limits and what is open against somebody are told from above.
"""
