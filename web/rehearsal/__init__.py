"""A day of a town, played through its HTTP API by real threads, while things go wrong; and the night after it.

Customers request, pay at one of the gateways' own pages and call off; they agree on more work, tip, complain, want
their money back, or tell their bank that it was not them. Specialists accept at once, decline, give back, type wrong
codes, and want to be paid. Three of finance change the rates, give, decide and send payouts, each with another's word.
Many requests are sent twice with one key. What is refused is counted by kind; each flow of money that was acknowledged
is counted by name. A connection that breaks, or a process that is killed, costs time and no more: the same request goes
again with the same key. The same seed makes the same people want the same things; how threads meet is chance. One job
of each town goes well whatever happens, from the top-up to the payout: of ten that chance alone decides, it may be that
all pay in cash, because their money was too long on its way.

At night the town rests, timers run out and the gateways are asked again; what is still open then is a violation, like
every broken invariant, and a world whose sum is not zero in each currency.

`line.py` carries requests and measures; `stage.py` holds everybody; `crews.py` answers offers; `plays.py` brings one
job from its request to its end, `flows.py` what people do with money on the way; `bank.py` pays; `counters.py` are the
simulated banks with their weather; `office.py` is finance; `own_town.py` opens the town, `night.py` closes its day.
`karigar rehearse` puts it together.
"""
