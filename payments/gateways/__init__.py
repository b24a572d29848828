"""Gateways: how money comes in from the banks, and the inbox of what they send us.

Promises: no card data passes (strict allow-list, Luhn guard); an unknown answer is called unknown; a notice is never
believed, it only wakes the one who asks; no call goes out while a transaction is open.

Start with `protocol.py` (the words every provider is translated into), then `rules.py` (outcomes and the guard of what
is kept), `sandbox.py` (the simplest adapter; `stripe.py`, `zarinpal.py` and `sslcommerz.py` are its siblings),
`adapters.py` (which of them the settings name) and `directory.py` (which of them this process has).
Adapters translate; they decide nothing and know no database. Deciding is `payments.topups`.

A new adapter comes with a simulator of its provider in `web/bank` and a subject in the contract kit of the tests, and
is taken when every case passes and every mutant of it dies.
"""
