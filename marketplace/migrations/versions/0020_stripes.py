"""Where many meet, each connection has its own row of an account: transfers of two connections do not wait for each other.

Until now the row followed from the transfer's key, so that of 32 connections two in three waited for another.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# Neighbouring processes of the server have neighbouring numbers, so as many connections as rows seldom share one. Which
# row it is, is no part of a request: a repeat is known by its key before any row is chosen.
BY_CONNECTION = """
DO $$
DECLARE
    changed regprocedure;
BEGIN
    FOR changed IN
        SELECT p.oid::regprocedure FROM pg_proc p
         WHERE p.pronamespace = 'ledger'::regnamespace AND p.proname IN ('_check', '_post_plain', 'post_two')
    LOOP
        EXECUTE regexp_replace(pg_get_functiondef(changed), 'get_byte\\(uuid_send\\([a-z.]+\\), 15\\)', 'pg_backend_pid()');
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(BY_CONNECTION)
