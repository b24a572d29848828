"""Letters: the words of every message, in the reader's language, made when it is delivered.

Each letter is a folder of four templates: `subject.txt`, `short.txt` (SMS, one segment), `plain.txt` and
`message.html`. What a letter says comes from its loader (`facts.facts_for`), which is told ids and reads the rest;
which facts each letter needs stands in `facts.NEEDS`. `rendering.render` makes the texts, `delivery.deliver` is the
task that sends them. To add a letter: name it in `marketplace/notices/rules.py`, write its folder, its needs and its
loader; the tests then ask for four languages and the length of an SMS.
"""
