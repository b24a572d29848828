"""Every invariant of payments.md §10 that the database can be asked about, as one read-only query each.

`stream(session)` answers with the number of faults for each, one by one; every one of them is 0 in sound books. What
is asked of the ledger alone is walked in `ledger.checks`; what other features promise is a query here. The tests plant
each fault and see it counted; `karigar verify` runs this nightly and after every restore. The numbers in the names are
those of §10; what is not here is enforced and tested elsewhere, or belongs to a feature with figures of its own.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from payments.ledger import checks
from payments.ledger.checks import ALL, Scope
from payments.reconciliation.checks import QUERIES as MATCHES

QUERIES: dict[str, str] = {
    "02_currencies_not_summing_to_zero": """
        SELECT count(*) FROM (SELECT currency FROM ledger.account GROUP BY currency HAVING sum(posted) <> 0) x""",
    "03_accounts_unlike_their_last_entry": """
        SELECT count(*) FROM ledger.account a
          LEFT JOIN LATERAL (SELECT e.version, e.posted, e.held FROM ledger.entry e WHERE e.account_id = a.id
                              ORDER BY e.version DESC LIMIT 1) e ON true
         WHERE (a.version, a.posted, a.held) <> (coalesce(e.version, 0), coalesce(e.posted, 0), coalesce(e.held, 0))""",
    "05_accounts_without_their_floor_or_ceiling": """
        SELECT count(*) FROM ledger.account a
         WHERE (a.kind IN ('wallet', 'payouts_in_transit') AND a.floor IS DISTINCT FROM 0)
            OR (a.kind = 'receivable' AND a.ceil IS DISTINCT FROM 0) OR a.held < 0 OR a.posted - a.held < a.floor
            OR a.posted > a.ceil""",
    "06_held_unlike_open_holds": """
        SELECT count(*) FROM ledger.account a
          LEFT JOIN (SELECT account_id, sum(amount - captured - returned) AS rest FROM ledger.hold WHERE state = 'open'
                      GROUP BY account_id) h ON h.account_id = a.id
         WHERE a.held <> coalesce(h.rest, 0)""",
    "06_holds_without_their_entry": """
        SELECT count(*) FROM ledger.hold h
         WHERE NOT EXISTS (
               SELECT FROM ledger.entry e WHERE e.transfer_id = h.made_by AND e.account_id = h.account_id)""",
    "07_holds_overdrawn_or_half_closed": """
        SELECT count(*) FROM ledger.hold h
         WHERE h.captured + h.returned > h.amount OR (h.state = 'open') <> (h.captured + h.returned < h.amount)
            OR (h.state = 'open') <> (h.closed_by IS NULL)""",
    "07_holds_closed_by_no_entry": """
        SELECT count(*) FROM ledger.hold h
         WHERE h.closed_by IS NOT NULL AND NOT EXISTS (
               SELECT FROM ledger.entry e WHERE e.transfer_id = h.closed_by AND e.account_id = h.account_id)""",
    "08_transfers_reversed_twice": """
        SELECT count(*) FROM (
            SELECT reverses FROM ledger.transfer WHERE reverses IS NOT NULL GROUP BY reverses HAVING count(*) > 1) x""",
    "08_reversals_that_do_not_mirror": """
        SELECT count(*) FROM (
            SELECT t.id FROM ledger.transfer t
              JOIN ledger.entry e ON e.transfer_id IN (t.id, t.reverses)
              JOIN ledger.account a ON a.id = e.account_id
             WHERE t.reverses IS NOT NULL
             GROUP BY t.id, CASE WHEN a.kind IN ('wallet', 'receivable') THEN a.owner_id::text ELSE a.group_id::text END
            HAVING sum(e.d_posted) <> 0) x""",
    "08_more_given_back_than_was_paid": """
        SELECT count(*) FROM public.job_payment p
          LEFT JOIN LATERAL (
              SELECT coalesce(sum(n.gross) FILTER (WHERE n.kind IN ('job', 'cash')), 0) AS paid,
                     coalesce(-sum(n.gross) FILTER (WHERE n.kind = 'refund'), 0) AS back
                FROM public.earning n WHERE n.subject = p.job) e ON true
          LEFT JOIN LATERAL (
              SELECT coalesce(sum(x.d_posted), 0) AS back
                FROM ledger.transfer t JOIN ledger.entry x ON x.transfer_id = t.id
                JOIN ledger.account a ON a.id = x.account_id
               WHERE t.subject = p.job AND t.kind IN ('refund_to_wallet', 'reversal')
                 AND ((a.kind = 'wallet' AND a.owner_kind = 'customer') OR a.kind = 'promo')) l ON true
         WHERE e.paid <> p.gross OR e.back <> p.refunded OR l.back <> p.refunded OR p.refunded > p.gross""",
    "08_more_sent_back_than_was_topped_up": """
        SELECT count(*) FROM (
            SELECT a.id FROM public.refund r JOIN public.topup_attempt a ON a.id = r.attempt
              JOIN public.topup u ON u.id = a.topup
             WHERE r.state NOT IN ('refused', 'withdrawn') GROUP BY a.id, u.amount
            HAVING sum(r.amount) > u.amount) x""",
    "15_refunds_unlike_their_hold": """
        SELECT count(*) FROM public.refund r
         WHERE (r.state IN ('reserved', 'unknown'))
            <> EXISTS (SELECT FROM ledger.hold h WHERE h.subject = r.id AND h.purpose = 'refund' AND h.state = 'open')
            OR (r.state = 'done')
            <> EXISTS (SELECT FROM ledger.transfer t WHERE t.subject = r.id AND t.kind = 'refund_to_card')""",
    "12_transfers_behind_a_signature": """
        SELECT count(DISTINCT t.id) FROM ledger.period p
          JOIN ledger.transfer t ON t.effective_at <= p.locked_through AND t.recorded_at > p.signed_at
          JOIN ledger.entry e ON e.transfer_id = t.id AND e.d_posted <> 0
          JOIN ledger.account a ON a.id = e.account_id AND (p.account_group = 0 OR p.account_group = a.group_id)
         WHERE p.state = 'signed'""",
    "12_balances_unlike_their_signature": """
        SELECT count(*) FROM public.sign_off s JOIN public.signature g ON g.sign_off = s.id
         WHERE s.account_group <> 0 AND NOT EXISTS (SELECT FROM public.sign_off_end x WHERE x.sign_off = s.id)
           AND g.closing <> (SELECT coalesce(sum(e.d_posted), 0) FROM ledger.account a
                               JOIN ledger.entry e ON e.account_id = a.id
                               JOIN ledger.transfer t ON t.id = e.transfer_id
                              WHERE a.group_id = s.account_group AND t.effective_at <= s.locked_through)""",
    "13_paid_attempts_without_their_one_credit": """
        SELECT count(*) FROM public.topup_attempt a JOIN public.topup u ON u.id = a.topup
          LEFT JOIN LATERAL (
              SELECT count(*) AS credits, sum(e.d_posted) AS amount
                FROM ledger.transfer t JOIN ledger.entry e ON e.transfer_id = t.id
                JOIN ledger.account w ON w.id = e.account_id
               WHERE t.subject = a.id AND t.kind = 'topup' AND w.kind = 'wallet' AND w.owner_id = u.owner
                 AND w.owner_kind = u.wallet AND w.currency = u.currency) c ON true
         WHERE c.credits <> CAST(a.state IN ('paid', 'partly_refunded', 'refunded', 'reversed') AS int)
            OR c.amount <> u.amount""",
    "13_topups_unlike_their_attempts": """
        SELECT count(*) FROM public.topup u
         WHERE (u.state IN ('paid', 'partly_refunded', 'refunded', 'reversed'))
            <> EXISTS (SELECT FROM public.topup_attempt a
                        WHERE a.topup = u.id AND a.state IN ('paid', 'partly_refunded', 'refunded', 'reversed'))""",
    "13_subjects_credited_twice": """
        SELECT count(*) FROM (
            SELECT subject FROM ledger.transfer WHERE kind = 'topup' AND subject IS NOT NULL
             GROUP BY subject HAVING count(*) > 1) x""",
    "14_transaction_numbers_missing_or_twice": """
        SELECT (SELECT count(*) FROM public.topup_attempt
                 WHERE state IN ('paid', 'partly_refunded', 'refunded', 'reversed')
                   AND (txn IS NULL OR paid_at IS NULL))
             + (SELECT count(*) FROM (SELECT FROM public.topup_attempt WHERE txn IS NOT NULL
                                       GROUP BY gateway, txn HAVING count(*) > 1) x)""",
    "15_payouts_not_held_sent_or_released_once": """
        SELECT (SELECT count(*) FROM public.payout p
                  LEFT JOIN LATERAL (SELECT count(*) AS holds, sum(h.amount) AS amount, sum(h.captured) AS captured,
                                            sum(h.returned) AS returned
                                       FROM ledger.hold h JOIN ledger.account a ON a.id = h.account_id
                                      WHERE h.subject = p.id AND h.purpose = 'payout' AND a.kind = 'wallet'
                                        AND a.owner_id = p.owner AND a.owner_kind = p.owner_kind
                                        AND a.currency = p.currency) h ON true
                  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE t.kind = 'payout_sent') AS sent,
                                            count(*) FILTER (WHERE t.kind = 'payout_confirmed') AS confirmed,
                                            count(*) FILTER (WHERE t.kind = 'payout_returned') AS returned,
                                            coalesce(sum(e.d_posted), 0) AS net
                                       FROM ledger.transfer t
                                       LEFT JOIN ledger.entry e ON e.transfer_id = t.id AND e.d_posted <> 0
                                            AND e.account_id IN (SELECT a.id FROM ledger.account a
                                                                  WHERE a.kind = 'wallet' AND a.owner_id = p.owner)
                                      WHERE t.subject = p.id
                                        AND t.kind IN ('payout_sent', 'payout_confirmed', 'payout_returned')) t ON true
                 CROSS JOIN LATERAL (SELECT p.state IN ('accepted', 'on_statement') AS is_sent,
                                            p.state IN ('rejected', 'cancelled') AS is_released,
                                            p.state = 'returned' AS is_back) s
                 WHERE h.holds <> 1 OR h.amount <> p.amount
                    OR (h.captured, h.returned) <> (CASE WHEN s.is_sent OR s.is_back THEN p.amount ELSE 0 END,
                                                    CASE WHEN s.is_released THEN p.amount ELSE 0 END)
                    OR (t.sent, t.returned) <> (CAST(s.is_sent OR s.is_back AS int), CAST(s.is_back AS int))
                    OR t.confirmed > 1 OR (NOT s.is_back AND t.confirmed <> CAST(p.state = 'on_statement' AS int))
                    OR t.net <> CASE WHEN s.is_sent THEN -p.amount ELSE 0 END)
             + (SELECT count(*) FROM ledger.hold h
                 WHERE h.purpose = 'payout' AND h.state = 'open'
                   AND NOT EXISTS (SELECT FROM public.payout p WHERE p.id = h.subject))
             + (SELECT count(*) FROM (SELECT FROM public.payout_event WHERE state = 'sending'
                                       GROUP BY payout HAVING count(*) > 1) x)
             + (SELECT count(*) FROM public.payout_batch b
                  LEFT JOIN LATERAL (
                      SELECT count(*) AS many, coalesce(sum(p.amount), 0) AS total,
                             encode(sha256(convert_to(coalesce(string_agg(
                                 concat_ws('|', p.id, p.amount, p.currency, p.destination), E'\\n'
                                 ORDER BY p.id::text COLLATE "C"), ''), 'UTF8')), 'hex') AS digest
                        FROM public.payout p WHERE p.batch = b.id) i ON true
                 WHERE (b.count, b.total, b.digest) IS DISTINCT FROM (i.many, i.total, i.digest)
                    OR (b.state IN ('approved', 'batched', 'sending') AND NOT EXISTS (
                        SELECT FROM public.payout_approval y WHERE y.batch = b.id AND y.voided_at IS NULL
                           AND y.digest = b.digest AND y.approver <> b.made_by))
                    OR (b.state IN ('batched', 'sending')) <> EXISTS (
                        SELECT FROM public.payout_file f WHERE f.batch = b.id))""",
    "16_payouts_in_transit_unlike_their_items": """
        SELECT count(*) FROM (SELECT currency, sum(posted) AS posted FROM ledger.account
                               WHERE kind = 'payouts_in_transit' GROUP BY currency) a
          FULL JOIN (SELECT currency, sum(amount) AS amount FROM public.payout WHERE state = 'accepted'
                      GROUP BY currency) p USING (currency)
         WHERE coalesce(a.posted, 0) <> coalesce(p.amount, 0)""",
    "17_balances_unlike_the_bank": """
        SELECT count(*) FROM ledger.balance_check b
         WHERE b.expected <> (SELECT coalesce(sum(e.d_posted), 0) FROM ledger.account a
                                JOIN ledger.entry e ON e.account_id = a.id
                                JOIN ledger.transfer t ON t.id = e.transfer_id
                               WHERE a.group_id = b.account_id AND t.effective_at <= b.at)""",
    "19_earnings_unlike_their_transfer": """
        SELECT count(*) FROM (
            SELECT coalesce(n.transfer, n.id) AS id, min(n.kind) AS kind, sum(n.gross) AS gross, sum(n.net) AS net,
                   sum(n.commission) AS commission, sum(n.tax) AS tax
              FROM public.earning n GROUP BY 1) n
          LEFT JOIN LATERAL (
              SELECT coalesce(sum(e.d_posted) FILTER (WHERE a.owner_kind = 'specialist'), 0) AS specialist,
                     coalesce(sum(e.d_posted) FILTER (WHERE a.kind = 'commission'), 0) AS commission,
                     coalesce(sum(e.d_posted) FILTER (WHERE a.kind = 'tax'), 0) AS tax
                FROM ledger.entry e JOIN ledger.account a ON a.id = e.account_id WHERE e.transfer_id = n.id) t ON true
         WHERE n.gross <> n.net + n.commission + n.tax
            OR t.specialist <> CASE n.kind WHEN 'cash' THEN -n.commission - n.tax ELSE n.net END
            OR (n.kind <> 'cancellation' AND (t.commission <> n.commission OR t.tax <> n.tax))""",
    "20_as_of_now_unlike_current": """
        SELECT count(*) FROM (SELECT a.*, clock_timestamp() AS at FROM ledger.account a OFFSET 0) a
          LEFT JOIN LATERAL (SELECT c.version FROM ledger.entry c
                              WHERE c.account_id = a.id AND c.version % 16 = 0 AND c.recorded_at <= a.at
                              ORDER BY c.recorded_at DESC, c.version DESC LIMIT 1) c ON true
          LEFT JOIN LATERAL (SELECT e.posted, e.held FROM ledger.entry e
                              WHERE e.account_id = a.id AND e.version >= coalesce(c.version, 0)
                                AND e.version < coalesce(c.version, 0) + 16 AND e.recorded_at <= a.at
                              ORDER BY e.version DESC LIMIT 1) e ON true
         WHERE (a.posted, a.held) <> (coalesce(e.posted, 0), coalesce(e.held, 0))""",
    "28_document_numbers_with_gaps": """
        SELECT count(*) FROM (
            SELECT FROM public.document_counter c
              FULL JOIN (SELECT organization_id, kind, fiscal_year, count(*) AS many, min(number) AS first,
                                max(number) AS last
                           FROM public.document GROUP BY 1, 2, 3) d USING (organization_id, kind, fiscal_year)
             WHERE (c.last, d.many, d.first, d.last) IS DISTINCT FROM (c.last, c.last, 1::bigint, c.last)
               AND NOT (c.last = 0 AND d.many IS NULL)) x""",
    "28_documents_unlike_the_ledger": """
        SELECT count(*) FROM public.document d
          LEFT JOIN LATERAL (SELECT sum(l.amount) AS total, sum(l.tax) AS tax, bool_or(
                 l.amount_wrong OR l.tax_wrong) AS wrong
              FROM (
                SELECT x.amount, x.tax,
                       CASE WHEN x.what IN ('commission', 'commission_back')
                            THEN abs(x.amount) <> coalesce((SELECT abs(n.commission + n.tax)
                                 FROM public.earning n WHERE n.id = x.source), 0)
                            WHEN x.what = 'cash_job'
                            THEN x.amount <> (SELECT n.gross FROM public.earning n WHERE n.id = x.source)
                            WHEN x.what = 'refund'
                            THEN x.amount > coalesce(sum(e.d_posted) FILTER (
                                 WHERE a.kind IN ('wallet', 'receivable') AND a.owner_id = d.owner_id), 0)
                            ELSE (SELECT sum(y.amount) FROM public.document_line y
                                   WHERE y.document_id = x.document_id AND y.source = x.source)
                                 <> abs(coalesce(sum(e.d_posted) FILTER (
                                    WHERE a.kind IN ('wallet', 'receivable') AND a.owner_id = d.owner_id), 0))
                       END AS amount_wrong,
                       CASE WHEN x.what IN ('commission', 'commission_back')
                            THEN abs(x.tax) <> coalesce((SELECT abs(n.tax)
                                 FROM public.earning n WHERE n.id = x.source), 0)
                            WHEN x.what IN ('cancellation', 'penalty')
                            THEN abs(x.tax) <> abs(coalesce(sum(e.d_posted) FILTER (WHERE a.kind = 'tax'), 0))
                            WHEN x.what = 'refund'
                            THEN x.tax > -coalesce(sum(e.d_posted) FILTER (WHERE a.kind = 'tax'), 0)
                            ELSE x.tax <> 0 END AS tax_wrong
                  FROM public.document_line x
                  LEFT JOIN ledger.entry e ON e.transfer_id = x.source
                  LEFT JOIN ledger.account a ON a.id = e.account_id
                 WHERE x.document_id = d.id
                 GROUP BY x.document_id, x.place, x.amount, x.tax, x.what, x.source) l) l ON true
         WHERE (d.total, d.tax) IS DISTINCT FROM (l.total, l.tax) OR coalesce(l.wrong, true)
            OR d.tax <> (SELECT coalesce(sum(t.tax), 0) FROM public.document_tax t WHERE t.document_id = d.id)""",
    "28_credit_notes_beyond_their_document": """
        SELECT count(*) FROM (
            SELECT c.id FROM public.document n JOIN public.document c ON c.id = n.corrects
             GROUP BY c.id, c.total, c.tax, c.kind, c.currency, c.owner_id
            HAVING sum(n.total) > c.total OR sum(n.tax) > c.tax OR c.kind = 'credit_note'
                OR bool_or(n.currency <> c.currency OR n.owner_id <> c.owner_id)) x""",
    "28_documents_altered": """
        SELECT count(*) FROM public.document d LEFT JOIN public.document_seal s ON s.document_id = d.id
         WHERE s.digest IS DISTINCT FROM public.document_digest(d.id)""",
    "29_ledger_tables_the_application_may_write": """
        SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.rolname = 'karigar_app'
         WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p')
           AND (pg_catalog.has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                OR pg_catalog.has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE'))""",
    "29_append_only_triggers_missing": """
        SELECT count(*) FROM unnest(ARRAY['transfer', 'entry', 'seal', 'balance_check', 'incarnation']) AS it,
                             unnest(ARRAY['update', 'delete', 'truncate']) AS event
         WHERE NOT EXISTS (
               SELECT FROM pg_catalog.pg_trigger g
                WHERE g.tgrelid = ('ledger.' || it)::regclass AND g.tgname = it || '_no_' || event
                  AND g.tgenabled = 'A')""",
    "07_holds_past_their_time": """
        SELECT count(*) FROM ledger.hold h
         WHERE h.state = 'open' AND h.purpose <> 'warranty'
           AND h.expires_at < coalesce(CAST(:now AS timestamptz), clock_timestamp()) - interval '15 minutes'""",
    "27_debts_beside_money": """
        SELECT count(*) FROM ledger.account w
          JOIN ledger.account d ON d.kind = 'receivable' AND d.owner_kind = w.owner_kind AND d.owner_id = w.owner_id
                               AND d.currency = w.currency
         WHERE w.kind = 'wallet' AND w.posted - w.held > 0 AND d.posted < 0
           AND NOT EXISTS (SELECT FROM ledger.entry e JOIN ledger.transfer t ON t.id = e.transfer_id
                            WHERE e.account_id IN (w.id, d.id)
                              AND t.effective_at + interval '1 hour'
                                > coalesce(CAST(:now AS timestamptz), clock_timestamp()))""",
    "30_open_attempts_without_a_due_time": """
        SELECT count(*) FROM public.topup_attempt a LEFT JOIN public.topup_inquiry i ON i.attempt = a.id
         WHERE a.state IN ('started', 'pending', 'unknown') AND i.due_at IS NULL AND i.leased_until IS NULL""",
}
QUERIES.update(MATCHES)
_STATEMENTS = {name: text(query) for name, query in QUERIES.items()}
NAMES = (*checks.NAMES, *QUERIES)


def figures(session: Session, *, now: datetime | None = None, scope: Scope = ALL) -> dict[str, int]:
    """The number of faults of each invariant, by name; 0 is good. Reads only; nothing is locked.

    `now` is for what is overdue: the clock of the database unless told. `scope`: how much of the ledger's history.
    """
    return dict(sorted(stream(session, now=now, scope=scope)))


def stream(session: Session, *, now: datetime | None = None, scope: Scope = ALL) -> Iterator[tuple[str, int]]:
    """As `figures`, each invariant as soon as it has been looked at."""
    yield from checks.stream(session, scope)
    for name, statement in _STATEMENTS.items():
        yield name, int(session.execute(statement, {"now": now} if ":now" in QUERIES[name] else {}).scalar_one())
