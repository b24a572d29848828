"""The call centre's pages: a caller is found, asked for a reason, and helped, on one dense screen by keyboard.

Promised (promises.md K5): what an agent enters is a booking like any other, marked with who entered it, and its
customer gets the confirmation. Nothing personal is shown before a reason is chosen; each reason is a purpose, each
value shown is a row that the customer can read. A look is a POST that answers with the page itself; read again by
GET it shows nothing. No number and no name ever stands in an address.

Start with `look_up.py`, then `customers.py` and `entry.py`. Helpers without `routes`: `typed` (what a caller says),
`reasons`, `callers`, `filling` (the entry form as it stands), `times`, `booking`, `job_views`, `words`.
"""
