"""The part of Pico that our pages stand on: its rules for plain HTML, without the widgets and themes we do not use.

Pico is one file of 83 kB for everybody's pages; a phone pays for each. Rules are dropped whole, never rewritten.
"""

import re
from collections.abc import Iterator

# What we have our own of (navigation, menus, groups, busy buttons, themes) or do not use at all.
UNUSED = re.compile(
    r"\[data-tooltip|\.dropdown|\bdialog\b|\.modal|\[role=group\]|\[role=search\]|\bnav\b|\.container|\.grid\b"
    r"|\.overflow-auto|\[type=range\]|\[type=color\]|\bprogress\b|\[role=switch\]|\.secondary|\.contrast|\.outline"
    r"|\[aria-busy|^\[data-theme=dark\]|\[type=search\]|\[role=button\]|\bvideo\b|\baudio\b|\.striped|^:host\("
    r"|\[type=date\]|\[type=month\]|\[type=time\]|\[type=week\]|\[type=datetime|\[aria-invalid=false\]"
)


def used_part(css: str) -> str:
    """The rules of `css` that may match something on our pages; of a list of selectors, those that may."""
    return "".join(_kept(css.removeprefix('@charset "UTF-8";')))


def _kept(css: str) -> Iterator[str]:
    for head, body in _rules(css):
        if head.startswith("@media"):
            inside = "" if "prefers-color-scheme" in head else used_part(body)
            if inside:
                yield f"{head}{{{inside}}}"
        elif head.startswith("@keyframes"):
            continue
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            selectors = [selector for selector in _listed(head) if not UNUSED.search(selector)]
            if selectors:
                yield f"{','.join(selectors)}{{{body}}}"


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Each rule's head and what stands between its braces; a comment goes with the head and is taken off."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    depth, start, opened, quote = 0, 0, 0, ""
    for at, letter in enumerate(css):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "{":
            opened = at if depth == 0 else opened
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : at]
                start = at + 1


def _listed(selectors: str) -> Iterator[str]:
    depth, start = 0, 0
    for at, letter in enumerate(selectors):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            yield selectors[start:at]
            start = at + 1
    yield selectors[start:]
