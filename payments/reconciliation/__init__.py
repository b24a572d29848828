"""Reconciliation: the gateway's report, the bank's statement and our ledger are held against each other, line by line.

Promises: each line is matched or an exception with an owner and an age; nothing is guessed: by itself matches only what
has the exact reference, amount and currency, or is the net of the batch it names; the clearing account of a gateway
falls to zero with each batch; the order of imports changes nothing; a match is undone by another row, never deleted.

Start with `rules.py` (the kinds of exceptions, the names of the rules), then `matching.py` (one run of all passes),
`actions.py` (import, match), `deciding.py` (suggestions, matches by hand; `by_hand.py` shows both sides before),
`solving.py` (what is done about an exception), `attaching.py` (its files) and `queries.py`. Two joins: report line to
credited attempt, and batch to deposit.
"""
