"""Tracking: from where people could take the next job, and how near somebody is, told as an interval.

Promises: a position is taken on shift only, as the three-way switch allows (share, hide, do not send), one plain point
that the next one replaces and that goes with the shift; what is refused is not stored; switching off works at once and
keeps nobody from offers. Nobody reads a point here but the search for the nearest; a guard's, shown and fresh, also who
coordinates, and that look is written down (`booking.alarms`). An arrival is published as a stretch of time that holds
nine times in ten, never as one minute, and anew only when it slips by more than five minutes (dispatch.md §4, §10).

Start at `rules.may_take` and `rules.folded`, then `actions.take_position`; `rules.interval` is the arrival. What will
come here: the fence that suggests an arrival, and tracks where a licence asks for them.
"""
