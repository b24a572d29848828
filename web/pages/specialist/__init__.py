"""A specialist's own pages, below /work, for a phone in one hand.

They promise: the next act of the present job is the largest thing on the page, and two taps away at most; before
acceptance an offer shows area, time, work and pay, and no name, phone or address; afterwards these stand behind one
tap, each tap a row in the customer's *Who saw my data*, and only inside their window; what is refused is said in
words on the page that asked, with what can be done instead.

Start with `today.py` and `offers.py`; `cards.py` puts a job's card together, `acts.py` carries its acts out,
`earnings.py`, `hours.py` and `why.py` are the specialist's money, time and fairness.
"""
