"""People: accounts, the contacts they are reached by, how they sign in, their roles and their addresses.

Every personal value is stored sealed under its person's key and found by its blind index; this floor stores, and
whoever shows a person's data asks `marketplace.privacy`, one floor up. An account needs a name and one contact, no
more; somebody who only telephones has one too, made by an agent, without a password.

Promised: one contact is one account, also in a race; whoever asks learns nothing about which accounts exist; codes,
links and steps work once; what is tried too often is refused for a while (reliability.md §6.3). Start with
`rules.py`, then `actions/`: one file for each noun.
"""
