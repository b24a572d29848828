"""`N_` marks a sentence for the translators; it is translated where it is shown."""


def N_(message: str) -> str:  # noqa: N802  # gettext's own word
    """The message itself."""
    return message
