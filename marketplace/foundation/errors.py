"""The one kind of failure we expect: a rule said no."""

from collections.abc import Callable

_RAISING = {"__traceback__", "__context__", "__cause__", "__suppress_context__", "__notes__"}


class _FrozenButRaisable(type):
    """Lets Python note where a refusal was raised, although the refusal is a frozen dataclass.

    Every `with` made by contextlib (our transactions too) sets `__traceback__` on what passes through it; the
    `__setattr__` of a frozen dataclass would answer with FrozenInstanceError in place of the refusal.
    """

    def __setattr__(cls, name: str, value: object) -> None:
        super().__setattr__(name, _but_for_raising(value) if name == "__setattr__" and callable(value) else value)


def _but_for_raising(freeze: Callable[[object, str, object], object]) -> Callable[[object, str, object], None]:
    def set_attribute(self: object, name: str, value: object) -> None:
        if name in _RAISING:
            object.__setattr__(self, name, value)
        else:
            freeze(self, name, value)

    return set_attribute


class Refused(Exception, metaclass=_FrozenButRaisable):
    """A rule of the business said no. Carries facts, never sentences or HTTP statuses.

    Subclasses are frozen dataclasses in a feature's `rules.py`; `web/answers.py` gives each a status and a sentence.
    """
