"""Tickets: a resident's request goes to the one team that owns that trade of the building (promises.md T1, T2, T20).

It promises: a ticket is a job like any other, in the one state machine and its journal (`jobs/ticket_process.py`); an
open one stands on the queue of the team whose duty it is now, a taken one stays with the team of whoever took it; one
of those who take it at once has it. Being in the team is the right itself, asked of the database at every call: whoever
leaves at t is refused after t, and each look before t is written down for the resident. Name and number of the resident
are released to whoever took it alone, and to nobody before.

Start with `rules.py`; `actions.py` is what residents and the team do, `queries.py` what each of them reads, `board.py`
what the management of their compound reads, `telling.py` the word that a team gets. `record.py` is the row and the
right to it. Why tickets are jobs: `marketplace/decisions/0025-tickets.md`.
"""
