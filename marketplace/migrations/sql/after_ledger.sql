-- The one door of the ledger (payments.md §3.2). Everything that moves money is an `act`; the functions without an
-- underscore are what the application may call. The order inside is the point:
--
--   1 `_check`  the shape of the act, and that its kind allows its legs; the stripes, chosen from the key
--   2 `_claim`  the key, before anything is touched: a repeat is answered here, with `true` for "replayed"
--   3 `_apply`  period, hold rows in id order, account rows in id order, entries with the balances after them
--
-- Errors: LG001 key reused · LG002 hold closed · LG003 account closed · LG004 currency · LG005 period locked ·
-- LG006 unbalanced · LG007 kind does not allow. What an account cannot bear is 23514 with the name of its CHECK.
-- DETAIL is JSON.

-- Updates of balances stay on their page, as no index covers a column that changes.
ALTER TABLE ledger.account SET (fillfactor = 50);
ALTER TABLE ledger.hold SET (fillfactor = 80);

DROP TYPE IF EXISTS ledger.act CASCADE;
CREATE TYPE ledger.act AS (
    key uuid,
    kind text,
    currency text,
    accounts bigint[],      -- logical accounts (group ids), one leg each
    amounts bigint[],       -- what is added to each
    spills bigint[],        -- where the rest goes when an account has not enough; null: nowhere
    keeps bigint[],         -- how much of each becomes held in this act
    keeps_as text,          -- … for which purpose
    holds uuid[],           -- the holds to close, by id …
    closes text,            -- … or all open ones of the subject with this purpose
    last boolean,           -- the rest of the holds goes back
    subject uuid,
    reverses uuid,
    reason text,
    actor uuid,
    approver uuid,
    effective_at timestamptz,  -- a business date, part of what is asked for
    told_at timestamptz,       -- the caller's clock; a repeat has another
    expires_at timestamptz,
    meta jsonb
);

-- What is asked for, in one form, whatever the order of the legs; not when, by whom or with what note.
CREATE FUNCTION ledger._fingerprint(a ledger.act) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', a.kind, coalesce(a.currency, '-'),
        coalesce(a.subject::text, '-'), coalesce(a.reverses::text, '-'),
        coalesce(extract(epoch FROM a.effective_at)::text, '-'), coalesce(a.closes, '-'), coalesce(a.keeps_as, '-'),
        coalesce(a.last, true)::text,
        (SELECT string_agg(concat_ws(',', account, coalesce(amount, 0), coalesce(spill, 0), coalesce(keep, 0)), ';'
                           ORDER BY account)
           FROM unnest(a.accounts, a.amounts, a.spills, a.keeps) AS leg (account, amount, spill, keep)
          WHERE amount <> 0 OR keep <> 0 OR a.kind = 'debt_offset'),
        (SELECT string_agg(h::text, ';' ORDER BY h) FROM unnest(a.holds) h)), 'UTF8'));
$$;

CREATE FUNCTION ledger._hold_id(key uuid, nth int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN nth = 0 THEN key ELSE encode(substr(sha256(uuid_send(key) || int4send(nth)), 1, 16), 'hex')::uuid END;
$$;

-- Step 1. Returns the row that each leg meant touches: the stripe is a matter of the key, never of chance, so that a
-- repeat after the number of stripes has changed is still the same request.
CREATE FUNCTION ledger._check(a ledger.act) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    kind ledger.transfer_kind;
    n int := coalesce(cardinality(a.accounts), 0);
    closing boolean := a.closes IS NOT NULL OR a.holds IS NOT NULL;
    total numeric;
    moved int;
    kept int;
    known int;
    forbidden int;
    rows_meant bigint[];
BEGIN
    IF a.key IS NULL OR a.kind IS NULL OR (a.currency IS NULL AND n > 0)
       OR n <> coalesce(cardinality(a.amounts), 0) OR n <> coalesce(cardinality(a.spills), 0)
       OR n <> coalesce(cardinality(a.keeps), 0) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a transfer needs key, kind, currency and legs of equal length';
    END IF;
    SELECT * INTO kind FROM ledger.transfer_kind k WHERE k.code = a.kind;
    IF NOT FOUND OR (a.kind = 'reversal') <> (a.reverses IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'no such kind of transfer';
    END IF;
    SELECT sum(leg.amount), count(*) FILTER (WHERE leg.amount <> 0), count(*) FILTER (WHERE leg.keep > 0), count(g.id),
           count(*) FILTER (WHERE leg.amount IS NULL OR leg.keep IS NULL OR leg.keep < 0
                               OR (leg.amount < 0 AND g.kind <> ALL (kind.takes_from))
                               OR (leg.amount > 0 AND g.kind <> ALL (kind.gives_to))
                               OR (leg.amount < 0 AND spill.kind <> ALL (kind.takes_from))
                               OR (leg.spill IS NOT NULL AND (spill.id IS NULL OR leg.spill = leg.account OR leg.amount > 0))
                               OR (leg.spill IS NOT NULL AND g.kind <> 'wallet')),
           array_agg(s.id ORDER BY leg.n)
      INTO total, moved, kept, known, forbidden, rows_meant
      FROM unnest(a.accounts, a.amounts, a.spills, a.keeps) WITH ORDINALITY AS leg (account, amount, spill, keep, n)
      LEFT JOIN ledger.account g ON g.id = leg.account AND g.stripe = 0
      LEFT JOIN ledger.account s ON s.group_id = g.id AND s.stripe = mod(get_byte(uuid_send(a.key), 15), g.stripes)
      LEFT JOIN ledger.account spill ON spill.id = leg.spill AND spill.stripe = 0 AND spill.stripes = 1;
    IF known <> n THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'no such account';
    END IF;
    IF coalesce(total, 0) <> 0 OR moved = 1 OR (moved = 0 AND kept = 0 AND NOT closing AND a.kind <> 'debt_offset')
       OR (SELECT count(DISTINCT x) FROM unnest(a.accounts) x) <> n THEN
        RAISE EXCEPTION USING ERRCODE = 'LG006', MESSAGE = 'legs sum to zero, are two or more, and name an account once';
    END IF;
    IF forbidden > 0 OR ((closing OR kept > 0) AND NOT kind.may_touch_holds) THEN
        RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'this kind of transfer does not allow such legs';
    END IF;
    IF (kept > 0 AND (a.keeps_as IS NULL OR a.subject IS NULL)) OR (a.closes IS NOT NULL AND a.subject IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a hold has a purpose and a subject';
    END IF;
    IF kind.second_person AND (a.reason IS NULL OR a.actor IS NULL OR a.approver IS NULL OR a.actor = a.approver) THEN
        RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'needs a reason and a second person',
            DETAIL = '{"missing": "second_person"}';
    END IF;
    RETURN coalesce(rows_meant, ARRAY[]::bigint[]);
END $$;

-- Step 2. False: the key was claimed now. True: this very request had been done before.
CREATE FUNCTION ledger._claim(a ledger.act) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    mark bytea := ledger._fingerprint(a);
    first ledger.transfer;
BEGIN
    INSERT INTO ledger.transfer (id, kind, reason, fingerprint, reverses, subject, actor, approver, effective_at, incarnation, meta)
    VALUES (a.key, a.kind, a.reason, mark, a.reverses, a.subject, a.actor, a.approver,
            coalesce(a.effective_at, a.told_at, clock_timestamp()), (SELECT max(no) FROM ledger.incarnation), a.meta)
    ON CONFLICT (id) DO NOTHING;
    IF FOUND THEN
        RETURN false;
    END IF;
    SELECT * INTO first FROM ledger.transfer t WHERE t.id = a.key;
    IF NOT FOUND THEN  -- committed after our snapshot, under REPEATABLE READ
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'the key was claimed meanwhile';
    END IF;
    IF first.fingerprint = mark THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'LG001', MESSAGE = 'the key belongs to another transfer',
        DETAIL = json_build_object('field', ledger._difference(a, first))::text;
END $$;

-- Which part of the request differs from the first one with its key.
CREATE FUNCTION ledger._difference(a ledger.act, first ledger.transfer) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    kept ledger.hold;
BEGIN
    IF first.kind <> a.kind THEN
        RETURN 'kind';
    ELSIF first.subject IS DISTINCT FROM a.subject THEN
        RETURN 'subject';
    ELSIF first.reverses IS DISTINCT FROM a.reverses THEN
        RETURN 'reverses';
    END IF;
    IF a.effective_at IS NULL THEN
        a.effective_at := first.effective_at;
    ELSE
        a.effective_at := NULL;
        IF ledger._fingerprint(a) <> first.fingerprint THEN
            a.effective_at := first.effective_at;
        END IF;
    END IF;
    IF ledger._fingerprint(a) = first.fingerprint THEN
        RETURN 'effective_at';
    END IF;
    SELECT * INTO kept FROM ledger.hold h WHERE h.made_by = first.id LIMIT 1;
    IF FOUND AND a.kind = 'hold' AND kept.purpose <> a.keeps_as THEN
        RETURN 'purpose';
    ELSIF FOUND AND a.kind = 'hold' AND kept.account_id <> a.accounts[1] AND a.spills[1] IS NULL THEN
        RETURN 'account';
    ELSIF FOUND AND a.kind = 'hold' THEN
        RETURN 'amount';
    END IF;
    RETURN 'legs';
END $$;

-- An account that did not take its leg: say why. It is locked first, so that the answer is about one state of it.
CREATE FUNCTION ledger._refuse(account bigint, d_posted bigint, d_held bigint, wanted_currency text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    it ledger.account;
    has bigint;
    needs bigint := d_held - d_posted;
    broken text;
BEGIN
    SELECT * INTO STRICT it FROM ledger.account x WHERE x.id = account FOR NO KEY UPDATE;
    IF it.closed_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'LG003', MESSAGE = 'account closed';
    ELSIF it.currency <> wanted_currency THEN
        RAISE EXCEPTION USING ERRCODE = 'LG004', MESSAGE = 'account has another currency';
    ELSIF it.posted - it.held - needs < it.floor THEN
        broken := 'account_floor_check';
        has := it.posted - it.held - it.floor;
    ELSIF d_held > 0 AND it.posted - it.held - needs < it.hold_floor THEN
        broken := 'account_hold_floor_check';
        has := it.posted - it.held - it.hold_floor;
    ELSIF it.posted + d_posted > it.ceil THEN
        broken := 'account_ceil_check';
        has := it.ceil - it.posted;
        needs := d_posted;
    ELSE
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'the account changed meanwhile';
    END IF;
    RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'account', SCHEMA = 'ledger',
        MESSAGE = 'the account cannot bear this',
        DETAIL = json_build_object('available', has, 'needed', needs, 'currency', it.currency)::text;
END $$;

-- Step 3. `rows_meant`: what `_check` answered.
CREATE FUNCTION ledger._apply(a ledger.act, rows_meant bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    closing boolean := a.closes IS NOT NULL OR a.holds IS NOT NULL OR a.reverses IS NOT NULL;
    spilling boolean := false;
    last boolean := coalesce(a.last, true);
    effective timestamptz := coalesce(a.effective_at, a.told_at, clock_timestamp());
    hold ledger.hold;
    hold_ids uuid[] := '{}';
    hold_rows bigint[] := '{}';
    hold_rests bigint[] := '{}';
    ids bigint[];            -- every account row touched, ascending; the arrays below run along it
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

    SELECT array_agg(x ORDER BY x) INTO ids
      FROM (SELECT DISTINCT x FROM unnest(rows_meant || a.spills || hold_rows) x WHERE x IS NOT NULL) u;
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
        PERFORM 1 FROM ledger.account x WHERE x.id = ANY (ids) ORDER BY x.id FOR NO KEY UPDATE;
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

CREATE FUNCTION ledger._holds_of(a ledger.act) RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF a.holds IS NOT NULL THEN
        RETURN QUERY SELECT unnest(a.holds);
    ELSIF a.closes IS NOT NULL THEN
        RETURN QUERY SELECT h.id FROM ledger.hold h WHERE h.subject = a.subject AND h.purpose = a.closes AND h.state = 'open';
    ELSE
        RETURN QUERY SELECT h.id FROM ledger.hold h WHERE h.made_by = a.reverses AND h.state = 'open';
    END IF;
END $$;

CREATE FUNCTION ledger._make_hold(a ledger.act, nth int, account bigint, amount bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger.hold (id, account_id, amount, purpose, subject, expires_at, made_by)
    VALUES (ledger._hold_id(a.key, nth), account, amount, a.keeps_as, a.subject, a.expires_at, a.key);
$$;

CREATE FUNCTION ledger._use_hold(a ledger.act, id uuid, capture bigint, give_back bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF capture = 0 AND give_back = 0 THEN
        RETURN;
    END IF;
    UPDATE ledger.hold h
       SET captured = h.captured + capture, returned = h.returned + give_back,
           state = CASE WHEN h.captured + capture + h.returned + give_back < h.amount THEN 'open'
                        WHEN h.captured + capture > 0 THEN 'captured'
                        WHEN a.kind = 'expire' THEN 'expired' ELSE 'released' END,
           closed_by = CASE WHEN h.captured + capture + h.returned + give_back < h.amount THEN NULL ELSE a.key END
     WHERE h.id = _use_hold.id AND h.state = 'open' AND h.captured + capture + h.returned + give_back <= h.amount;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'LG002', MESSAGE = 'hold closed';
    END IF;
END $$;

CREATE FUNCTION ledger._do(a ledger.act) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    rows_meant bigint[] := ledger._check(a);
BEGIN
    IF ledger._claim(a) THEN
        RETURN true;
    END IF;
    PERFORM ledger._apply(a, rows_meant);
    RETURN false;
END $$;

-- The door ----------------------------------------------------------------------------------------------------------

-- Any posted legs, no holds. True: replayed.
CREATE OR REPLACE FUNCTION ledger.post(
    key uuid, kind text, currency text, accounts bigint[], amounts bigint[], spills bigint[],
    subject uuid, reason text, actor uuid, approver uuid, effective_at timestamptz, told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ledger._do(ROW(key, kind, currency, accounts, amounts, spills,
        array_fill(0::bigint, ARRAY[cardinality(accounts)]), NULL, NULL, NULL, true, subject, NULL, reason, actor,
        approver, effective_at, told_at, NULL, meta)::ledger.act);
$$;

-- Set an amount aside; what the account cannot cover is set aside on `spill`, as a second hold.
CREATE OR REPLACE FUNCTION ledger.hold(
    key uuid, currency text, account bigint, amount bigint, spill bigint, purpose text, subject uuid,
    expires_at timestamptz, reason text, actor uuid, told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ledger._do(ROW(key, 'hold', currency, ARRAY[account], ARRAY[0::bigint], ARRAY[spill], ARRAY[amount],
        purpose, NULL, NULL, true, subject, NULL, reason, actor, NULL, NULL, told_at, expires_at, meta)::ledger.act);
$$;

-- Take from holds: those named, or all open ones of the subject with the purpose `closes`. With `last` the rest goes
-- back. `keeps`: what of each leg's account becomes held in turn (the specialist's warranty), for `keeps_as`.
CREATE OR REPLACE FUNCTION ledger.capture(
    key uuid, kind text, currency text, accounts bigint[], amounts bigint[], spills bigint[], keeps bigint[],
    keeps_as text, holds uuid[], closes text, last boolean, subject uuid, expires_at timestamptz, reason text,
    actor uuid, approver uuid, effective_at timestamptz, told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (holds IS NULL) = (closes IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'holds are named by id or by purpose';
    END IF;
    RETURN ledger._do(ROW(key, kind, currency, accounts, amounts, spills, keeps, keeps_as, holds, closes, last, subject,
        NULL, reason, actor, approver, effective_at, told_at, expires_at, meta)::ledger.act);
END $$;

-- Give holds back, whole. `kind` is release or expire.
CREATE OR REPLACE FUNCTION ledger.release(
    key uuid, kind text, holds uuid[], closes text, subject uuid, reason text, actor uuid,
    told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (holds IS NULL) = (closes IS NULL) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'holds are named by id or by purpose';
    ELSIF kind NOT IN ('release', 'expire') THEN
        RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'a hold is released or expires';
    END IF;
    RETURN ledger._do(ROW(key, kind, NULL, '{}'::bigint[], '{}'::bigint[], '{}'::bigint[], '{}'::bigint[], NULL, holds, closes,
        true, subject, NULL, reason, actor, NULL, NULL, told_at, NULL, meta)::ledger.act);
END $$;

-- Mirror every posted leg of a transfer, once. Holds that it made and that are open are closed with it. `debtors` and
-- `debts`: which receivable pays for which account when that has not enough left (payments.md §3.8).
CREATE OR REPLACE FUNCTION ledger.reverse(
    key uuid, original uuid, debtors bigint[], debts bigint[], reason text, actor uuid, approver uuid,
    told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a ledger.act;
    first ledger.transfer;
BEGIN
    SELECT * INTO first FROM ledger.transfer t WHERE t.id = original;
    IF NOT FOUND OR first.reverses IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'only a transfer that is no reversal itself is reversed';
    END IF;
    a.key := key; a.kind := 'reversal'; a.reverses := original; a.subject := first.subject; a.reason := reason;
    a.actor := actor; a.approver := approver; a.told_at := told_at; a.meta := meta; a.last := true;
    SELECT array_agg(leg.account ORDER BY leg.account), array_agg(leg.amount ORDER BY leg.account), min(leg.currency),
           array_agg(CASE WHEN leg.amount < 0 THEN debts[array_position(debtors, leg.account)] END ORDER BY leg.account),
           array_agg(0::bigint)
      INTO a.accounts, a.amounts, a.currency, a.spills, a.keeps
      FROM (SELECT x.group_id AS account, -sum(e.d_posted)::bigint AS amount, min(x.currency) AS currency
              FROM ledger.entry e JOIN ledger.account x ON x.id = e.account_id
             WHERE e.transfer_id = original GROUP BY x.group_id HAVING sum(e.d_posted) <> 0) leg;
    IF a.accounts IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'LG007', MESSAGE = 'a hold is released, not reversed';
    END IF;
    RETURN ledger._do(a);
END $$;

-- Pay a debt from a wallet, as far as it reaches. True: replayed. Null: nothing to pay, or nothing to pay it with;
-- then the key is not spent.
CREATE OR REPLACE FUNCTION ledger.offset(
    key uuid, currency text, wallet bigint, receivable bigint, subject uuid, reason text, actor uuid,
    told_at timestamptz, meta jsonb
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a ledger.act := ROW(key, 'debt_offset', currency, ARRAY[wallet, receivable], ARRAY[0::bigint, 0], ARRAY[NULL::bigint, NULL],
        ARRAY[0::bigint, 0], NULL, NULL, NULL, true, subject, NULL, reason, actor, NULL, NULL, told_at, NULL, meta)::ledger.act;
    rows_meant bigint[] := ledger._check(a);
    part bigint;
BEGIN
    IF ledger._claim(a) THEN
        RETURN true;
    END IF;
    PERFORM 1 FROM ledger.account x WHERE x.id IN (wallet, receivable) ORDER BY x.id FOR NO KEY UPDATE;
    SELECT least(w.posted - w.held - coalesce(w.floor, 0), -r.posted) INTO part
      FROM ledger.account w, ledger.account r WHERE w.id = wallet AND r.id = receivable;
    IF part <= 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'LG000';
    END IF;
    a.amounts := ARRAY[-part, part];
    PERFORM ledger._check(a);
    PERFORM ledger._apply(a, rows_meant);
    RETURN false;
EXCEPTION WHEN SQLSTATE 'LG000' THEN
    RETURN NULL;
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
      ORDER BY x.id FOR NO KEY UPDATE;
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

-- Accounts ----------------------------------------------------------------------------------------------------------

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
    many int := CASE WHEN a_kind IN ('clearing', 'commission', 'fee_income', 'tax', 'gateway_fees', 'promo') THEN 16 ELSE 1 END;
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

-- How far below zero promises may take a receivable; facts may pass it (payments.md §4 rule 5).
CREATE OR REPLACE FUNCTION ledger.set_limit(account bigint, hold_floor bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE ledger.account a SET hold_floor = set_limit.hold_floor
     WHERE a.id = account AND a.kind = 'receivable' AND set_limit.hold_floor <= 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a receivable has a limit, of zero or below';
    END IF;
END $$;

-- An account is closed empty: nothing in it, nothing held (payments.md §4 rule 6). Closing twice is closing once.
CREATE OR REPLACE FUNCTION ledger.close_account(account bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    full_ones int;
BEGIN
    PERFORM 1 FROM ledger.account a WHERE a.group_id = account ORDER BY a.id FOR NO KEY UPDATE;
    SELECT count(*) FILTER (WHERE a.held <> 0 OR total.posted <> 0) INTO full_ones
      FROM ledger.account a, (SELECT sum(x.posted) AS posted FROM ledger.account x WHERE x.group_id = account) total
     WHERE a.group_id = account;
    IF full_ones > 0 THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'account_empty_check', TABLE = 'account', SCHEMA = 'ledger',
            MESSAGE = 'an account is closed empty';
    END IF;
    UPDATE ledger.account a SET closed_at = coalesce(a.closed_at, at) WHERE a.group_id = account;
END $$;
