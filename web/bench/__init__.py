"""Benchmarks of the ledger beside floors that are measured in the same run, and the model that it must agree with.

Every configuration takes its turn once per round, on a durable PostgreSQL of its own, so that a busy machine disturbs
all of them alike; what is told is ratios of medians, never absolute numbers (payments.md §11). Start with `ledger.py`.
"""
