-- A planted corpus: :lines top-ups of four weeks, the gateway's report of them, and the bank's statement, with every kind
-- of difference in known places. The schema `planted` keeps what is true of each line; nothing here is random.
CREATE SCHEMA planted;
CREATE FUNCTION planted.h(n bigint, salt int, range bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (hashint8extended(n, salt) & 9223372036854775807) % range $$;
CREATE FUNCTION planted.id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(n), 24, '0'))::uuid $$;

CREATE UNLOGGED TABLE planted.item AS
SELECT i, CASE WHEN p < 8 THEN 'twin' WHEN p < 20 THEN 'merge' WHEN c < 15 THEN 'fee' WHEN c < 30 THEN 'tracking'
               WHEN c < 45 THEN 'order' WHEN c < 75 THEN 'bare' WHEN c < 90 THEN 'wrong_date' WHEN c < 105 THEN 'slow'
               WHEN c < 125 THEN 'amount' WHEN c < 130 THEN 'currency' WHEN c < 142 THEN 'split'
               WHEN c < 157 THEN 'duplicate' WHEN c < 177 THEN 'missing' WHEN c < 185 THEN 'late'
               WHEN c < 200 THEN 'uncredited' WHEN c < 215 THEN 'foreign' WHEN c < 230 THEN 'near'
               WHEN c < 240 THEN 'reversed' WHEN c < 244 THEN 'undone' WHEN c < 264 THEN 'refund'
               WHEN c < 268 THEN 'chargeback' ELSE 'exact' END AS class,
       CASE WHEN p < 8 THEN 1000 + planted.h((i + 1) / 2, 3, 499000) ELSE 1000 + planted.h(i, 3, 499000) END AS amount,
       CASE WHEN p >= 20 AND c BETWEEN 177 AND 184 THEN DATE '2026-04-25' + CAST(planted.h(i, 4, 5) AS int)
            ELSE DATE '2026-03-01' + CAST(((i + 1) / 2 * 2 - 1) * 28 / (:lines + 2) AS int) END AS day,
       CASE WHEN p >= 8 AND p < 20 THEN 500000000000 + (i + 1) / 2 ELSE i END AS bank
  FROM (SELECT i, planted.h((i + 1) / 2, 1, 10000) AS p, planted.h(i, 2, 10000) AS c
          FROM generate_series(1::bigint, :lines / 2 * 2) i) x;

INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at, paid_at, expires_at)
SELECT planted.id(1, i), planted.id(9, i / 5), 'customer', amount, 'BDT',
       CASE class WHEN 'uncredited' THEN 'pending' WHEN 'undone' THEN 'failed' ELSE 'paid' END, day, day, day
  FROM planted.item WHERE class <> 'foreign';
INSERT INTO topup_attempt (id, topup, gateway, state, txn, bank, started_at, paid_at, ours, terminal, financial_day)
SELECT planted.id(2, i), planted.id(1, i), 'planted',
       CASE class WHEN 'uncredited' THEN 'pending' WHEN 'undone' THEN 'failed' WHEN 'refund' THEN 'partly_refunded' ELSE 'paid' END,
       CASE WHEN class NOT IN ('uncredited', 'undone') THEN 'TX' || lpad(i::text, 10, '0') END, lpad(bank::text, 12, '0'),
       day, CASE WHEN class NOT IN ('uncredited', 'undone') THEN day END, 'OR' || lpad(i::text, 10, '0'),
       CASE WHEN i % 2 = 0 THEN 'T0000001' ELSE 'T0000002' END, day
  FROM planted.item WHERE class <> 'foreign';
INSERT INTO refund (id, attempt, owner, wallet, amount, currency, reason, state, asked_by, asked_at, settled_at)
SELECT planted.id(5, i), planted.id(2, i), planted.id(9, i / 5), 'customer', amount / 2, 'BDT', 'other', 'done',
       planted.id(8, 1), day, day FROM planted.item WHERE class = 'refund';
INSERT INTO topup_case (id, attempt, number, state, reason, amount, fee, currency, taken, turns, opened_at, changed_at)
SELECT planted.id(6, i), planted.id(2, i), 'CB' || i, 'taken', 'fraudulent', amount, 500, 'BDT', amount, 1, day, day
  FROM planted.item WHERE class = 'chargeback';

-- Each line with what is expected of it: `fate` is matched, suggested, or the kind of its exception.
CREATE UNLOGGED TABLE planted.line AS
SELECT planted.id(3, row_number() OVER (ORDER BY booked, planted.h(i, 5, 1000000), i, part)) AS id, x.*,
       'B' || to_char(booked, 'YYYYMMDD') || '-' || planted.h(i * 4 + part, 6, greatest(1, :lines / 14000)) AS batch
  FROM (
    SELECT i, 0 AS part, class, amount AS gross, 'payment' AS kind, false AS reversal,
           CASE WHEN class IN ('foreign', 'near') THEN 'ZZ' || lpad(i::text, 10, '0')
                WHEN class NOT IN ('tracking', 'order', 'bare', 'twin', 'merge') THEN 'TX' || lpad(i::text, 10, '0') END AS txn,
           CASE WHEN class IN ('exact', 'tracking') OR class = 'merge' THEN lpad(bank::text, 12, '0') END AS bank,
           CASE WHEN class IN ('order', 'uncredited', 'undone') THEN 'OR' || lpad(i::text, 10, '0') END AS ours,
           CASE class WHEN 'currency' THEN 'USD' ELSE 'BDT' END AS currency,
           CASE class WHEN 'wrong_date' THEN day - 1 - CAST(planted.h(i, 7, 3) AS int)
                      WHEN 'slow' THEN day + 10 + CAST(planted.h(i, 7, 10) AS int)
                      WHEN 'twin' THEN day WHEN 'merge' THEN day
                      ELSE day + CAST(planted.h(i, 7, 4) AS int) END AS booked,
           CASE class WHEN 'uncredited' THEN 'paid_not_credited' WHEN 'foreign' THEN 'foreign' WHEN 'near' THEN 'foreign'
                      WHEN 'currency' THEN 'amount' WHEN 'twin' THEN 'foreign' WHEN 'bare' THEN 'suggested'
                      ELSE 'matched' END AS fate
      FROM planted.item WHERE class NOT IN ('missing', 'late', 'amount', 'split', 'merge')
    UNION ALL
    SELECT i, 0, class, amount - 37, 'payment', false, 'TX' || lpad(i::text, 10, '0'), NULL, NULL, 'BDT',
           day + CAST(planted.h(i, 7, 4) AS int), 'amount' FROM planted.item WHERE class = 'amount'
    UNION ALL
    SELECT i, n, class, CASE n WHEN 0 THEN amount / 3 ELSE amount - amount / 3 END, 'payment', false,
           'TX' || lpad(i::text, 10, '0'), NULL, NULL, 'BDT', day + n, 'suggested'
      FROM planted.item, generate_series(0, 1) n WHERE class = 'split'
    UNION ALL
    SELECT min(i), 0, 'merge', sum(amount)::bigint, 'payment', false, NULL, lpad(min(bank)::text, 12, '0'), NULL, 'BDT',
           min(day), 'suggested' FROM planted.item WHERE class = 'merge' GROUP BY (i + 1) / 2
    UNION ALL
    SELECT i, 1, class, amount, 'payment', false, 'TX' || lpad(i::text, 10, '0'), NULL, NULL, 'BDT',
           day + CAST(planted.h(i, 7, 4) AS int) + 1, 'duplicate' FROM planted.item WHERE class = 'duplicate'
    UNION ALL
    SELECT i, 1, class, -amount, 'payment', true, 'TX' || lpad(i::text, 10, '0'), NULL,
           CASE class WHEN 'undone' THEN 'OR' || lpad(i::text, 10, '0') END, 'BDT', day + 5,
           CASE class WHEN 'undone' THEN 'matched' ELSE 'reversed' END
      FROM planted.item WHERE class IN ('reversed', 'undone')
    UNION ALL
    SELECT i, 1, class, -(amount / 2), 'refund', false, 'TX' || lpad(i::text, 10, '0'), NULL, NULL, 'BDT', day + 4, 'matched'
      FROM planted.item WHERE class = 'refund'
    UNION ALL
    SELECT i, 1, class, -amount, 'chargeback', false, 'TX' || lpad(i::text, 10, '0'), NULL, NULL, 'BDT', day + 6, 'matched'
      FROM planted.item WHERE class = 'chargeback') x;

INSERT INTO gateway_terms (id, gateway, currency, valid_from, parts_per_million, fixed, settles_days, made_at, made_by)
VALUES (planted.id(7, 1), 'planted', 'BDT', '2026-01-01', 20000, 0, 3, '2026-01-01', planted.id(8, 1));
INSERT INTO statement_file (id, source, gateway, digest, section, imported_at, imported_by, lines, first_on, last_on)
SELECT planted.id(4, 1), 'settlement', 'planted', 'report', 0, '2026-05-20', planted.id(8, 1), count(*), min(booked), max(booked)
  FROM planted.line;
INSERT INTO statement_line (id, file, source, gateway, scope, line_key, digest, kind, txn, bank, ours, batch, reversal, currency,
                            gross, fee, net, booked)
SELECT id, planted.id(4, 1), 'settlement', 'planted', 'planted', 'L' || i || '-' || part, sha256(convert_to(i || '-' || part, 'UTF8')),
       kind, txn, bank, ours, batch, reversal, currency, gross, fee, gross - fee, booked
  FROM (SELECT *, CASE WHEN kind = 'chargeback' THEN 500 WHEN kind <> 'payment' OR reversal THEN 0
                       ELSE contract_fee(gross, 20000, 0) END
                + CASE class WHEN 'fee' THEN 1 + planted.h(i, 8, 50) ELSE 0 END AS fee FROM planted.line) x
 ORDER BY x.id;

-- The bank's side: one deposit for most batches, and some that are split, merged, off by one, missing or there twice.
CREATE UNLOGGED TABLE planted.batch AS
SELECT row_number() OVER (ORDER BY last_on, batch) AS n, x.*
  FROM (SELECT batch, currency, sum(net)::bigint AS net, max(booked) AS last_on FROM statement_line
         WHERE source = 'settlement' AND currency = 'BDT' GROUP BY batch, currency) x;
CREATE UNLOGGED TABLE planted.deposit AS
SELECT row_number() OVER (ORDER BY booked, n, part) AS no, x.*
  FROM (SELECT n, 0 AS part, CASE WHEN n % 100 NOT IN (13, 14, 15) THEN batch END AS batch,
               CASE n % 100 WHEN 10 THEN net / 3 WHEN 12 THEN net - 1 ELSE net END AS net, last_on + 1 AS booked,
               CASE n % 100 WHEN 10 THEN 'suggested' WHEN 12 THEN 'amount' WHEN 13 THEN 'suggested' ELSE 'matched' END AS fate
          FROM planted.batch WHERE n % 100 NOT IN (11, 14, 15)
         UNION ALL
        SELECT n, 1, batch, net - net / 3, last_on + 2, 'suggested' FROM planted.batch WHERE n % 100 = 10
         UNION ALL
        SELECT n, 2, batch, net, last_on + 2, 'duplicate' FROM planted.batch WHERE n % 100 = 16
         UNION ALL
        SELECT n, 3, 'B19990101-' || n, net + 7, last_on + 1, 'missing_batch' FROM planted.batch WHERE n % 100 = 17
         UNION ALL
        SELECT n, 4, NULL, 111 + n, last_on + 1, 'foreign' FROM planted.batch WHERE n % 100 = 18
         UNION ALL
        SELECT a.n, 5, NULL, a.net + b.net, greatest(a.last_on, b.last_on) + 1, 'suggested'
          FROM planted.batch a JOIN planted.batch b ON b.n = a.n + 1 WHERE a.n % 100 = 14) x;
INSERT INTO statement_file (id, source, gateway, digest, section, imported_at, imported_by, lines, account, currency, opening,
                            closing, first_on, last_on)
SELECT planted.id(4, 2), 'statement', 'planted', 'account', 0, '2026-05-20', planted.id(8, 1), count(*), 'ACCOUNT-1', 'BDT', 0,
       sum(net), min(booked), max(booked) FROM planted.deposit;
INSERT INTO statement_line (id, file, source, gateway, scope, line_key, digest, kind, account, batch, reference, reversal,
                            currency, gross, fee, net, booked)
SELECT planted.id(10, no), planted.id(4, 2), 'statement', 'planted', 'ACCOUNT-1', 'D' || no, sha256(convert_to('D' || no, 'UTF8')),
       CASE WHEN net > 0 THEN 'deposit' ELSE 'payout' END, 'ACCOUNT-1', batch, batch, false, 'BDT', net, 0, net, booked
  FROM planted.deposit;

-- What a person would have to find. A line without reference can be told only where no other comes into question.
CREATE UNLOGGED TABLE planted.free AS
SELECT planted.id(2, i) AS attempt, i, amount, day FROM planted.item WHERE class IN ('bare', 'twin', 'missing', 'near');
CREATE UNLOGGED TABLE planted.plain AS
SELECT p.*, count(*) OVER (PARTITION BY line) AS partners, count(*) OVER (PARTITION BY attempt) AS rivals
  FROM (SELECT l.id AS line, l.i, f.attempt, f.i AS of
          FROM planted.line l JOIN planted.free f ON f.amount = l.gross AND f.day BETWEEN l.booked - 3 AND l.booked
         WHERE l.class IN ('bare', 'twin')) p;
UPDATE planted.line l SET fate = 'foreign'
 WHERE class = 'bare' AND NOT EXISTS (SELECT FROM planted.plain p WHERE p.line = l.id AND p.partners = 1 AND p.rivals = 1 AND p.of = l.i);
CREATE UNLOGGED TABLE planted.difference AS
SELECT id AS thing, CASE WHEN class IN ('split', 'merge') THEN 'amount' WHEN fate = 'suggested' THEN 'foreign' ELSE fate END AS kind
  FROM planted.line WHERE fate <> 'matched'
 UNION ALL SELECT id, 'unknown_fee' FROM planted.line WHERE class = 'fee'
 UNION ALL SELECT planted.id(2, i), CASE class WHEN 'late' THEN 'late' ELSE 'credited_not_paid' END
             FROM planted.item WHERE class IN ('missing', 'near', 'bare', 'twin', 'late')
 UNION ALL SELECT planted.id(10, no), CASE WHEN fate = 'suggested' AND batch IS NULL THEN 'foreign' WHEN fate = 'suggested' THEN 'amount' ELSE fate END
             FROM planted.deposit WHERE fate <> 'matched';
