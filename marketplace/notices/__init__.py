"""Notices: which letter goes to whom, over which channel, and whether it arrived.

A letter is the text of a message, a delivery is one notice of it over one channel. Nothing here holds a text: the
delivery names the letter and the ids it speaks of, and the edge (`web/letters`) makes the words when it is delivered.

Promised: one event gives a person one notice on a channel, whatever is sent twice, retried or killed in between; a
letter about money or safety always goes, the others as the person wishes (promises.md I21, T17); a channel that
refuses is followed by the other one. Start with `rules.py`; others call `actions.send`.
"""
