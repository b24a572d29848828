"""A city's day under a virtual clock, to see what the rules of dispatch are worth before they are published.

It promises: the same seed is the same day; the score, the batch and who may hold a next job are production's own rules,
told only what production would know; every policy meets the same people, who answer each job the same way; what is told
of hindsight is a plan that breaks no rule of the world, with nobody refusing.

`city.py` is the world and its secrets, `day.py` the clock, `plain.py` what others do, `ours.py` the house's own way,
`hindsight.py` what could have been done, `report.py` and `run.py` the figures. `karigar simulate city` calls it.
"""
