"""Care: what comes after the work. Today: the two ratings of a job; cases, warranty visits and call-backs come here.

Promises: each side rates once, about two things, within seven days of approval; neither sees the other's words before
both have rated or the time is over, so nobody can answer a bad mark with another (double-blind, lifecycle.md E.4 #25).
An average is shown from three ratings on, and counts a rating only once it is open. Words are sealed under the key
of the one who wrote them. Start at `rules.py`, then `actions.rate`.
"""
