-- The ledger's door, faster still (decisions/0013). A transfer of two plain legs is claimed by one statement and moved by
-- a second; what had to be read for every transfer, and seldom changes, is now known to the door as a constant.

-- PostgreSQL reads each CHECK anew in every statement, so its words are few: a comparison with null passes.
ALTER TABLE ledger.account
    DROP CONSTRAINT account_floor_check, ADD CONSTRAINT account_floor_check CHECK (posted - held >= floor),
    DROP CONSTRAINT account_ceil_check, ADD CONSTRAINT account_ceil_check CHECK (posted <= ceil);
ALTER TABLE ledger.entry
    DROP CONSTRAINT entry_moves_check, ADD CONSTRAINT entry_moves_check CHECK (d_posted | d_held <> 0);

-- These keys were looked at whenever a balance moved or a transfer was made, though no account, transfer or currency ever
-- goes away: that it exists is asked when the row is made, by the door (`_make_hold`, `reverse`) or by a trigger.
ALTER TABLE ledger.transfer DROP CONSTRAINT transfer_reverses_fkey;
ALTER TABLE ledger.hold DROP CONSTRAINT hold_account_id_fkey;
ALTER TABLE ledger.balance_check DROP CONSTRAINT balance_check_account_id_fkey;
ALTER TABLE ledger.account DROP CONSTRAINT account_currency_fkey;

CREATE OR REPLACE FUNCTION ledger._sound_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind = 'wallet' AND NEW.floor IS DISTINCT FROM 0) OR (NEW.kind = 'receivable' AND NEW.ceil IS DISTINCT FROM 0)
       OR NEW.stripe < 0 OR NEW.stripe >= NEW.stripes OR (NEW.stripe = 0 AND NEW.group_id <> NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'account_sound_check', TABLE = 'account', SCHEMA = 'ledger',
            MESSAGE = 'an account without the floor, ceiling or stripe of its kind';
    ELSIF NOT EXISTS (SELECT FROM ledger.currency c WHERE c.code = NEW.currency) THEN
        RAISE EXCEPTION USING ERRCODE = '23503', CONSTRAINT = 'account_currency_check', TABLE = 'account',
            SCHEMA = 'ledger', MESSAGE = 'no such currency';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER currency_no_change BEFORE UPDATE OF code ON ledger.currency FOR EACH STATEMENT EXECUTE FUNCTION ledger._never();
ALTER TABLE ledger.currency ENABLE ALWAYS TRIGGER currency_no_change;

CREATE FUNCTION ledger._known_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM ledger.account a WHERE a.id = NEW.account_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23503', CONSTRAINT = 'balance_check_account_check', TABLE = TG_TABLE_NAME,
            SCHEMA = 'ledger', MESSAGE = 'no such account';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER balance_check_account BEFORE INSERT ON ledger.balance_check
    FOR EACH ROW EXECUTE FUNCTION ledger._known_account();
ALTER TABLE ledger.balance_check ENABLE ALWAYS TRIGGER balance_check_account;

-- What the door must know of every transfer, as constants that the planner puts into its statements:
-- `_allows`, which accounts a kind may take from ("tip-wallet") and give to ("tip+wallet"); kinds that need a second
-- person, or another transfer, are not in it and go the long way. `_locked_through`, the last moment that is locked for
-- any account; what is dated later need not ask for whom. Each is written anew in the transaction that changes it.
CREATE FUNCTION ledger._write_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(TG_RELID::bigint);  -- one writer at a time, who sees what the one before has written
    IF TG_TABLE_NAME = 'transfer_kind' THEN
        EXECUTE 'CREATE OR REPLACE FUNCTION ledger._allows() RETURNS jsonb LANGUAGE sql IMMUTABLE AS ' || quote_literal(
            (SELECT 'SELECT ' || quote_literal(coalesce(jsonb_object_agg(leg, true), '{}')) || '::jsonb'
               FROM (SELECT k.code || '-' || a AS leg FROM ledger.transfer_kind k, unnest(k.takes_from) a
                      WHERE NOT k.second_person AND k.code <> 'reversal'
                     UNION ALL
                     SELECT k.code || '+' || a FROM ledger.transfer_kind k, unnest(k.gives_to) a
                      WHERE NOT k.second_person AND k.code <> 'reversal') legs));
    ELSE
        EXECUTE 'CREATE OR REPLACE FUNCTION ledger._locked_through() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS '
            || quote_literal((SELECT 'SELECT ' || quote_literal(coalesce(max(p.locked_through), '-infinity'))
                                     || '::timestamptz' FROM ledger.period p WHERE p.state <> 'open'));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER transfer_kind_written_down AFTER INSERT OR UPDATE ON ledger.transfer_kind
    FOR EACH STATEMENT EXECUTE FUNCTION ledger._write_down();
CREATE TRIGGER period_written_down AFTER INSERT OR UPDATE ON ledger.period
    FOR EACH STATEMENT EXECUTE FUNCTION ledger._write_down();
ALTER TABLE ledger.transfer_kind ENABLE ALWAYS TRIGGER transfer_kind_written_down;
ALTER TABLE ledger.period ENABLE ALWAYS TRIGGER period_written_down;
UPDATE ledger.transfer_kind SET code = code WHERE false;  -- the first time
UPDATE ledger.period SET state = state WHERE false;

-- Where many meet, twice as many rows: a transfer waits for the row of another half as often. A repeat of an earlier one
-- is known by its accounts, whichever of their rows it moved.
INSERT INTO ledger.account (kind, owner_kind, owner_id, currency, group_id, stripe, stripes, closed_at)
SELECT a.kind, a.owner_kind, a.owner_id, a.currency, a.id, n, 32, a.closed_at
  FROM ledger.account a, generate_series(16, 31) n WHERE a.stripe = 0 AND a.stripes = 16;
UPDATE ledger.account SET stripes = 32 WHERE stripes = 16;

-- The account of this name, opened if need be: floor, ceiling and stripes follow from the kind. Returns its id.
CREATE OR REPLACE FUNCTION ledger.open_account(kind text, owner_kind text, owner_id uuid, currency text, hold_floor bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    a_kind ALIAS FOR $1;
    a_owner_kind ALIAS FOR $2;
    a_owner ALIAS FOR $3;
    a_currency ALIAS FOR $4;
    a_hold_floor ALIAS FOR $5;
    many int := CASE WHEN a_kind IN ('clearing', 'commission', 'fee_income', 'tax', 'gateway_fees', 'promo') THEN 32 ELSE 1 END;
    it bigint;
BEGIN
    SELECT a.id INTO it FROM ledger.account a
     WHERE a.kind = a_kind AND a.owner_kind = a_owner_kind AND a.owner_id = a_owner AND a.currency = a_currency AND a.stripe = 0;
    IF FOUND THEN
        RETURN it;
    END IF;
    IF a_kind NOT IN ('wallet', 'receivable', 'clearing', 'bank', 'payouts_in_transit', 'suspense', 'commission', 'fee_income',
                      'tax', 'gateway_fees', 'promo', 'goodwill', 'labour', 'rounding', 'write_off', 'opening') THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'no such kind of account';
    END IF;
    it := nextval('ledger.account_id_seq');
    INSERT INTO ledger.account (id, kind, owner_kind, owner_id, currency, group_id, stripe, stripes, floor, ceil, hold_floor)
    VALUES (it, a_kind, a_owner_kind, a_owner, a_currency, it, 0, many,
            CASE WHEN a_kind IN ('wallet', 'payouts_in_transit') THEN 0 END,
            CASE WHEN a_kind = 'receivable' THEN 0 END,
            CASE WHEN a_kind = 'receivable' THEN coalesce(a_hold_floor, 0) END)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN  -- somebody else opened it meanwhile, whole
        SELECT a.id INTO STRICT it FROM ledger.account a
         WHERE a.kind = a_kind AND a.owner_kind = a_owner_kind AND a.owner_id = a_owner AND a.currency = a_currency AND a.stripe = 0;
        RETURN it;
    END IF;
    INSERT INTO ledger.account (kind, owner_kind, owner_id, currency, group_id, stripe, stripes)
    SELECT a_kind, a_owner_kind, a_owner, a_currency, it, n, many FROM generate_series(1, many - 1) n;
    RETURN it;
END $$;

-- Any posted legs, no holds. True: replayed.
CREATE OR REPLACE FUNCTION ledger.post(
    key uuid, kind text, currency text, accounts bigint[], amounts bigint[], spills bigint[],
    subject uuid, reason text, actor uuid, approver uuid, effective_at timestamptz, told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ledger._do(ROW(key, kind, currency, accounts, amounts, spills,
        array_fill(0::bigint, ARRAY[cardinality(accounts)]), NULL, NULL, NULL, true, subject, NULL, reason, actor,
        approver, effective_at, told_at, NULL, meta)::ledger.act);
END $$;
DROP FUNCTION ledger._post(uuid, text, text, bigint[], bigint[], bigint[], uuid, text, uuid, uuid, timestamptz, timestamptz, jsonb);
DROP FUNCTION ledger._refuse_leg(uuid, bigint, bigint, text);

-- What nearly all transfers are: `amount` goes to one account and away from another, of which `lower` is the one with
-- the lower id, and so the first to be locked. It is what `post` does with these two legs, and a repeat of either is one.
-- Both rows are found, locked and judged by one statement, in the order of VALUES: sequential scans are off, as they would
-- lock in an order of their own while the table is small. What comes short of two rows, the long way does or refuses.
CREATE FUNCTION ledger.post_two(
    key uuid, kind text, currency text, lower bigint, upper bigint, amount bigint,
    subject uuid DEFAULT NULL, reason text DEFAULT NULL, actor uuid DEFAULT NULL, approver uuid DEFAULT NULL,
    effective_at timestamptz DEFAULT NULL, told_at timestamptz DEFAULT NULL, meta jsonb DEFAULT NULL
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    moved int := 0;
BEGIN
    IF (lower < upper AND amount <> 0 AND approver IS NULL) IS NOT TRUE THEN
        RETURN ledger.post(key, kind, currency, ARRAY[lower, upper], ARRAY[amount, -amount], '{NULL,NULL}', subject, reason,
            actor, approver, effective_at, told_at, meta);
    END IF;
    INSERT INTO ledger.transfer (id, kind, reason, fingerprint, subject, actor, approver, effective_at, meta)
    VALUES (key, kind, reason,
            sha256(convert_to(concat(kind, '|', currency, '|', coalesce(subject::text, '-'), '|-|',
                coalesce(extract(epoch FROM effective_at)::text, '-'), '|-|-|true|',
                lower, ',', amount, ',0,0;', upper, ',', -amount, ',0,0'), 'UTF8')),  -- the words of `_fingerprint`
            subject, actor, approver, coalesce(effective_at, told_at, clock_timestamp()), meta)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN ledger.post(key, kind, currency, ARRAY[lower, upper], ARRAY[amount, -amount], '{NULL,NULL}', subject, reason,
            actor, approver, effective_at, told_at, meta);
    END IF;
    -- The period is asked for after the key is claimed: from then on a sign-off waits for us (close_period, sign_period).
    WITH after AS (
        UPDATE ledger.account x SET posted = x.posted + leg.amount, version = x.version + 1
          FROM (VALUES (lower, amount, kind || CASE WHEN amount < 0 THEN '-' ELSE '+' END),
                       (upper, -amount, kind || CASE WHEN amount < 0 THEN '+' ELSE '-' END)) leg (account, amount, kind)
         WHERE x.group_id = leg.account AND x.stripe = mod(get_byte(uuid_send(key), 15), x.stripes)
           AND x.closed_at IS NULL AND x.currency = currency
           AND (x.posted + leg.amount - x.held >= x.floor) IS NOT FALSE AND (x.posted + leg.amount <= x.ceil) IS NOT FALSE
           AND ledger._allows() ? (leg.kind || x.kind)
           AND coalesce(effective_at, told_at, clock_timestamp()) > ledger._locked_through()
        RETURNING x.id, x.version, leg.amount, x.posted, x.held)
    INSERT INTO ledger.entry (account_id, version, transfer_id, d_posted, d_held, posted, held, recorded_at)
    SELECT a.id, a.version, key, a.amount, 0::bigint, a.posted, a.held, clock_timestamp() FROM after a;  -- after its row lock
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved < 2 THEN
        PERFORM ledger._other_way(ROW(key, kind, currency, ARRAY[lower, upper], ARRAY[amount, -amount], '{NULL,NULL}',
            '{0,0}', NULL, NULL, NULL, true, subject, NULL, reason, actor, approver, effective_at, told_at, NULL,
            meta)::ledger.act, moved);
    END IF;
    RETURN false;
END $$;

-- Its key is claimed, and not both of its legs were taken. Neither: a period is locked for other accounts, or the long way
-- says why not. One of them: why not the other.
CREATE FUNCTION ledger._other_way(a ledger.act, moved int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rows_meant bigint[] := ledger._check(a);
    i int;
BEGIN
    IF moved = 0 THEN
        PERFORM ledger._apply(a, rows_meant);
    ELSE
        i := CASE WHEN EXISTS (SELECT FROM ledger.entry e WHERE e.transfer_id = a.key AND e.account_id = rows_meant[1])
                  THEN 2 ELSE 1 END;
        PERFORM ledger._refuse(rows_meant[i], a.amounts[i], 0, a.currency);
    END IF;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
        GRANT EXECUTE ON FUNCTION ledger.post_two TO karigar_app;
    END IF;
END $$;
