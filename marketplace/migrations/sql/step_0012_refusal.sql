-- An account that did not take its leg: say why. Its row is read without a lock, as it was committed last: who has moved the
-- upper of two accounts and then waited for the lower would meet another who holds the lower and waits for the upper.
CREATE OR REPLACE FUNCTION ledger._refuse(account bigint, d_posted bigint, d_held bigint, wanted_currency text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    it ledger.account;
    has bigint;
    needs bigint := d_held - d_posted;
    broken text;
BEGIN
    SELECT * INTO STRICT it FROM ledger.account x WHERE x.id = account;
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
