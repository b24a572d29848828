-- Closing the books, sealing history, asserting what the bank says (payments.md §3.6, §3.7).

-- First step of a sign-off: from this commit on, the door records nothing with a date in the period.
CREATE OR REPLACE FUNCTION ledger.close_period(account_group bigint, locked_through timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ledger.period AS p (account_group, locked_through, state) VALUES (account_group, locked_through, 'closing')
    ON CONFLICT ON CONSTRAINT period_pkey DO UPDATE SET state = 'closing', closing_xid = NULL WHERE p.state = 'open';
$$;

-- Second step, in later transactions, until it answers true. The first call notes the horizon: whoever could have seen
-- the period open has a number below it. Once all of those are done, nothing can come in behind the signature.
CREATE OR REPLACE FUNCTION ledger.sign_period(account_group bigint, locked_through timestamptz, signed_by uuid, digest bytea)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    it ledger.period;
    visible boolean;
BEGIN
    SELECT p.* INTO it FROM ledger.period p
     WHERE p.account_group = $1 AND p.locked_through = $2 FOR UPDATE;
    IF NOT FOUND OR it.state = 'open' THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the period is not closing';
    ELSIF it.state = 'signed' THEN
        RETURN true;
    END IF;
    SELECT p.xmin::text::bigint <> mod(pg_current_xact_id()::text::numeric, 4294967296) INTO visible
      FROM ledger.period p WHERE p.account_group = $1 AND p.locked_through = $2;
    IF NOT visible THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'closing and signing are two transactions';
    ELSIF it.closing_xid IS NULL THEN
        UPDATE ledger.period p SET closing_xid = pg_snapshot_xmax(pg_current_snapshot())
         WHERE p.account_group = $1 AND p.locked_through = $2;
        RETURN false;
    ELSIF pg_snapshot_xmin(pg_current_snapshot()) < it.closing_xid THEN
        RETURN false;
    END IF;
    UPDATE ledger.period p SET state = 'signed', signed_by = $3, signed_at = clock_timestamp(), digest = $4
     WHERE p.account_group = $1 AND p.locked_through = $2;
    RETURN true;
END $$;

-- A signed period is opened again by a named person; the journal keeps who and why.
CREATE OR REPLACE FUNCTION ledger.reopen_period(account_group bigint, locked_through timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE ledger.period p SET state = 'open', closing_xid = NULL, signed_by = NULL, signed_at = NULL, digest = NULL
     WHERE p.account_group = $1 AND p.locked_through = $2;
$$;

-- "The bank says X at the end of day D": looked at by every audit from then on. Saying it again changes nothing.
CREATE OR REPLACE FUNCTION ledger.expect_balance(account bigint, at timestamptz, expected bigint, source text, line_id uuid)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ledger.balance_check (account_id, at, expected, source, line_id) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id, at) DO NOTHING;
$$;

-- One transfer in the form that is sealed: all of it, with its entries.
CREATE OR REPLACE FUNCTION ledger._leaf(t ledger.transfer) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT concat_ws('|', t.id, t.seq, t.kind, encode(t.fingerprint, 'hex'), coalesce(t.reason, '-'),
        coalesce(t.reverses::text, '-'), coalesce(t.subject::text, '-'), coalesce(t.actor::text, '-'),
        coalesce(t.approver::text, '-'), extract(epoch FROM t.effective_at), extract(epoch FROM t.recorded_at),
        (SELECT string_agg(concat_ws(',', e.account_id, e.version, e.d_posted, e.d_held, e.posted, e.held,
                                     extract(epoch FROM e.recorded_at)), ';' ORDER BY e.account_id, e.version)
           FROM ledger.entry e WHERE e.transfer_id = t.id));
$$;

-- The hash over a stretch of transaction numbers: after `above`, up to `through`.
CREATE OR REPLACE FUNCTION ledger._link(prev bytea, of_incarnation smallint, above xid8, through xid8, OUT many bigint, OUT hash bytea)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*), sha256(prev || convert_to(coalesce(string_agg(ledger._leaf(t), chr(10) ORDER BY t.xid, t.seq), ''), 'UTF8'))
      FROM ledger.transfer t WHERE t.incarnation = of_incarnation AND t.xid > above AND t.xid <= through;
$$;

-- Seal the next stretch, about `most` transfers, below the horizon: no writer that is still open can come in behind it.
-- Returns how many were sealed.
CREATE OR REPLACE FUNCTION ledger.seal(most bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    prev ledger.seal;
    life smallint;
    above xid8 := '0';
    horizon xid8 := '18446744073709551615';
    first_xid xid8;
    last_xid xid8;
    link record;
BEGIN
    LOCK TABLE ledger.seal IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO prev FROM ledger.seal s ORDER BY s.no DESC LIMIT 1;
    SELECT min(t.incarnation) INTO life FROM ledger.transfer t
     WHERE prev.no IS NULL OR (t.incarnation = prev.incarnation AND t.xid > prev.to_xid) OR t.incarnation > prev.incarnation;
    IF life IS NULL THEN
        RETURN 0;
    END IF;
    IF life = prev.incarnation THEN
        above := prev.to_xid;
    END IF;
    IF life = (SELECT max(i.no) FROM ledger.incarnation i) THEN
        horizon := pg_snapshot_xmin(pg_current_snapshot());
    END IF;
    SELECT x.xid INTO first_xid FROM ledger.transfer x
     WHERE x.incarnation = life AND x.xid > above AND x.xid < horizon ORDER BY x.xid LIMIT 1;
    SELECT t.xid INTO last_xid
      FROM (SELECT x.xid FROM ledger.transfer x WHERE x.incarnation = life AND x.xid > above AND x.xid < horizon
             ORDER BY x.xid LIMIT most) t
     ORDER BY t.xid DESC LIMIT 1;
    IF last_xid IS NULL THEN
        RETURN 0;
    END IF;
    SELECT * INTO link FROM ledger._link(coalesce(prev.hash, sha256('')), life, above, last_xid);
    INSERT INTO ledger.seal (no, incarnation, from_xid, to_xid, count, prev_hash, hash)
    VALUES (coalesce(prev.no, 0) + 1, life, first_xid, last_xid, link.many, coalesce(prev.hash, sha256('')), link.hash);
    RETURN link.many;
END $$;

-- Seals that do not recompute: another hash, another count, a link that does not follow the one before.
CREATE OR REPLACE FUNCTION ledger.broken_seals() RETURNS bigint LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FILTER (WHERE link.hash <> s.hash OR link.many <> s.count OR s.no <> s.place OR s.prev_hash <> s.before)
      FROM (SELECT x.*, row_number() OVER every AS place, coalesce(lag(x.hash) OVER every, sha256('')) AS before,
                   coalesce(lag(x.to_xid) OVER life, '0'::xid8) AS above
              FROM ledger.seal x
            WINDOW every AS (ORDER BY x.no), life AS (PARTITION BY x.incarnation ORDER BY x.no)) s,
           LATERAL ledger._link(s.prev_hash, s.incarnation, s.above, s.to_xid) link;
$$;

-- After a logical restore, or a move to another server: transaction numbers start anew, so order must know.
CREATE OR REPLACE FUNCTION ledger.begin_incarnation(why text) RETURNS smallint
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO ledger.incarnation (no, system_identifier, began_at, why)
    SELECT max(i.no) + 1, (SELECT c.system_identifier::text FROM pg_control_system() c), clock_timestamp(), $1
      FROM ledger.incarnation i
    RETURNING no;
$$;

-- The second line of defence for tests and staging: at COMMIT, every transfer written sums to zero. Off in production,
-- where it would cost a third more and `karigar verify` looks every night.
CREATE OR REPLACE FUNCTION ledger._zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(e.d_posted) FROM ledger.entry e WHERE e.transfer_id = NEW.transfer_id) <> 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'LG006', MESSAGE = 'a transfer does not sum to zero';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger.watch_every_commit() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DROP TRIGGER IF EXISTS entry_zero_sum ON ledger.entry;
    CREATE CONSTRAINT TRIGGER entry_zero_sum AFTER INSERT ON ledger.entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger._zero_sum();
END $$;
