"""Tracking: how near somebody is, told as an interval and never as a place that was not shared.

Promises: an arrival is published as a stretch of time that holds nine times in ten, never as one minute; it is
published anew only when it slips by more than five minutes; nothing here knows who travels (dispatch.md §10).
Today the estimate stands on the plan and on what past ways took; no position is taken or kept. What will come here
with positions: the three-way switch (share, hide, do not send), the fence that suggests an arrival, retention by day.
Start at `rules.interval`.
"""
