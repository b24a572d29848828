"""Promotions: codes as data, by which the house pays a part of a job's price in place of its customer.

Promises: a code takes off the same for everybody, never the whole price; one use for each customer, and no more uses
than it has, also when two come at once; a use that comes to nothing is free again; what was paid is written down as the
house's money, never as the specialist's. Start at `rules.discount`, then `actions.take`.
"""
