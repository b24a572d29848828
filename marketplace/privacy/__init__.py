"""Privacy: who may see what of whom, why, until when, and the record of every look.

`actions.reveal` is the one way to another person's plaintext: it asks the rules (which role reads which field for
which purpose), the window of the job, consent and budget, and writes the disclosure row in the same transaction: no
row, no value. A policy version is immutable, hashed, and generated from the registry of columns, so that what we say
and what we store cannot differ; publishing with an empty slot is refused by the slot's name.

Erasing a person clears every look-up here and destroys the key by a task. Start with `rules.MAY_READ`, then
`actions.reveal`; the policy's words stand in `words.py`, its shape in `page.py`.
"""
