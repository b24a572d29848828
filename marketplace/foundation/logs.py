"""Structured logs from an allow-list of keys: what is not on the list is not written, so nothing personal can be."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

ALLOWED = frozenset({
    "event", "level", "timestamp", "error", "route", "method", "status", "milliseconds", "task", "outbox", "attempt",
    "state", "count", "port", "pid", "job", "topup", "gateway", "outcome", "reference", "version", "mode", "worker",
    "policy", "role", "kind", "seconds",
})  # fmt: skip
LONGEST = 200


def _only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    dropped = len(event) - len(kept)
    if dropped:
        kept["dropped"] = dropped
    for key, value in kept.items():
        if not isinstance(value, int | float | bool | None):
            kept[key] = str(value)[:LONGEST]
    return kept


def _error_by_type(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # Never an exception's message: it may quote what a person typed.
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()[1]
    if isinstance(failure, BaseException):
        trace, last = failure.__traceback__, None
        while trace is not None:
            last, trace = trace, trace.tb_next
        place = f" at {last.tb_frame.f_code.co_name}:{last.tb_lineno}" if last else ""
        event["error"] = type(failure).__name__ + place
    return event


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Write JSON lines to standard error (or `stream`), from this level up; other libraries' logs from warning up."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _error_by_type,
            _only_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Quiet())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _Quiet(logging.Formatter):
    """Foreign log records: where and how grave, never the text, which may quote a value."""

    def format(self, record: logging.LogRecord) -> str:
        failure = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        return f'{{"level": "{record.levelname.lower()}", "event": "{record.name}", "error": "{failure}"}}'


def get() -> structlog.typing.FilteringBoundLogger:
    """The logger. Call it with an event's name and keys of the allow-list: `get().info("served", route=…)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
