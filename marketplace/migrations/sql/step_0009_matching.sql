-- The rules of matching as they are at first. A change is another row with the next version; the newest counts.
INSERT INTO match_rule (id, code, version, pass_no, confirms, enabled, days, items, made_at)
SELECT md5('match_rule:' || code || ':1')::uuid, code, 1, pass_no, confirms, true, days, items, now()
  FROM (VALUES ('exact_transaction', 1, true, 0, 1), ('exact_tracking', 1, true, 3, 1), ('exact_order', 1, true, 0, 1),
               ('exact_refund', 1, true, 0, 1), ('exact_chargeback', 1, true, 0, 1), ('undone', 1, true, 0, 2),
               ('exact_payout', 1, true, 0, 1), ('amount_and_date', 3, false, 3, 1), ('batch_net', 4, true, 0, 1),
               ('batch_by_day', 5, false, 3, 1), ('parts', 5, false, 3, 20), ('by_hand', 0, true, 0, 20))
       AS first (code, pass_no, confirms, days, items);

-- What was matched and left over before rules had names. A batch is one thing now, and not all of its lines.
INSERT INTO settlement_batch (gateway, batch, currency, lines, gross, fees, net, first_on, last_on)
SELECT gateway, batch, currency, count(*), sum(gross), sum(fee), sum(net), min(booked), max(booked)
  FROM statement_line WHERE source = 'settlement' AND batch IS NOT NULL GROUP BY gateway, batch, currency;

INSERT INTO match_set (id, gateway, rule, pass_no, made_at, items, lines, value, last_on, currency, fees)
SELECT s.id, min(l.gateway), md5(CASE s.pass_no WHEN 1 THEN 'match_rule:exact_transaction:1' ELSE 'match_rule:batch_net:1' END)::uuid,
       s.pass_no, s.made_at, 1, 1, sum(abs(l.net)), max(l.booked), min(l.currency), CASE s.pass_no WHEN 1 THEN sum(l.fee) ELSE 0 END
  FROM former_match_set s JOIN former_match_item i ON i.match_set = s.id
  JOIN statement_line l ON l.id = i.line AND (s.pass_no = 1 OR l.source = 'statement')
 GROUP BY s.id, s.pass_no, s.made_at;

INSERT INTO match_item (match_set, turn, line, attempt, batch)
SELECT i.match_set, 0, i.line, a.attempt, b.id
  FROM former_match_item i JOIN statement_line l ON l.id = i.line
  LEFT JOIN former_match_item a ON a.match_set = i.match_set AND a.attempt IS NOT NULL
  LEFT JOIN settlement_batch b ON i.pass_no = 4 AND (b.gateway, b.batch, b.currency) = (l.gateway, l.batch, l.currency)
 WHERE i.pass_no = 1 OR l.source = 'statement';

INSERT INTO recon_exception (id, kind, gateway, line, attempt, owner, currency, value, opened_at, closed_at)
SELECT e.id, CASE e.kind WHEN 'not_explained' THEN 'reversed' WHEN 'deposit' THEN 'missing_batch' ELSE e.kind END,
       coalesce(l.gateway, a.gateway), e.line, e.attempt, e.owner, e.currency, e.value, e.opened_at, e.closed_at
  FROM former_recon_exception e LEFT JOIN statement_line l ON l.id = e.line LEFT JOIN topup_attempt a ON a.id = e.attempt;

INSERT INTO matched_file (file, matched_at, new_lines)
SELECT f.id, f.imported_at, (SELECT count(*) FROM statement_line l WHERE l.file = f.id) FROM statement_file f;

-- What a contract lets a gateway keep: its share, half to even, and the fixed amount (rules.contract_fee).
CREATE FUNCTION contract_fee(gross bigint, parts_per_million int, fixed bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT abs(gross) * parts_per_million / 1000000 + fixed
         + CASE WHEN abs(gross) * parts_per_million % 1000000 * 2 > 1000000
                  OR (abs(gross) * parts_per_million % 1000000 * 2 = 1000000
                      AND abs(gross) * parts_per_million / 1000000 % 2 = 1) THEN 1 ELSE 0 END
$$;

-- A difference that is taken as loss or kept, below the limit where two people are needed; a fee that came back.
INSERT INTO ledger.transfer_kind (code, takes_from, gives_to, may_touch_holds, second_person)
VALUES ('difference', '{clearing,suspense,write_off}', '{clearing,suspense,write_off}', false, false),
       ('gateway_fee_back', '{clearing}', '{gateway_fees}', false, false)
ON CONFLICT (code) DO NOTHING;

-- A load that at least doubles all matches is quicker without indexes, built afterwards. The application may not change
-- the schema, so these two do it, and nothing else; uniqueness is checked for all rows when they are built again.
CREATE FUNCTION match_item_without_indexes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    ALTER TABLE public.match_item DROP CONSTRAINT match_item_pkey;
    DROP INDEX public.match_item_line, public.match_item_attempt;
END $$;
CREATE FUNCTION match_item_with_indexes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    ALTER TABLE public.match_item ADD CONSTRAINT match_item_pkey PRIMARY KEY (match_set, no);
    CREATE UNIQUE INDEX match_item_line ON public.match_item (line, turn) WHERE line IS NOT NULL;
    CREATE UNIQUE INDEX match_item_attempt ON public.match_item (attempt, turn) WHERE attempt IS NOT NULL;
    ANALYZE public.match_item (match_set, line, attempt, turn);
END $$;
REVOKE ALL ON FUNCTION match_item_without_indexes(), match_item_with_indexes() FROM PUBLIC;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
        GRANT EXECUTE ON FUNCTION match_item_without_indexes(), match_item_with_indexes() TO karigar_app;
    END IF;
END $$;

-- Matches are written once, and so is what was done about an exception.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['match_rule', 'match_rule_trial', 'gateway_terms', 'matched_file', 'match_set', 'match_item',
                              'match_void', 'recon_exception_event'] LOOP
        EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || it
             || ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()';
        EXECUTE 'ALTER TABLE ' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_written_once';
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'karigar_app') THEN
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON public.%s FROM karigar_app', it);
        END IF;
    END LOOP;
END $$;
