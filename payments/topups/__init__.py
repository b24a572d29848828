"""Top-ups: a person puts money into the wallet through a gateway's own page, and it is credited exactly once.

Promises: nothing is credited on a redirect or a notice, only on the gateway's own server-to-server word; the amount,
the currency, our order number, the terminal and the live flag are compared; one paid attempt has one credit, whoever
asks and however often; an unknown outcome is called unknown and asked again until it is known.

Start with `rules.py` (the states, the limits, the comparisons, the schedule of questions), then `actions.py`.
What a payer's bank takes back of a credited top-up, and what comes back, is followed case by case in `returns.py`;
where only a letter told of it, in `by_letter.py`. What a gateway found risky waits for a person in `reviews.py`.
A top-up is what the person wants; an attempt is one try at one gateway; an event is one line of an attempt's history.
The edge calls the gateway between two transactions: `start`, `Gateway.start`, `record_go`.
"""
