"""The sandbox bank: a foreign institution in miniature, for the demo and the tests. Never mounted in production.

It speaks HTTP only, has its own store (one SQLite file that survives a restart), its own clock and its own hosted
page. The page has no field for a card: the payer chooses a test account, and pays, declines, cancels, pays late or
closes the window. Every payment it takes has two numbers: an alphanumeric transaction number and a tracking number of
twelve digits. Merchants verify server to server, receive signed notices, and fetch the day's reports.

Start with `rules.py`, then `counter.py` (what the bank does) and `app.py` (`create_bank`, `create_app`).
Run it with `python -m web.bank`; settings: BANK_DATABASE, BANK_SECRET, BANK_PORT, BANK_URL, BANK_TIME_ZONE.

The same books and pages serve the published protocols of other providers, for the demo and the tests: `zarinpal.py`
and `sslcommerz.py`, each open when ZARINPAL_MERCHANT_ID, or SSLCOMMERZ_STORE_ID and SSLCOMMERZ_STORE_PASSWORD, name
the shop there. `stripe_*.py` is a simulated Stripe under /stripe with books of its own, open when STRIPE_SECRET_KEY and
STRIPE_WEBHOOK_SECRET name the shop's account; its events go to BANK_STRIPE_ENDPOINT. Begin with `stripe_rules.py`.
"""
