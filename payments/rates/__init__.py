"""Rates: the commission's rule and the taxes on it, as published versions, each with the time from which it counts.

Promises: a version is never changed, a new one is published; a quote freezes the rule that it was made under; whoever
publishes has first seen what the rule would have made of the jobs of the last weeks. Start at `rules.commission`.
"""
