"""The threads that handlers run on: a handler whose transaction PostgreSQL undid runs again, as a whole."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from marketplace.foundation.database import run_whole

P = ParamSpec("P")
Result = TypeVar("Result")


class Handlers(ThreadPoolExecutor):
    """Litestar hands every synchronous handler, and the look-up of who asks, to this pool.

    The body has been read by then and no word of the answer has been sent, so that a second run is the same request
    once more: same form, same command id, same answer to the reader. `run_whole` says when it may be.
    """

    def submit(self, fn: Callable[P, Result], /, *args: P.args, **kwargs: P.kwargs) -> "Future[Result]":
        """As the executor's, for `fn` in up to three runs."""
        return super().submit(_whole, fn, args, kwargs)


def _whole(fn: Callable[..., Result], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Result:
    return run_whole(fn, *args, **kwargs)
