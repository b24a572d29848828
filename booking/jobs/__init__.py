"""The Job: one aggregate from the first word of a request to its settlement (lifecycle.md E).

It promises: no state changes but through the table in `transitions.py`; a command sent twice has one effect and one
answer; every change leaves a row in `job_event`, chained by hashes, with who, when by their device, when by ours, and
why; money, contact and slots move in the same transaction as the state, or not at all.

Start with `transitions.py` (what may happen, as data), then `guards.py` (what must be true for it), then
`actions.fire`, the one function that moves a job. What else happens at each move is in one small file per region:
`money.py`, `contact.py`, `slots.py`, `letters.py`, `timers.py`; for work that takes several people also `crews.py` and
`crew_money.py`. `drafts.py` is what precedes a job; `queries.py` and `lists.py` answer each reader with the fields that
reader may see, and no others. Work of several visits is tied together in `visits.py`: `quotes.py` after an estimate,
`warranty.py` after the work.
"""
