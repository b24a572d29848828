-- :lines open exceptions about as many lines of a report, of every kind that a line can have, opened over fifty days.
INSERT INTO statement_file (id, source, gateway, digest, section, imported_at, imported_by, lines)
VALUES ('00000000-0000-7000-8000-000000000001', 'settlement', 'planted', 'x', 0, now(),
        '00000000-0000-7000-8000-000000000000', :lines);
INSERT INTO statement_line (id, file, source, gateway, scope, line_key, digest, kind, txn, bank, batch, reversal,
                            currency, gross, fee, net, booked)
SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'settlement', 'planted', 'planted', 'K' || i, 'd',
       'payment', 'TX' || lpad(CAST(i AS text), 9, '0'), 'BK' || i, 'B' || i / 500, false, 'BDT', a.minor, 0, a.minor,
       current_date - 1 - i % 50
  FROM generate_series(1, :lines) i, LATERAL (SELECT 1000 + (CAST(i AS bigint) * 7919) % 900000 AS minor) a;
INSERT INTO recon_exception (kind, gateway, line, owner, currency, value, opened_at)
SELECT (ARRAY['foreign', 'amount', 'duplicate', 'paid_not_credited', 'reversed', 'unknown_fee'])[1 + n % 6], gateway, id,
       CAST('00000000-0000-7000-8000-00000000000' || n % 4 AS uuid), currency, net,
       booked + n % 10000 * interval '8 seconds'
  FROM (SELECT *, CAST(substr(line_key, 2) AS int) AS n FROM statement_line WHERE scope = 'planted') l;
