"""Statements: the files of banks and gateways, taken in line by line, as one neutral kind of line.

Promises: a file is imported once, and a line once, however often and in how many files it comes; a file whose totals
differ, or that does not go on where its neighbour ended, is refused whole; no name and no card number is ever kept;
memory does not grow with the file, whatever is in it.

Start with `rules.py` (a line, and what lines must add up to) and `readers` (one module for each form of file), then
`actions.py` (`import_file`), `intake.py` (lines as a set in the database), `mapping.py` and `profiles.py` (tables that
nobody knows yet), `uploads.py` (files handed in, step by step) and `queries.py` (`look`: what a file holds before it is
taken in). Who matches the lines is not known here.
"""
