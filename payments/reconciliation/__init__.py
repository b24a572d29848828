"""Reconciliation: the gateway's report, the bank's statement and our ledger are held against each other, line by line.

Promises: a file is imported once, and a line once, however often and in how many files it comes; a file whose totals
differ is refused whole; each line is matched or an exception with an owner and an age; nothing is guessed: a match
needs the exact reference, amount and currency; the clearing account of a gateway falls to zero with each batch.

Start with `rules.py` (what a statement must add up to, the kinds of exceptions), then `actions.py`
(`import_settlement`, `import_statement`, `match`) and `queries.py` (what is left over, for finance).
Two joins: report line to credited attempt (its fee is posted), and batch to deposit (the deposit is posted).
"""
