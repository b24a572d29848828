"""A day of a town, played through its HTTP API by real threads, while things go wrong.

Customers request, pay on the bank's own page and call off; specialists accept at once, decline, give back, type wrong
codes; many requests are sent twice with one key. What is refused is counted by kind. A connection that breaks, or a
process that is killed, costs time and no more: the same request goes again with the same key. The same seed makes the
same people want the same things; how threads meet is chance.

`line.py` carries requests and measures; `stage.py` holds everybody; `crews.py` answers offers; `plays.py` brings one
job from its request to its end; `bank.py` pays, and makes the bank's weather. `karigar rehearse` puts it together.
"""
