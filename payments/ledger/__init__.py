"""The ledger: accounts, the transfers between them, and the one door through which money moves.

It promises that every transfer sums to zero, that a wallet is never spent below its floor nor held money twice, that
a request repeated by anyone at any time changes nothing and gets its first answer, and that nothing written is ever
edited (payments.md §1, §3). The promises are kept in the database: `after_ledger.sql` holds the door (`post`, `hold`,
`capture`, `release`, `reverse`, `offset`, `post_many`), and the application's role may call it and read, no more. Two
plain legs, which nearly all transfers are, have a shorter way through it, `post_two` (`step_0007_ledger.sql`).

Sign: credit-positive. What we owe (wallets) and what we earn is above zero, what we own or spend below it;
`available = posted - held`. Owners and subjects are opaque ids: the ledger knows no person and no job.

Start with `rules.py` for the words, then `actions.py`. One ledger call per transaction, as its last statement.
"""
