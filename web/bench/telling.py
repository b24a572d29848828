"""What a benchmark says while one waits."""

import sys


def progress(words: str) -> None:
    """A line on standard error; its answer alone goes to standard output."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
