"""Conduct: what may lower a specialist's standing, and the path without which nothing does.

Promises (dispatch.md §11): what counts is a published rule, in force only some time after everybody was told. A machine
counts and proposes; it never decides. Before anything follows, the specialist reads each thing that was counted, has a
week or more to answer, and a person decides who did not open it; a third hears the appeal. What is overturned, or not
heard in time, is put back as it was: standing, fee, and the pay of each working day that was lost. Only danger pauses
somebody at once: paid, and over by the clock after two days unless a person has decided.

Offers declined, ratings, a hidden position and our own outages never count: there is no word for them in `Counted`.

Start with `charter.py` (the published rules) and `rules.py` (the path), both pure; then `actions.py`. A pause is in
force exactly while `rules.Pause.holds` says so, and `standing.settle` is the only writer of it.
"""
