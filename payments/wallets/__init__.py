"""Wallets: what customers and specialists have, and how a job's money moves through them.

It promises that what is set aside for a job can be spent on nothing else, that what a customer pays for a job is split
to the unit into net, commission and tax, and that every verb may be repeated: keys are derived from the job and the
number of the act, so two workers and a page compute the same one (payments.md §2.1, §4).

Customers and specialists are opaque ids, a job is an opaque `subject`. Holds live in the ledger; the one table of this
feature keeps what a specialist earned with every deduction, for the statement.

Start with `rules.py` (the splits), then `actions.py`. Every verb calls the ledger once, as its last statement.
"""
