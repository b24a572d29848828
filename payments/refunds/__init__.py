"""Refunds to the source: money of a wallet that goes back the way a top-up had brought it (payments.md §6.3 #5).

Promises: never more than the top-up brought, all refunds together; the money is set aside before the gateway is asked,
and leaves the wallet on the gateway's own word; an unknown outcome stays set aside and is asked about again only where
a repeated refund is one refund, else a person decides; beyond the house's limit two people agree first.
Start at `rules.py`, then `actions.ask`.
"""
