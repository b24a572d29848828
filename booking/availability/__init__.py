"""Availability: when somebody can come, and the guard that nobody is promised twice.

Promises: a window that is shown can be held at that moment, travel included; no two live occupations of one person
overlap, whatever the code does (constraint `nobody_is_double_booked`); a hold ends by itself; a repeated command gets
its first answer; a change of working hours never cancels what was promised, it lists it.

A window is what the customer is promised; the plan inside it may move. A visit keeps its `visit` id for life, while
each change of its planned time is a new row of `occupation`, so that history explains itself.
Start at `route.py` (the arithmetic of a day, dispatch.md §3), then `openings.py` (the same for many days at once),
`queries.windows_at` with `memory.py` (what a process need not read again), then `actions.hold`. In the background
`replanning.py` orders days anew so that more can be promised. Places are kept as coarse cells only: the exact address
stays sealed with its owner.
"""
