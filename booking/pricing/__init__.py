"""Pricing: what a job costs, what the specialist gets of it, and what calling it off costs. Pure: no table, no clock.

Promises: every line says by code why it is there; the lines add up to the total to the smallest unit; a quote is frozen
with a hash over its canonical text, so what was shown is what is charged; the fee in a preview and the fee that is
taken come from the same function with the same stored policy (lifecycle.md E.8 #11).

Start at `rules.quote`, then `rules.net_pay`; `cancelling.on_cancelling` and `cancelling.on_no_show`; the policies
that steer them are data in `policy`. Answers and lines become sentences in `web`, never here.
"""
