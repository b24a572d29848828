"""Catalogue: what can be asked for, which questions it takes, what it costs, and where it is offered.

Category → service → questions. A service names the skills it needs and how long it takes. What it costs stands in a
price book: versioned, valid from a moment, never changed after it came into force, in one currency. A zone is a part
of the town with names in four languages, a middle, and a radius or a ring.

Promises: a question that is hidden by another answer never blocks and is never kept (experience.md CU2); a free text
never holds a card number; every text stands in four languages; a search finds a word in any of the four digit sets
and either spelling of a letter. Start with `rules.py`; the texts themselves are in `content/`.
"""
