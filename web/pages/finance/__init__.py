"""Finance's pages: what needs a person today, top-ups with both numbers, files of the bank, and the books themselves.

Promised: only what disagrees asks for attention, and each of it has an owner and an age; nothing can be marked paid
without the gateway's word; a file is shown and checked before any of it is kept, and the same file again brings
nothing. Owners are pseudonyms here: a name is opened by a case only.

Start with `today.py`. Helpers without `routes`: `sheets` (CSV), `words`.
"""
