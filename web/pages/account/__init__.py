"""One's own account, for anybody signed in: contacts, password, devices, authenticator, addresses, messages, and who
looked at one's data.

What could take the account away (contacts, password, authenticator) asks first for a confirmation that is at most
five minutes old: `confirmation.py`, open to every other page under `confirmation.needed`.
"""
