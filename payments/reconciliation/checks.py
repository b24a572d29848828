"""What must always agree between matches, the lines they explain and the ledger; each is asked by `payments.audits`.

A match that a person parted counts as none. The numbers are those of payments.md §10.
"""

from typing import Final

_LIVE: Final = "NOT EXISTS (SELECT FROM public.match_void v WHERE (v.match_set, v.no) = (m.match_set, m.no))"

QUERIES: Final[dict[str, str]] = {
    # The fee of each line is posted once, with its match; parted, it is posted back.
    "16_fees_unlike_their_matches": """
        SELECT count(*) FROM public.match_set s
          JOIN public.match_rule r ON r.id = s.rule AND r.code <> 'exact_chargeback'
          LEFT JOIN (SELECT v.match_set, sum(l.fee) AS fees FROM public.match_void v
                       JOIN public.match_item m ON (m.match_set, m.no) = (v.match_set, v.no)
                       JOIN public.statement_line l ON l.id = m.line GROUP BY v.match_set) p ON p.match_set = s.id
          LEFT JOIN (SELECT t.subject, -sum(e.d_posted) AS fees FROM ledger.transfer t
                       JOIN ledger.entry e ON e.transfer_id = t.id
                       JOIN ledger.account a ON a.id = e.account_id AND a.kind = 'gateway_fees'
                      WHERE t.kind IN ('gateway_fee', 'gateway_fee_back') GROUP BY t.subject) b ON b.subject = s.id
         WHERE coalesce(b.fees, 0) <> s.fees - coalesce(p.fees, 0)""",
    # What a gateway owes us is what no line explains, and what its lines brought without a deposit; and the reverse.
    "16_clearing_unlike_its_items": """
        SELECT count(*) FROM (SELECT DISTINCT currency FROM public.settlement_batch) c
         WHERE (SELECT coalesce(sum(e.d_posted), 0) FROM ledger.account a JOIN ledger.entry e ON e.account_id = a.id
                  JOIN ledger.transfer t ON t.id = e.transfer_id
                 WHERE a.kind = 'clearing' AND a.currency = c.currency
                   AND (t.kind IN ('topup', 'gateway_fee', 'gateway_fee_back', 'refund_to_card', 'chargeback',
                                   'chargeback_won', 'bank_deposit')
                        OR t.subject IN (SELECT id FROM public.recon_exception)
                        OR t.subject IN (SELECT id FROM public.statement_line WHERE source = 'statement')))
            <> - (SELECT coalesce(sum(u.amount), 0) FROM public.topup_attempt a JOIN public.topup u ON u.id = a.topup
                   WHERE a.state IN ('paid', 'partly_refunded', 'refunded', 'reversed') AND u.currency = c.currency
                     AND NOT EXISTS (SELECT FROM public.match_item m WHERE m.attempt = a.id AND {_LIVE}))
               + (SELECT coalesce(sum(f.amount), 0) FROM public.refund f
                   WHERE f.state = 'done' AND f.currency = c.currency
                     AND NOT EXISTS (SELECT FROM public.match_item m WHERE m.refund = f.id AND {_LIVE}))
               + (SELECT coalesce(sum(k.taken), 0) FROM public.topup_case k WHERE k.currency = c.currency)
               + (SELECT coalesce(sum(l.gross), 0) FROM public.match_item m
                    JOIN public.statement_line l ON l.id = m.line
                   WHERE m.chargeback IS NOT NULL AND l.currency = c.currency AND {_LIVE})
               + (SELECT coalesce(sum(e.d_posted), 0) FROM ledger.transfer t
                    JOIN ledger.entry e ON e.transfer_id = t.id
                    JOIN ledger.account a ON a.id = e.account_id AND a.kind = 'clearing' AND a.currency = c.currency
                   WHERE t.kind = 'gateway_fee' AND t.reason = 'chargeback_fee')
               - (SELECT coalesce(sum(l.fee), 0) FROM public.match_item m JOIN public.statement_line l ON l.id = m.line
                   WHERE m.chargeback IS NOT NULL AND l.currency = c.currency AND {_LIVE})
               - (SELECT coalesce(sum(l.net), 0) FROM public.statement_line l
                   WHERE l.source = 'settlement' AND l.currency = c.currency
                     AND EXISTS (SELECT FROM public.match_item m WHERE m.line = l.id AND {_LIVE}))
               + (SELECT coalesce(sum(b.net), 0) FROM public.settlement_batch b
                   WHERE b.currency = c.currency
                     AND EXISTS (SELECT FROM public.match_item m WHERE m.batch = b.id AND {_LIVE}))""",
    # What stands in a bank's suspense is what no match explains; a payout's line until payouts have been told.
    "16_suspense_unlike_its_items": """
        SELECT count(*) FROM (SELECT currency, sum(posted) AS posted FROM ledger.account
                               WHERE kind = 'suspense' AND owner_kind = 'bank' GROUP BY currency) a
          FULL JOIN (SELECT l.currency, sum(l.net) AS net FROM public.statement_line l
                       JOIN public.matched_file f ON f.file = l.file
                      WHERE l.source = 'statement' AND NOT EXISTS (
                            SELECT FROM public.match_item m LEFT JOIN public.payout p ON p.id = m.payout
                             WHERE m.line = l.id AND {_LIVE}
                               AND (m.payout IS NULL OR p.state = 'returned' OR p.state = 'on_statement' AND l.net < 0))
                      GROUP BY l.currency) s USING (currency)
         WHERE coalesce(a.posted, 0) <> coalesce(s.net, 0)""",
    # Each line of a statement is in the books of its account once, with the bank's sign.
    "17_lines_unlike_the_bank_account": """
        SELECT count(*) FROM public.statement_line l JOIN public.matched_file f ON f.file = l.file
          LEFT JOIN (SELECT t.subject, sum(e.d_posted) AS posted FROM ledger.transfer t
                       JOIN ledger.entry e ON e.transfer_id = t.id
                       JOIN ledger.account a ON a.id = e.account_id AND a.kind = 'bank'
                      WHERE t.kind IN ('bank_suspense', 'bank_deposit') GROUP BY t.subject) b ON b.subject = l.id
         WHERE l.source = 'statement' AND coalesce(b.posted, 0) <> -l.net""",
    # Each line that was looked at has a partner, or an exception with an owner and an age; never neither.
    "30_lines_without_partner_or_owner": """
        SELECT count(*) FROM public.statement_line l JOIN public.matched_file f ON f.file = l.file
         WHERE NOT EXISTS (SELECT FROM public.match_item m WHERE m.line = l.id AND {_LIVE})
           AND NOT EXISTS (SELECT FROM public.recon_exception e WHERE e.line = l.id AND e.closed_at IS NULL)""",
    # What a file's lines add up to is kept beside them, and matching believes it.
    "30_totals_unlike_their_lines": """
        SELECT count(*) FROM (
            SELECT file, coalesce(batch, '') AS batch, currency, booked, count(*) AS lines, sum(gross) AS gross,
                   sum(fee) AS fees, sum(net) AS net, sum(abs(net)) AS value
              FROM public.statement_line GROUP BY 1, 2, 3, 4) l
          FULL JOIN (
            SELECT file, batch, currency, booked, sum(lines) AS lines, sum(gross) AS gross, sum(fees) AS fees,
                   sum(net) AS net, sum(value) AS value
              FROM public.statement_total GROUP BY 1, 2, 3, 4) t USING (file, batch, currency, booked)
         WHERE (l.lines, l.gross, l.fees, l.net, l.value)
            IS DISTINCT FROM (t.lines, t.gross, t.fees, t.net, t.value)""",
    # What matches and exceptions name is there: no foreign key says so for each row of a million.
    "30_matches_or_exceptions_of_nothing": """
        SELECT count(*) FROM (SELECT line, attempt, batch FROM public.match_item
                               UNION ALL SELECT line, attempt, batch FROM public.recon_exception) x
          LEFT JOIN public.statement_line l ON l.id = x.line LEFT JOIN public.topup_attempt a ON a.id = x.attempt
          LEFT JOIN public.settlement_batch b ON b.id = x.batch
         WHERE num_nonnulls(l.id, a.id, b.id) <> num_nonnulls(x.line, x.attempt, x.batch)""",
}
QUERIES.update({name: asked.replace("{_LIVE}", _LIVE) for name, asked in QUERIES.items()})
