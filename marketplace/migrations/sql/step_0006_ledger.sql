-- The ledger made fast, without one promise less (payments.md §3, §11). What changes and why:
--
--   · a transfer of two plain legs, which nearly all are, takes a path of five statements instead of a dozen;
--   · a batch of plain transfers is claimed, locked, judged and written as one set;
--   · account rows are locked in the order of (group, stripe), which a caller's ids already say;
--   · PostgreSQL reads every CHECK anew in every statement: what cannot change is judged when the row is made, and
--     what the door alone decides is left to the door and to the audits;
--   · "as of" goes by every sixteenth entry of an account, a sixteenth of an index.
ALTER TABLE ledger.transfer DROP CONSTRAINT transfer_kind_fkey;  -- a lock on one row of kinds for every transfer
ALTER TABLE ledger.transfer DROP CONSTRAINT transfer_reversal_check;
ALTER TABLE ledger.transfer DROP CONSTRAINT transfer_fingerprint_check;
ALTER TABLE ledger.account DROP CONSTRAINT account_holdable_check;
ALTER TABLE ledger.account DROP CONSTRAINT account_wallet_has_floor_check;
ALTER TABLE ledger.account DROP CONSTRAINT account_receivable_has_ceil_check;
ALTER TABLE ledger.account DROP CONSTRAINT account_stripe_check;
ALTER TABLE ledger.account DROP CONSTRAINT account_fits_check;  -- bigint says so itself

-- The number of this life of the cluster is a default of the table, not a question of every transfer.
DO $$
BEGIN
    EXECUTE 'ALTER TABLE ledger.transfer ALTER incarnation SET DEFAULT ' || (SELECT max(no) FROM ledger.incarnation);
END $$;

CREATE OR REPLACE FUNCTION ledger.begin_incarnation(why text) RETURNS smallint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    it smallint;
BEGIN
    INSERT INTO ledger.incarnation (no, system_identifier, began_at, why)
    SELECT max(i.no) + 1, (SELECT c.system_identifier::text FROM pg_control_system() c), clock_timestamp(), $1
      FROM ledger.incarnation i
    RETURNING no INTO it;
    EXECUTE 'ALTER TABLE ledger.transfer ALTER incarnation SET DEFAULT ' || it;
    RETURN it;
END $$;

DROP INDEX ledger.entry_as_of_idx;
CREATE INDEX entry_as_of_idx ON ledger.entry (account_id, recorded_at) WHERE version % 16 = 0;
DROP INDEX ledger.transfer_order_idx;
CREATE INDEX transfer_order_idx ON ledger.transfer (incarnation, xid);

-- An account is what its kind says from its first moment; afterwards `account_no_change` keeps it so.
CREATE FUNCTION ledger._sound_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind = 'wallet' AND NEW.floor IS DISTINCT FROM 0) OR (NEW.kind = 'receivable' AND NEW.ceil IS DISTINCT FROM 0)
       OR NEW.stripe < 0 OR NEW.stripe >= NEW.stripes OR (NEW.stripe = 0 AND NEW.group_id <> NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'account_sound_check', TABLE = 'account', SCHEMA = 'ledger',
            MESSAGE = 'an account without the floor, ceiling or stripe of its kind';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_sound BEFORE INSERT ON ledger.account FOR EACH ROW EXECUTE FUNCTION ledger._sound_account();
ALTER TABLE ledger.account ENABLE ALWAYS TRIGGER account_sound;

-- Nothing is ever removed from any table of the ledger.
DO $$
DECLARE
    it text;
    event text;
BEGIN
    FOREACH it IN ARRAY ARRAY['period', 'transfer_kind', 'currency'] LOOP
        FOREACH event IN ARRAY ARRAY['delete', 'truncate'] LOOP
            EXECUTE 'CREATE TRIGGER ' || it || '_no_' || event || ' BEFORE ' || event || ' ON ledger.' || it
                || ' FOR EACH STATEMENT EXECUTE FUNCTION ledger._never()';
            EXECUTE 'ALTER TABLE ledger.' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_no_' || event;
        END LOOP;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION ledger._make_hold(a ledger.act, nth int, account bigint, amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger.hold (id, account_id, amount, purpose, subject, expires_at, made_by)
    SELECT ledger._hold_id(a.key, nth), x.id, amount, a.keeps_as, a.subject, a.expires_at, a.key
      FROM ledger.account x WHERE x.id = account AND x.kind IN ('wallet', 'receivable');
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'account_holdable_check', TABLE = 'account', SCHEMA = 'ledger',
            MESSAGE = 'money is set aside on wallets and receivables only';
    END IF;
END $$;

-- What is asked for, in one form, whatever the order of the legs; not when, by whom or with what note. In PL/pgSQL its
-- plan is kept; the words are those of the first version, or a repeat would not be known again.
CREATE OR REPLACE FUNCTION ledger._fingerprint(a ledger.act) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
DECLARE
    legs text;
    kept text;
BEGIN
    IF cardinality(a.accounts) > 0 THEN
        SELECT string_agg(concat_ws(',', account, coalesce(amount, 0), coalesce(spill, 0), coalesce(keep, 0)), ';'
                          ORDER BY account)
          INTO legs FROM unnest(a.accounts, a.amounts, a.spills, a.keeps) AS leg (account, amount, spill, keep)
         WHERE amount <> 0 OR keep <> 0 OR a.kind = 'debt_offset';
    END IF;
    IF a.holds IS NOT NULL THEN
        SELECT string_agg(h::text, ';' ORDER BY h) INTO kept FROM unnest(a.holds) h;
    END IF;
    RETURN sha256(convert_to(concat_ws('|', a.kind, coalesce(a.currency, '-'), coalesce(a.subject::text, '-'),
        coalesce(a.reverses::text, '-'), coalesce(extract(epoch FROM a.effective_at)::text, '-'), coalesce(a.closes, '-'),
        coalesce(a.keeps_as, '-'), coalesce(a.last, true)::text, legs, kept), 'UTF8'));
END $$;

-- Step 3. `rows_meant`: what `_check` answered.
CREATE OR REPLACE FUNCTION ledger._apply(a ledger.act, rows_meant bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    closing boolean := a.closes IS NOT NULL OR a.holds IS NOT NULL OR a.reverses IS NOT NULL;
    spilling boolean := false;
    last boolean := coalesce(a.last, true);
    effective timestamptz := coalesce(a.effective_at, a.told_at, clock_timestamp());
    hold ledger.hold;
    hold_ids uuid[] := '{}';
    hold_rows bigint[] := '{}';
    hold_rests bigint[] := '{}';
    ids bigint[];            -- every account row touched, in the order of locks; the arrays below run along it
    dp bigint[];
    dh bigint[];
    rests bigint[];          -- what the closing holds still set aside
    taken bigint[];          -- … and what has been allotted to them so far
    spilled boolean[];
    i int;
    j int;
    free bigint;
    part bigint;
    after record;
BEGIN
    IF EXISTS (SELECT FROM ledger.period p WHERE p.account_group = ANY (a.accounts || a.spills || 0::bigint)
                AND p.state <> 'open' AND p.locked_through >= effective) THEN
        RAISE EXCEPTION USING ERRCODE = 'LG005', MESSAGE = 'the period is locked';
    END IF;
    SELECT coalesce(bool_or(x IS NOT NULL), false) INTO spilling FROM unnest(a.spills) x;
    IF closing THEN
        FOR hold IN SELECT h.* FROM ledger.hold h WHERE h.id IN (SELECT ledger._holds_of(a)) ORDER BY h.id FOR UPDATE LOOP
            IF hold.state = 'open' THEN
                hold_ids := hold_ids || hold.id;
                hold_rows := hold_rows || hold.account_id;
                hold_rests := hold_rests || (hold.amount - hold.captured - hold.returned);
            ELSIF a.holds IS NOT NULL THEN
                RAISE EXCEPTION USING ERRCODE = 'LG002', MESSAGE = 'hold closed';
            END IF;
        END LOOP;
        IF (a.holds IS NOT NULL AND cardinality(hold_ids) <> cardinality(a.holds))
           OR (cardinality(hold_ids) = 0 AND NOT spilling AND a.reverses IS NULL) THEN
            RAISE EXCEPTION USING ERRCODE = 'LG002', MESSAGE = 'hold closed';
        END IF;
    END IF;

    SELECT array_agg(x.id ORDER BY x.group_id, x.stripe) INTO ids
      FROM ledger.account x WHERE x.id = ANY (rows_meant || a.spills || hold_rows);
    dp := array_fill(0::bigint, ARRAY[cardinality(ids)]);
    dh := dp;
    rests := dp;
    taken := dp;
    spilled := array_fill(false, ARRAY[cardinality(ids)]);
    FOR j IN 1 .. cardinality(hold_ids) LOOP
        i := array_position(ids, hold_rows[j]);
        rests[i] := rests[i] + hold_rests[j];
    END LOOP;
    IF spilling THEN  -- the split is decided from what is there, so all rows are locked before it is
        PERFORM 1 FROM ledger.account x WHERE x.id = ANY (ids) ORDER BY x.group_id, x.stripe FOR NO KEY UPDATE;
    END IF;

    FOR j IN 1 .. cardinality(rows_meant) LOOP
        i := array_position(ids, rows_meant[j]);
        IF a.spills[j] IS NULL THEN
            dp[i] := dp[i] + a.amounts[j];
            part := a.keeps[j];
        ELSE
            SELECT greatest(x.posted - x.held - x.floor + CASE WHEN last THEN rests[i] ELSE 0 END, 0) INTO free
              FROM ledger.account x WHERE x.id = ids[i];
            spilled[i] := true;
            part := least(-a.amounts[j], free);
            dp[i] := dp[i] - part;
            dp[array_position(ids, a.spills[j])] := dp[array_position(ids, a.spills[j])] + a.amounts[j] + part;
            spilled[array_position(ids, a.spills[j])] := true;
            part := least(a.keeps[j], free - part);
            IF a.keeps[j] > part THEN
                dh[array_position(ids, a.spills[j])] := dh[array_position(ids, a.spills[j])] + a.keeps[j] - part;
                PERFORM ledger._make_hold(a, 2 * j - 1, a.spills[j], a.keeps[j] - part);
            END IF;
        END IF;
        IF part > 0 THEN
            dh[i] := dh[i] + part;
            PERFORM ledger._make_hold(a, 2 * j - 2, ids[i], part);
        END IF;
    END LOOP;

    FOR j IN 1 .. cardinality(hold_ids) LOOP
        i := array_position(ids, hold_rows[j]);
        part := least(hold_rests[j], greatest(-dp[i] - taken[i], 0));
        taken[i] := taken[i] + part;
        dh[i] := dh[i] - CASE WHEN last THEN hold_rests[j] ELSE part END;
        PERFORM ledger._use_hold(a, hold_ids[j], part, CASE WHEN last THEN hold_rests[j] - part ELSE 0 END);
    END LOOP;

    FOR i IN 1 .. cardinality(ids) LOOP
        CONTINUE WHEN dp[i] = 0 AND dh[i] = 0;
        IF rests[i] > 0 AND -dp[i] > rests[i] AND NOT spilled[i] AND a.reverses IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'hold_captured_check', TABLE = 'hold', SCHEMA = 'ledger',
                MESSAGE = 'more than was set aside',
                DETAIL = json_build_object('available', rests[i], 'needed', -dp[i], 'currency', a.currency)::text;
        END IF;
        -- The row lock is waited for here, and the row is judged as it stands afterwards: nothing is read, then decided.
        UPDATE ledger.account x
           SET posted = x.posted + dp[i], held = x.held + dh[i], version = x.version + 1
         WHERE x.id = ids[i] AND x.closed_at IS NULL AND (a.currency IS NULL OR x.currency = a.currency)
           AND (x.floor IS NULL OR x.posted + dp[i] - x.held - dh[i] >= x.floor)
           AND (x.ceil IS NULL OR x.posted + dp[i] <= x.ceil)
           AND (x.hold_floor IS NULL OR dh[i] <= 0 OR x.posted + dp[i] - x.held - dh[i] >= x.hold_floor)
        RETURNING x.posted, x.held, x.version INTO after;
        IF NOT FOUND THEN
            PERFORM ledger._refuse(ids[i], dp[i], dh[i], a.currency);
        END IF;
        -- Taken after the row lock, so that it rises with the version; now() is the beginning of the transaction.
        INSERT INTO ledger.entry (account_id, version, transfer_id, d_posted, d_held, posted, held, recorded_at)
        VALUES (ids[i], after.version, a.key, dp[i], dh[i], after.posted, after.held, clock_timestamp());
    END LOOP;
END $$;

-- A leg that found no row to move: why, of the row it meant.
CREATE FUNCTION ledger._refuse_leg(key uuid, account bigint, amount bigint, currency text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    it bigint;
BEGIN
    SELECT s.id INTO it FROM ledger.account s
     WHERE s.group_id = account AND s.stripe = mod(get_byte(uuid_send(key), 15), s.stripes);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'no such account';
    END IF;
    PERFORM ledger._refuse(it, amount, 0, currency);
END $$;

-- Any posted legs, no holds. True: replayed. Two plain legs are done here, each row found by its group and the stripe
-- that the key says; whatever is more goes the long way of `_do`, and so does a key that is there already.
CREATE OR REPLACE FUNCTION ledger.post(
    key uuid, kind text, currency text, accounts bigint[], amounts bigint[], spills bigint[],
    subject uuid, reason text, actor uuid, approver uuid, effective_at timestamptz, told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    i int := CASE WHEN accounts[1] < accounts[2] THEN 1 ELSE 2 END;  -- the leg that is locked first; the other is 3 - i
    lower bigint := accounts[i];
    upper bigint := accounts[3 - i];
    amount bigint := amounts[i];
    stripe int := get_byte(uuid_send(key), 15);
    id_i bigint; kind_i text; posted_i bigint; held_i bigint; version_i bigint;
    id_j bigint; kind_j text; posted_j bigint; held_j bigint; version_j bigint;
    fits boolean;
    locked boolean;
BEGIN
    IF (cardinality(accounts) = 2 AND cardinality(amounts) = 2 AND amounts[3 - i] = -amount AND amount <> 0 AND lower < upper
        AND cardinality(spills) = 2 AND spills[1] IS NULL AND spills[2] IS NULL) IS NOT TRUE THEN
        RETURN ledger._post(key, kind, currency, accounts, amounts, spills, subject, reason, actor, approver,
            effective_at, told_at, meta);
    END IF;
    INSERT INTO ledger.transfer (id, kind, reason, fingerprint, subject, actor, approver, effective_at, meta)
    VALUES (key, kind, reason,
            sha256(convert_to(concat_ws('|', kind, currency, coalesce(subject::text, '-'), '-',
                coalesce(extract(epoch FROM effective_at)::text, '-'), '-|-|true',
                concat_ws(',', lower, amount, '0,0;' || upper, -amount, '0,0')), 'UTF8')),
            subject, actor, approver, coalesce(effective_at, told_at, clock_timestamp()), meta)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN ledger._post(key, kind, currency, accounts, amounts, spills, subject, reason, actor, approver,
            effective_at, told_at, meta);
    END IF;
    -- The row lock is waited for here, and the row is judged as it stands afterwards: nothing is read, then decided.
    UPDATE ledger.account x SET posted = x.posted + amount, version = x.version + 1
     WHERE x.group_id = lower AND x.stripe = mod(stripe, x.stripes) AND x.closed_at IS NULL AND x.currency = currency
       AND (x.floor IS NULL OR x.posted + amount - x.held >= x.floor) AND (x.ceil IS NULL OR x.posted + amount <= x.ceil)
    RETURNING x.id, x.kind, x.posted, x.held, x.version INTO id_i, kind_i, posted_i, held_i, version_i;
    IF NOT FOUND THEN
        PERFORM ledger._refuse_leg(key, lower, amount, currency);
    END IF;
    UPDATE ledger.account x SET posted = x.posted - amount, version = x.version + 1
     WHERE x.group_id = upper AND x.stripe = mod(stripe, x.stripes) AND x.closed_at IS NULL AND x.currency = currency
       AND (x.floor IS NULL OR x.posted - amount - x.held >= x.floor) AND (x.ceil IS NULL OR x.posted - amount <= x.ceil)
    RETURNING x.id, x.kind, x.posted, x.held, x.version INTO id_j, kind_j, posted_j, held_j, version_j;
    IF NOT FOUND THEN
        PERFORM ledger._refuse_leg(key, upper, -amount, currency);
    END IF;
    -- Taken after the row locks, so that it rises with the version; now() is the beginning of the transaction.
    INSERT INTO ledger.entry (account_id, version, transfer_id, d_posted, d_held, posted, held, recorded_at)
    VALUES (id_i, version_i, key, amount, 0, posted_i, held_i, clock_timestamp()),
           (id_j, version_j, key, -amount, 0, posted_j, held_j, clock_timestamp());
    -- After the key is claimed: from then on a sign-off waits for us (close_period, sign_period).
    SELECT CASE WHEN amount < 0 THEN kind_i = ANY (k.takes_from) AND kind_j = ANY (k.gives_to)
                ELSE kind_j = ANY (k.takes_from) AND kind_i = ANY (k.gives_to) END
           AND NOT (k.second_person AND (reason IS NULL OR actor IS NULL OR approver IS NULL OR actor = approver))
           AND kind <> 'reversal',
           EXISTS (SELECT FROM ledger.period p WHERE p.account_group IN (0, lower, upper)
                      AND p.state <> 'open' AND p.locked_through >= coalesce(effective_at, told_at, clock_timestamp()))
      INTO fits, locked FROM ledger.transfer_kind k WHERE k.code = kind;
    IF fits AND NOT locked THEN
        RETURN false;
    ELSIF locked THEN
        RAISE EXCEPTION USING ERRCODE = 'LG005', MESSAGE = 'the period is locked';
    END IF;
    RETURN ledger._post(key, kind, currency, accounts, amounts, spills, subject, reason, actor, approver,
        effective_at, told_at, meta);  -- says what the kind does not allow
END $$;

CREATE FUNCTION ledger._post(
    key uuid, kind text, currency text, accounts bigint[], amounts bigint[], spills bigint[],
    subject uuid, reason text, actor uuid, approver uuid, effective_at timestamptz, told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN ledger._do(ROW(key, kind, currency, accounts, amounts, spills,
        array_fill(0::bigint, ARRAY[cardinality(accounts)]), NULL, NULL, NULL, true, subject, NULL, reason, actor,
        approver, effective_at, told_at, NULL, meta)::ledger.act);
END $$;

-- Many plain acts as one set: judged, claimed, locked, written, each by one statement. What cannot be done as a set is
-- done one by one, which says whose fault it was.
CREATE FUNCTION ledger._post_plain(acts ledger.act[]) RETURNS TABLE (key uuid, replayed boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    marks bytea[];
    wrong int;
    fresh uuid[];
    leg_keys uuid[];
    leg_rows bigint[];
    leg_amounts bigint[];
    leg_currencies text[];
    locked boolean;
    refused boolean;
    a ledger.act;
BEGIN
    SELECT array_agg(act.mark ORDER BY act.n), min(act.n) FILTER (WHERE NOT coalesce(act.sound, false)) INTO marks, wrong
      FROM (SELECT u.ordinality AS n, sha256(convert_to(concat_ws('|', u.kind, u.currency, coalesce(u.subject::text, '-'), '-',
                            coalesce(extract(epoch FROM u.effective_at)::text, '-'), '-|-|true', legs.told), 'UTF8')) AS mark,
                   u.key IS NOT NULL AND k.code <> 'reversal' AND legs.total = 0 AND legs.moved >= 2 AND legs.allowed
                   AND cardinality(u.amounts) = cardinality(u.accounts) AND cardinality(u.spills) = cardinality(u.accounts)
                   AND legs.known = cardinality(u.accounts) AND legs.distinct_ones = cardinality(u.accounts)
                   AND NOT (k.second_person AND (u.reason IS NULL OR u.actor IS NULL OR u.approver IS NULL
                                                 OR u.actor = u.approver)) AS sound
              FROM unnest(acts) WITH ORDINALITY AS u
              LEFT JOIN ledger.transfer_kind k ON k.code = u.kind
             CROSS JOIN LATERAL (SELECT string_agg(concat_ws(',', l.account, l.amount, '0,0'), ';' ORDER BY l.account)
                                       FILTER (WHERE l.amount <> 0) AS told,
                                   sum(l.amount) AS total, count(*) FILTER (WHERE l.amount <> 0) AS moved, count(g.id) AS known,
                                   count(DISTINCT l.account) AS distinct_ones,
                                   bool_and(l.amount = 0 OR g.kind = ANY (CASE WHEN l.amount < 0 THEN k.takes_from ELSE k.gives_to END)) AS allowed
                              FROM unnest(u.accounts, u.amounts) l (account, amount)
                              LEFT JOIN ledger.account g ON g.id = l.account AND g.stripe = 0) legs) act;
    IF wrong IS NOT NULL THEN
        PERFORM ledger._check(acts[wrong]);
    END IF;

    WITH claimed AS (
        INSERT INTO ledger.transfer (id, kind, reason, fingerprint, subject, actor, approver, effective_at, meta)
        SELECT DISTINCT ON (u.key) u.key, u.kind, u.reason, m.mark, u.subject, u.actor, u.approver,
               coalesce(u.effective_at, u.told_at, clock_timestamp()), u.meta
          FROM unnest(acts) WITH ORDINALITY AS u
          JOIN unnest(marks) WITH ORDINALITY AS m (mark, n) ON m.n = u.ordinality
         ORDER BY u.key, u.ordinality
        ON CONFLICT (id) DO NOTHING
        RETURNING id)
    SELECT coalesce(array_agg(c.id), '{}') INTO fresh FROM claimed c;
    IF cardinality(fresh) < cardinality(acts) THEN  -- repeats, of an earlier call or within this one
        FOR a IN SELECT u.* FROM unnest(acts) u WHERE u.key <> ALL (fresh) OR u.key IN (
                 SELECT v.key FROM unnest(acts) v GROUP BY v.key HAVING count(*) > 1) LOOP
            PERFORM ledger._claim(a);
        END LOOP;
    END IF;

    SELECT array_agg(x.key ORDER BY x.n, x.row_id), array_agg(x.row_id ORDER BY x.n, x.row_id),
           array_agg(x.amount ORDER BY x.n, x.row_id), array_agg(x.currency ORDER BY x.n, x.row_id), bool_or(x.locked)
      INTO leg_keys, leg_rows, leg_amounts, leg_currencies, locked
      FROM (SELECT u.ordinality AS n, u.key, u.currency, s.id AS row_id, l.amount,
                   EXISTS (SELECT FROM ledger.period p WHERE p.account_group IN (0, l.account) AND p.state <> 'open'
                              AND p.locked_through >= coalesce(u.effective_at, u.told_at, clock_timestamp())) AS locked
              FROM (SELECT DISTINCT ON (v.key) v.* FROM unnest(acts) WITH ORDINALITY AS v WHERE v.key = ANY (fresh) ORDER BY v.key, v.ordinality) u
             CROSS JOIN LATERAL unnest(u.accounts, u.amounts) l (account, amount)
              JOIN ledger.account g ON g.id = l.account
              JOIN ledger.account s ON s.group_id = g.id AND s.stripe = mod(get_byte(uuid_send(u.key), 15), g.stripes)
             WHERE l.amount <> 0) x;
    IF locked THEN
        RAISE EXCEPTION USING ERRCODE = 'LG005', MESSAGE = 'the period is locked';
    END IF;
    PERFORM 1 FROM ledger.account x WHERE x.id = ANY (leg_rows) ORDER BY x.group_id, x.stripe FOR NO KEY UPDATE;

    SELECT bool_or(x.closed_at IS NOT NULL OR x.currency <> l.currency OR x.posted + l.sum - x.held < x.floor
                   OR x.posted + l.sum > x.ceil) INTO refused
      FROM (SELECT r.account, r.currency, sum(r.amount) OVER (PARTITION BY r.account ORDER BY r.n) AS sum
              FROM unnest(leg_rows, leg_amounts, leg_currencies) WITH ORDINALITY r (account, amount, currency, n)) l
      JOIN ledger.account x ON x.id = l.account;
    IF refused THEN
        FOR a IN SELECT u.* FROM unnest(acts) u LOOP
            IF a.key = ANY (fresh) THEN
                fresh := array_remove(fresh, a.key);
                PERFORM ledger._apply(a, ledger._check(a));
            END IF;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'the accounts changed meanwhile';
    END IF;
    INSERT INTO ledger.entry (account_id, version, transfer_id, d_posted, d_held, posted, held, recorded_at)
    SELECT l.account, x.version + l.nth, l.key, l.amount, 0, x.posted + l.sum, x.held, clock_timestamp()
      FROM (SELECT r.account, r.key, r.amount, row_number() OVER w AS nth, (sum(r.amount) OVER w)::bigint AS sum
              FROM unnest(leg_keys, leg_rows, leg_amounts) WITH ORDINALITY r (key, account, amount, n)
            WINDOW w AS (PARTITION BY r.account ORDER BY r.n)) l
      JOIN ledger.account x ON x.id = l.account
     ORDER BY l.account, l.nth;
    UPDATE ledger.account x SET posted = x.posted + l.sum, version = x.version + l.many
      FROM (SELECT r.account, sum(r.amount)::bigint AS sum, count(*) AS many FROM unnest(leg_rows, leg_amounts) r (account, amount)
             GROUP BY r.account) l
     WHERE x.id = l.account;

    FOREACH a IN ARRAY acts LOOP
        key := a.key;
        replayed := NOT (a.key = ANY (fresh));
        fresh := array_remove(fresh, a.key);
        RETURN NEXT;
    END LOOP;
END $$;

-- Many acts in one round trip and one order of locks: keys, then holds, then accounts, each ascending; then the acts as
-- given. Either all of them happen or none. Fields are those of ledger.act; holds are `keeps`, releases have no legs.
CREATE OR REPLACE FUNCTION ledger.post_many(asked jsonb) RETURNS TABLE (key uuid, replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    acts ledger.act[];
    meant jsonb := '{}';
    fresh uuid[] := '{}';
    a ledger.act;
    row_ids bigint[] := '{}';
    hold_ids uuid[] := '{}';
BEGIN
    SELECT array_agg(jsonb_populate_record(NULL::ledger.act, x.act) ORDER BY x.n) INTO acts
      FROM jsonb_array_elements(asked) WITH ORDINALITY AS x (act, n);
    IF NOT EXISTS (SELECT FROM unnest(acts) u
                    WHERE coalesce(u.closes, u.keeps_as) IS NOT NULL OR u.holds IS NOT NULL OR u.reverses IS NOT NULL
                       OR u.kind = 'debt_offset' OR array_remove(u.spills, NULL) <> '{}') THEN
        RETURN QUERY SELECT * FROM ledger._post_plain(acts);
        RETURN;
    END IF;
    FOR a IN SELECT u.* FROM unnest(acts) u ORDER BY u.key LOOP
        IF a.reverses IS NOT NULL OR a.kind = 'debt_offset' OR (a.holds IS NOT NULL AND a.closes IS NOT NULL) THEN
            RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'not one of many';
        END IF;
        meant := meant || jsonb_build_object(a.key::text, to_jsonb(ledger._check(a)));
        IF NOT ledger._claim(a) THEN
            fresh := fresh || a.key;
            row_ids := row_ids || a.spills || ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(meant -> a.key::text) x);
            IF a.holds IS NOT NULL OR a.closes IS NOT NULL THEN
                hold_ids := hold_ids || ARRAY(SELECT ledger._holds_of(a));
            END IF;
        END IF;
    END LOOP;
    PERFORM 1 FROM ledger.hold h WHERE h.id = ANY (hold_ids) ORDER BY h.id FOR UPDATE;
    PERFORM 1 FROM ledger.account x
      WHERE x.id = ANY (row_ids) OR x.id IN (SELECT h.account_id FROM ledger.hold h WHERE h.id = ANY (hold_ids))
      ORDER BY x.group_id, x.stripe FOR NO KEY UPDATE;
    FOREACH a IN ARRAY acts LOOP
        key := a.key;
        replayed := NOT (a.key = ANY (fresh));
        IF NOT replayed THEN
            fresh := array_remove(fresh, a.key);
            PERFORM ledger._apply(a, ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(meant -> a.key::text) x));
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;

-- The hash over a stretch of transaction numbers, after `above`, up to `through`; the leaves are those of `_leaf`, made
-- as one set. Order is (xid, seq) within an incarnation.
CREATE OR REPLACE FUNCTION ledger._link(prev bytea, of_incarnation smallint, above xid8, through xid8, OUT many bigint, OUT hash bytea)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*), sha256(prev || convert_to(coalesce(string_agg(concat_ws('|', t.id, t.seq, t.kind,
               encode(t.fingerprint, 'hex'), coalesce(t.reason, '-'), coalesce(t.reverses::text, '-'),
               coalesce(t.subject::text, '-'), coalesce(t.actor::text, '-'), coalesce(t.approver::text, '-'),
               extract(epoch FROM t.effective_at), extract(epoch FROM t.recorded_at), legs.told),
               chr(10) ORDER BY t.xid, t.seq), ''), 'UTF8'))
      FROM ledger.transfer t
      LEFT JOIN LATERAL (SELECT string_agg(concat_ws(',', e.account_id, e.version, e.d_posted, e.d_held, e.posted, e.held,
                                                     extract(epoch FROM e.recorded_at)), ';' ORDER BY e.account_id, e.version) AS told
                           FROM ledger.entry e WHERE e.transfer_id = t.id) legs ON true
     WHERE t.incarnation = of_incarnation AND t.xid > above AND t.xid <= through;
$$;

-- Seals that do not recompute: another hash, another count, a link that does not follow the one before. With `since`,
-- only those laid after it; the chain of their links is looked at in any case.
DROP FUNCTION ledger.broken_seals();
CREATE FUNCTION ledger.broken_seals(since timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*) FILTER (WHERE s.no <> s.place OR s.prev_hash <> s.before OR link.hash <> s.hash OR link.many <> s.count)
      FROM (SELECT x.*, row_number() OVER every AS place, coalesce(lag(x.hash) OVER every, sha256('')) AS before,
                   coalesce(lag(x.to_xid) OVER life, '0'::xid8) AS above
              FROM ledger.seal x
            WINDOW every AS (ORDER BY x.no), life AS (PARTITION BY x.incarnation ORDER BY x.no)) s
      LEFT JOIN LATERAL (SELECT l.many, l.hash FROM ledger._link(s.prev_hash, s.incarnation, s.above, s.to_xid) l
                          WHERE since IS NULL OR s.sealed_at >= since) link ON true;
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
        GRANT EXECUTE ON FUNCTION ledger.broken_seals(timestamptz) TO karigar_app;
    END IF;
END $$;
