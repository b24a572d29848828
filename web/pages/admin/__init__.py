"""The administrator's pages: people and roles, services and prices, settings, the system and its work.

An administrator has no standing view of anybody's data: people stand here by a short mark, and are found by the
number, e-mail or user name that the administrator was told. Every change asks for a reason and goes to the journal.
"""
