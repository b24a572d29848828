"""Dispatch: how a job finds who does it, and how anybody can check afterwards that it was done fairly.

It promises: one accepted offer per seat, and its winner is told so as often as they ask; nobody is asked who could not
do the work, nobody twice in a round, and nobody holds two exclusive offers at once; an offer shows area, time, work and
pay, never a name, phone or address; every decision is stored with its inputs and replays to the same result.

Start with `rules.py`: the hard rules by name, the ladder of modes as data, what an organization publishes as a version;
`scoring.py` has the score term by term, `peers` with whom somebody is compared. `matching.match` climbs the ladder,
`batches.run` matches what begins soon, `asking` makes offers and ends them, `actions.accept` gives the job away,
`relief` hands a next job on in time. `decisions` stores and recomputes, `replaying` checks, `drafting` publishes
versions, `why` and `queries.why` explain (dispatch.md §1, §2, §4-§6, §11).

Where people name their own price instead, start with `bid_rules.py`: what a round announces, who comes first, and why;
`bid_rounds` opens, closes and awards, `bidding` is the bidder's, `bid_queries` tells each reader what is theirs (§7).
"""
