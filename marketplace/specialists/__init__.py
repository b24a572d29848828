"""Specialists: who may do which work, where, and when they are willing to.

A specialist is a person who was enrolled; a skill counts once somebody has looked at the proof and granted it, until
it runs out or is taken back. Weekly hours are local wall time of the town, with exceptions by day; `working_periods`
turns them into moments, right on days of 23 and of 25 hours. Standing changes only with a reason, are journalled, and
a person who is not in good standing is in no list of candidates. `seasons` are hours of the house for a while.

Of a person's home only a coarse cell is kept here. Names and phones are the people feature's and are read through
`privacy.reveal` alone. Start with `rules.expand` and `queries.candidates`.
"""
