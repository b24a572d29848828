"""Statements: the files of banks and gateways, taken in line by line, as one neutral kind of line.

Promises: a file is imported once, and a line once, however often and in how many files it comes; a file whose totals
differ, or that does not go on where its neighbour ended, is refused whole; no name and no card number is ever kept.

Start with `rules.py` (what a statement must add up to), then `actions.py` (`import_settlement`, `import_statement`)
and `queries.py` (what a file holds, before it is taken in). Who matches the lines is not known here.
"""
