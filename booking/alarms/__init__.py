"""Alarms: who could be at a place soonest. The finding and the showing of it; the ladder that calls them comes here.

It promises: the nearest are the nearest of everybody who may be called, by the same travel time as every other way,
never of those who happen to stand in a square; a pending offer hides nobody, work under way does; a place is shown only
while its guard is on duty, shares it and it is fresh, and each look of a person at it is written down for the guard;
whoever is on duty and shows no place is named all the same, without one, never by a stale point (dispatch.md §8, §10;
promises.md I8, I12, O37).

Start at `rules.py`: who may be called, who shows no place and why, who comes first. `responders.nearest` asks the
database the same, as one statement on the places; `actions.look_for_responders` is how a person asks.
"""
