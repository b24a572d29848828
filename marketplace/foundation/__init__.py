"""What every floor stands on; knows nothing of homes, jobs or wallets.

Settings, the database and its embedded server, ids, the clock, money, periods, places, refusals, the outbox and its
tasks, the vault of personal keys, the registry of columns, languages, files, the journal and the logs. Everything
above imports from here; nothing here imports from above. Start with `database.py` (a transaction), `outbox.py`
(work that happens later) and `vault.py` (a person's values).
"""
