"""Organizations: who runs a deployment, in which town, by which rules of time and money; compounds and their teams.

An organization has a town, a currency, a time zone, a week-end, teams and settings. Every limit and every time of
lifecycle.md E.7 is a setting: data with a name, a unit, a default and bounds, changed by a named person with a
reason, and written into the journal. A setting may be narrowed to one service; what is not narrowed follows the
organization, what was never set follows the default.

A deployment has one marketplace, founded first: `queries.home`. Beside it stand compounds that belong to it: buildings
with units, residents with a start and an end (`sites`), and teams with duties (`teams`): exactly one team owns a trade
of a building. A trade is the key of a category of the catalogue. Who joined, left, moved or gave a duty is journalled;
membership and residency are asked with the moment at every request, and what is another compound's is not found.

Start with `rules.SETTINGS`, the list of all that can be set, and `rules.CANCELLATION`, the tiers of the cancellation
policy; for compounds with `site_rules`, then `site_actions`.
"""
