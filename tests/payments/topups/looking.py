"""Looking afterwards: at the outbox, an attempt's history and the books, and for a marker in every table."""

from sqlalchemy import Engine, inspect, select, text

from marketplace.foundation.database import transaction
from marketplace.foundation.outbox import Outbox
from payments.ledger import queries as ledger
from payments.topups import queries
from tests.payments.topups.people import Payer


def enqueued(task: str) -> list[dict[str, str]]:
    with transaction() as session:
        return list(session.scalars(select(Outbox.arguments).where(Outbox.task == task)))


def happened(payer: Payer) -> list[str]:
    with transaction() as session:
        return [event.what for event in queries.history(session, payer.attempt)]


def differences(payer: Payer) -> list[str]:
    with transaction() as session:
        return [event.difference for event in queries.history(session, payer.attempt) if event.difference]


def in_books(kind: str) -> int:
    with transaction() as session:
        return next((line.posted.minor for line in ledger.trial_balance(session, "BDT") if line.kind == kind), 0)


def where_is(engine: Engine, marker: str) -> list[str]:
    """Every table of every schema that holds the marker in any column."""
    found = []
    with engine.connect() as connection:
        for schema in inspect(engine).get_schema_names():
            if schema in {"information_schema", "pg_catalog"}:
                continue
            for table in inspect(engine).get_table_names(schema):
                query = text(f'SELECT count(*) FROM "{schema}"."{table}" AS r WHERE strpos(r::text, :marker) > 0')
                if connection.scalar(query, {"marker": marker}):
                    found.append(f"{schema}.{table}")
    return found
