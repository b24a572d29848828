"""Care: what comes after the work: the two ratings of a job, and the cases about it. Warranty visits come here.

Promises: each side rates once, about two things, within seven days of approval, and the customer each of a crew if
they like; neither sees the other's words before both have rated or the time is over, so nobody can answer a bad mark
with another (double-blind, lifecycle.md E.4 #25).
An average is shown from three ratings on, and counts a rating only once it is open. Words are sealed under the key
of the one who wrote them. Start at `rules.py`, then `actions.rate`.

A case freezes the disputed amount and no more, is decided once, by a second person beyond the house's limit, and every
amount that goes back to a customer for a job is a decided case (E.4 #35, #36). Start at `cases.open_case`.
"""
