-- The floor: the least work of a correct transfer between two accounts, without and with a key that is remembered.
CREATE SCHEMA raw;
CREATE TABLE raw.acct (
    id bigint PRIMARY KEY, currency char(3) NOT NULL DEFAULT 'USD', balance bigint NOT NULL DEFAULT 0, floor bigint,
    version bigint NOT NULL DEFAULT 0, CHECK (floor IS NULL OR balance >= floor)
) WITH (fillfactor = 50);
CREATE TABLE raw.transfer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit_id bigint NOT NULL, credit_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0), idem uuid, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE raw.entry (
    account_id bigint NOT NULL, version bigint NOT NULL, transfer_id bigint NOT NULL, amount bigint NOT NULL,
    balance bigint NOT NULL, PRIMARY KEY (account_id, version)
);
CREATE TABLE raw.idem (key uuid PRIMARY KEY, transfer_id bigint NOT NULL, fingerprint bigint NOT NULL);
INSERT INTO raw.acct (id, balance, floor) SELECT i, 1000000000000, 0 FROM generate_series(1, 10000) i;

CREATE FUNCTION raw.xfer(d bigint, c bigint, amt bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE t bigint; b1 bigint; v1 bigint; b2 bigint; v2 bigint;
BEGIN
    INSERT INTO raw.transfer (debit_id, credit_id, amount) VALUES (d, c, amt) RETURNING id INTO t;
    IF d < c THEN
        UPDATE raw.acct SET balance = balance - amt, version = version + 1 WHERE id = d RETURNING balance, version INTO b1, v1;
        UPDATE raw.acct SET balance = balance + amt, version = version + 1 WHERE id = c RETURNING balance, version INTO b2, v2;
    ELSE
        UPDATE raw.acct SET balance = balance + amt, version = version + 1 WHERE id = c RETURNING balance, version INTO b2, v2;
        UPDATE raw.acct SET balance = balance - amt, version = version + 1 WHERE id = d RETURNING balance, version INTO b1, v1;
    END IF;
    INSERT INTO raw.entry VALUES (d, v1, t, -amt, b1), (c, v2, t, amt, b2);
    RETURN t;
END $$;
CREATE FUNCTION raw.xfer_idem(k uuid, d bigint, c bigint, amt bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE t bigint; b1 bigint; v1 bigint; b2 bigint; v2 bigint;
BEGIN
    INSERT INTO raw.transfer (debit_id, credit_id, amount, idem) VALUES (d, c, amt, k) RETURNING id INTO t;
    INSERT INTO raw.idem VALUES (k, t, d * 31 + c * 17 + amt) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RAISE EXCEPTION 'duplicate'; END IF;
    IF d < c THEN
        UPDATE raw.acct SET balance = balance - amt, version = version + 1 WHERE id = d RETURNING balance, version INTO b1, v1;
        UPDATE raw.acct SET balance = balance + amt, version = version + 1 WHERE id = c RETURNING balance, version INTO b2, v2;
    ELSE
        UPDATE raw.acct SET balance = balance + amt, version = version + 1 WHERE id = c RETURNING balance, version INTO b2, v2;
        UPDATE raw.acct SET balance = balance - amt, version = version + 1 WHERE id = d RETURNING balance, version INTO b1, v1;
    END IF;
    INSERT INTO raw.entry VALUES (d, v1, t, -amt, b1), (c, v2, t, amt, b2);
    RETURN t;
END $$;

-- The ledger's side: ten thousand customers with money, numbered so that a script can name their wallets.
CREATE TABLE raw.wallet (n int PRIMARY KEY, account bigint NOT NULL);
INSERT INTO raw.wallet
SELECT n, ledger.open_account('wallet', 'customer', ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'BDT', NULL)
  FROM generate_series(1, 10000) n;
CREATE TABLE raw.house AS
SELECT ledger.open_account('clearing', 'gateway', '00000000-0000-4000-9000-000000000001', 'BDT', NULL) AS clearing,
       ledger.open_account('fee_income', 'house', '00000000-0000-0000-0000-000000000000', 'BDT', NULL) AS fees;
SELECT count(*) FROM raw.house, LATERAL (
    SELECT ledger.post_many(jsonb_agg(jsonb_build_object('key', gen_random_uuid(), 'kind', 'topup', 'currency', 'BDT',
               'accounts', jsonb_build_array(clearing, w.account), 'amounts', '[-1000000000, 1000000000]'::jsonb,
               'spills', '[null, null]'::jsonb, 'keeps', '[0, 0]'::jsonb, 'last', true)))
      FROM raw.wallet w GROUP BY w.n / 1000) topped;
GRANT USAGE ON SCHEMA raw TO karigar_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA raw TO karigar_app;
