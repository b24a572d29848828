"""Organizations: who runs a deployment, in which town, by which rules of time and money.

An organization has a town, a currency, a time zone, a week-end, teams and settings. Every limit and every time of
lifecycle.md E.7 is a setting: data with a name, a unit, a default and bounds, changed by a named person with a
reason, and written into the journal. A setting may be narrowed to one service; what is not narrowed follows the
organization, what was never set follows the default.

Today a deployment has one home organization: `queries.home`. Start with `rules.SETTINGS`, the list of all that can
be set, and `rules.CANCELLATION`, the tiers of the cancellation policy.
"""
