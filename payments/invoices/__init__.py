"""Invoices: receipts, invoices, credit notes with gapless numbers, and statements; pure functions of what was posted.

It promises that a document says what the ledger says, to the minor unit and tax by tax; that the numbers of a series
run 1, 2, 3 … within a fiscal year without a gap, whoever issues at once and whatever is rolled back; that an issued
document never changes (a correction is a credit note that names it, and all of them together give back no more than it
asked); and that no transfer is documented twice (payments.md §9, §10 row 28).

A job is an opaque `subject`: its number and the service's title are told from above (`About`) and frozen in four
languages. Names of persons are never stored here: whoever shows a document looks them up, so that after an erasure the
amounts stay and the names are gone (promises.md T29).

Start with `rules.py` and `drafting.py` (which transfer gives which document), then `actions.py`; `statements.py` is
about wallets.
"""
