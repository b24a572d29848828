"""Closing: finance signs the days of an account, and nothing is recorded behind a signature (payments.md §3.7, §8.4).

Promises: a day is signed only when its bank says what the books say, every line of it was looked at and every
exception has an owner; a signature keeps balances, totals, what was open and a digest, and is never changed; it waits
for everybody who could still have written into the day; opening again is an act of another person, with a reason.

Start with `rules.py` (when a day may be signed, how a day is summed up), then `actions.py` (`begin`, `finish`,
`reopen`, `state_balance`), `queries.py` (signatures, what a day comes to) and `desk.py` (is all the money here?).
"""
