-- Many acts in one call, each in a savepoint of its own; what the ledger answered to each.
CREATE SCHEMA IF NOT EXISTS bench;
CREATE OR REPLACE FUNCTION bench.drive(asked jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    told text[] := '{}';
    act jsonb;
    a ledger.act;
    i int;
    answer text;
    broken text;
BEGIN
    FOR act IN SELECT x FROM jsonb_array_elements(asked) x LOOP
        a := jsonb_populate_record(NULL::ledger.act, act);
        BEGIN
            CASE act ->> 'verb'
            WHEN 'post' THEN
                -- As the Python layer does: two plain legs by their own function.
                IF cardinality(a.accounts) = 2 AND a.amounts[1] = -a.amounts[2] AND array_remove(a.spills, NULL) = '{}' THEN
                    i := CASE WHEN a.accounts[1] < a.accounts[2] THEN 1 ELSE 2 END;
                    answer := ledger.post_two(a.key, a.kind, 'BDT', a.accounts[i], a.accounts[3 - i], a.amounts[i], a.subject,
                                              NULL, NULL, NULL, NULL, a.told_at, NULL);
                ELSE
                    answer := ledger.post(a.key, a.kind, 'BDT', a.accounts, a.amounts, a.spills, a.subject, NULL, NULL,
                                          NULL, NULL, a.told_at, NULL);
                END IF;
            WHEN 'many' THEN
                SELECT string_agg(m.replayed::text, ',') INTO answer FROM ledger.post_many(act -> 'acts') m;
            WHEN 'hold' THEN
                answer := ledger.hold(a.key, 'BDT', a.accounts[1], a.amounts[1], a.spills[1], a.keeps_as, a.subject,
                                      NULL, NULL, NULL, a.told_at, NULL);
            WHEN 'capture' THEN
                answer := ledger.capture(a.key, a.kind, 'BDT', a.accounts, a.amounts, a.spills, a.keeps, a.keeps_as,
                                         NULL, a.closes, a.last, a.subject, NULL, NULL, NULL, NULL, NULL, a.told_at,
                                         NULL);
            WHEN 'release' THEN
                answer := ledger.release(a.key, a.kind, NULL, a.closes, a.subject, NULL, NULL, a.told_at, NULL);
            WHEN 'reverse' THEN
                answer := ledger.reverse(a.key, a.reverses, NULL, NULL, 'wrong', NULL, NULL, a.told_at, NULL);
            WHEN 'offset' THEN
                answer := ledger.offset(a.key, 'BDT', a.accounts[1], a.accounts[2], NULL, NULL, NULL, a.told_at, NULL);
            END CASE;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
            answer := coalesce(nullif(broken, ''), SQLSTATE);
        END;
        told := told || coalesce(answer, 'nothing');
    END LOOP;
    RETURN told;
END $$;
