"""Work that comes back, and the equipment it is done on (lifecycle.md F.2 "plans"; features.md 33, 34).

It promises: at most one visit of a plan is under way, and for one due day and try there is one job, whatever comes
twice; a visit is a job like any other, priced, held, paid and called off by its own rules; nothing is paid by itself
but within the permission that its customer has given, up to the amount they named and never above the plan's price;
pausing, skipping and stopping cost nothing but what the visit's own terms say, and then they ask first.

Start with `rules.py`: when a visit is due, which windows fit, what comes next. `engine.look` is the one function that
moves a plan by the clock; `proposing.py` makes the visit; `actions.py` is what customers do, `equipment.py` what they
keep at home. `queries.py` answers the owner alone.
"""
