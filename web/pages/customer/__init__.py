"""The customer's pages: booking from the first question to the payment, the live job, the wallet.

Each page is a GET and a POST answered by 303; everything works without scripts. A visitor's draft is found by the
token of their session, a customer's by their id; what is another's is not found. The helpers without `routes`
(`drafts`, `questions`, `windows`, `paying`, `telling`) hold what several pages share.
Start with `drafts.py`, then `book.py` and the `book_*` pages in the order in which they are walked.
"""
