"""Papers of money: one's own documents and statements, for customers and specialists. Start with `documents.py`."""
