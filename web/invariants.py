"""What must always hold of jobs, offers, time, contact and letters: one figure each, 0 when it does (lifecycle.md E.8).

Money's own invariants are `payments.audits`; the journal's is `foundation.audit`.
"""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.dispatch import replaying
from booking.jobs.record import FIRST, link
from booking.jobs.tables import JobEvent
from marketplace.foundation import clock, logs
from marketplace.foundation.cards import contains_card_number

PAGE = 2_000
CLEAR_TEXTS = {  # what names each row of a table, and what stands there in clear
    "job_event": text("SELECT id, facts::text FROM job_event"),
    "journal": text("SELECT id, facts::text FROM journal"),
    "setting": text("SELECT key, value::text FROM setting"),
    "outbox": text("SELECT id, arguments::text FROM outbox"),
}

COUNTS: dict[str, str] = {
    # E.8-2: what was held for a job is captured or given back once the job has ended
    "ended_jobs_with_held_money": """
        SELECT count(*) FROM ledger.hold h JOIN job j ON j.id = h.subject
        WHERE h.purpose IN ('job', 'commission') AND h.state = 'open'
          AND j.state IN ('approved', 'closed', 'cancelled', 'expired', 'no_show', 'failed')
    """,
    "closed_jobs_with_pending_earnings": """
        SELECT count(*) FROM ledger.hold h JOIN job j ON j.id = h.subject
        WHERE h.state = 'open' AND j.state IN ('closed', 'cancelled', 'expired', 'no_show', 'failed')
          AND (h.purpose = 'warranty' OR (h.purpose = 'dispute' AND j.open_cases = 0))
    """,
    # E.8-11: a fee is the one that was shown, and a job's payment is its final price
    "fees_unlike_what_was_shown": """
        SELECT count(*) FROM job_event e
        WHERE e.event = 'cancel_by_customer' AND e.facts ? 'fee_minor'
          AND (e.facts->>'fee_minor')::bigint <> (
            SELECT coalesce(-sum(n.d_posted), 0) FROM ledger.transfer t JOIN ledger.entry n ON n.transfer_id = t.id
              JOIN ledger.account a ON a.id = n.account_id AND a.owner_kind = 'customer'
             WHERE t.subject = e.job_id AND t.kind = 'cancellation')
    """,
    "quotes_unlike_what_was_approved": """
        SELECT count(*) FROM job_event e LEFT JOIN job_quote q ON q.id = (e.facts->>'quote_id')::uuid
        WHERE e.event = 'approve_quote' AND (q.job_id = e.job_id AND q.state = 'approved'
          AND q.work_minor - q.credit_minor = (e.facts->>'quote_minor')::bigint) IS NOT TRUE
    """,
    "visits_under_warranty_with_a_price": """
        SELECT count(*) FROM job_link l JOIN job j ON j.id = l.job_id
        WHERE l.relation = 'warranty_of' AND (j.price_minor <> 0 OR EXISTS (
          SELECT 1 FROM ledger.hold h WHERE h.subject = j.id))
    """,
    "promotions_unlike_what_was_paid": """
        SELECT count(*) FROM promotion_use u FULL JOIN job_payment p ON p.job = u.job AND p.promotion > 0
        WHERE coalesce(CASE WHEN u.state = 'spent' THEN u.amount END, 0) <> coalesce(p.promotion, 0)
    """,
    "payments_unlike_the_final_price": """
        SELECT count(*) FROM job j LEFT JOIN job_payment p ON p.job = j.id
        WHERE j.state IN ('approved', 'closed') AND j.final_minor > 0
          AND (p.job IS NULL OR p.gross <> j.final_minor OR p.in_cash <> (j.method = 'cash'))
    """,
    # E.8-3: one accepted offer for a seat; an assigned job has its offer or an assignment by hand
    "jobs_with_two_accepted_offers": """
        SELECT count(*) FROM (
          SELECT job_id, seat FROM offer WHERE state = 'accepted' GROUP BY 1, 2 HAVING count(*) > 1) x
    """,
    "accepted_offers_of_another_crew": """
        SELECT count(*) FROM offer o JOIN job j ON j.id = o.job_id
        WHERE o.state = 'accepted' AND j.specialist_id IS NOT NULL AND j.specialist_id <> o.specialist_id
          AND NOT EXISTS (SELECT 1 FROM crew_seat s WHERE s.job_id = j.id AND s.specialist_id = o.specialist_id)
          AND NOT EXISTS (SELECT 1 FROM job_event e WHERE e.job_id = j.id AND e.event = 'reassign')
    """,
    "overlapping_occupations": """
        SELECT count(*) FROM occupation a JOIN occupation b ON a.specialist_id = b.specialist_id AND a.id < b.id
          AND a.during && b.during
        WHERE a.status IN ('held', 'confirmed', 'started') AND b.status IN ('held', 'confirmed', 'started')
    """,
    "crews_without_their_time": """
        SELECT count(*) FROM job j
        WHERE j.state IN ('assigned', 'en_route', 'on_site') AND j.kind <> 'ticket' AND NOT EXISTS (
          SELECT 1 FROM occupation o WHERE o.visit_id = j.occupation_id AND o.specialist_id = j.specialist_id
            AND o.status IN ('confirmed', 'started'))
    """,
    # E.8-3: from assignment to completion a crew has as many people as the job takes, each with their time
    "crews_unlike_what_the_job_takes": """
        SELECT count(*) FROM job j LEFT JOIN LATERAL (
          SELECT count(s.specialist_id) AS seats, count(DISTINCT s.specialist_id) AS people,
                 count(*) FILTER (WHERE s.seat = 1 AND s.specialist_id = j.specialist_id) AS leads,
                 count(o.id) AS times
            FROM crew_seat s LEFT JOIN occupation o ON o.visit_id = s.visit_id AND o.specialist_id = s.specialist_id
                 AND o.status IN ('confirmed', 'started', 'done')
           WHERE s.job_id = j.id) c ON true
        WHERE j.state IN ('assigned', 'en_route', 'on_site', 'in_progress', 'delayed', 'completed')
          AND (CASE WHEN j.seats = 1 THEN c.seats <> 0
               ELSE (c.seats, c.people, c.leads) <> (j.seats, j.seats, 1)
                    OR (c.times < j.seats AND j.state IN ('assigned', 'en_route', 'on_site')) END)
    """,
    # promises.md T2, T20: a ticket is somebody's place, costs nothing, and is in the hands of one of a team
    "tickets_without_their_place_or_with_a_price": """
        SELECT count(*) FROM job j LEFT JOIN ticket t ON t.job_id = j.id
        WHERE (j.kind = 'ticket') <> (t.job_id IS NOT NULL)
           OR (t.job_id IS NOT NULL AND (t.resident_id <> j.customer_id OR j.price_minor IS NOT NULL
               OR EXISTS (SELECT 1 FROM ledger.hold h WHERE h.subject = j.id)))
    """,
    "tickets_taken_from_no_team": """
        SELECT count(*) FROM ticket t JOIN job j ON j.id = t.job_id
        WHERE (j.specialist_id IS NULL) <> (t.team_id IS NULL)
           OR (t.finished_at IS NULL) <> (j.state NOT IN ('completed', 'approved', 'closed', 'cancelled', 'failed'))
    """,
    # E.8-4: contact is readable for the crew, inside its window, and for nobody else
    "windows_of_strangers": """
        SELECT count(*) FROM contact_window w JOIN job j ON j.id = w.job_id
        WHERE w.closed_at IS NULL AND (w.until IS NULL OR w.until > :now)
          AND (j.specialist_id, j.customer_id) IS DISTINCT FROM (w.reader_id, w.subject_id)
          AND (j.customer_id, j.specialist_id) IS DISTINCT FROM (w.reader_id, w.subject_id)
          AND NOT EXISTS (SELECT 1 FROM crew_seat s WHERE s.job_id = j.id AND (
            (s.specialist_id, j.customer_id) = (w.reader_id, w.subject_id)
            OR (j.customer_id, s.specialist_id) = (w.reader_id, w.subject_id)
            OR s.specialist_id = w.reader_id AND w.fields = ARRAY['name'] AND EXISTS (
              SELECT 1 FROM crew_seat m WHERE m.job_id = j.id AND m.specialist_id = w.subject_id)))
    """,
    "windows_before_acceptance_or_after_the_end": """
        SELECT count(*) FROM contact_window w JOIN job j ON j.id = w.job_id
        WHERE w.closed_at IS NULL AND (w.until IS NULL OR w.until > :now)
          AND j.state IN ('draft', 'requested', 'quoting', 'open', 'cancelled', 'expired', 'no_show', 'closed')
    """,
    "looks_outside_a_window": """
        SELECT count(*) FROM disclosure d
        WHERE d.role IN ('specialist', 'customer') AND d.job_id IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM contact_window w WHERE w.job_id = d.job_id AND w.reader_id = d.reader_id
            AND w.subject_id = d.subject_id AND d.field = ANY (w.fields) AND d.at >= w.opens_at
            AND d.at <= coalesce(w.closed_at, d.at) AND d.at < coalesce(w.until, 'infinity'))
    """,
    # E.8-6: no event without its actor and times
    "events_without_an_actor": """
        SELECT count(*) FROM job_event WHERE actor_id IS NULL AND role NOT IN ('system', 'visitor')
    """,
    "jobs_apart_from_their_last_event": """
        SELECT count(*) FROM job j JOIN LATERAL (
          SELECT to_state FROM job_event e WHERE e.job_id = j.id ORDER BY place DESC LIMIT 1) last ON true
        WHERE last.to_state <> j.state
    """,
    # E.8-10: one delivery for a person, a cause and a channel
    "letters_sent_twice": """
        SELECT count(*) FROM (SELECT person_id, key, channel FROM delivery GROUP BY 1, 2, 3 HAVING count(*) > 1) x
    """,
    "dead_work": "SELECT count(*) FROM outbox WHERE state = 'dead'",
}

OF_CONDUCT: dict[str, str] = {  # dispatch.md §11: no consequence without a person and a path
    "suspended_without_a_cause": """
        SELECT count(*) FROM specialist s WHERE s.standing = 'suspended'
          AND (SELECT c.reason FROM standing_change c WHERE c.specialist_id = s.person_id AND c.after = 'suspended'
               ORDER BY c.decided_at DESC, c.id DESC LIMIT 1) IS DISTINCT FROM 'own_wish'
          AND NOT EXISTS (SELECT 1 FROM proceeding p WHERE p.specialist_id = s.person_id AND (
            (p.safety_until > CAST(:now AS timestamptz) - interval '5 minutes' AND p.safety_ended_at IS NULL
              AND p.state = 'open')
            OR (p.pause_begun_at IS NOT NULL AND p.pause_ended_at IS NULL AND p.decided_at IS NOT NULL
              AND (p.pause_until IS NULL OR p.pause_until > CAST(:now AS timestamptz) - interval '5 minutes'))))
    """,
    "fees_without_a_decision": """
        SELECT count(*) FROM ledger.transfer t
          LEFT JOIN proceeding_money m ON m.id = t.id AND m.kind IN ('fee', 'lesser_fee')
          LEFT JOIN proceeding p ON p.id = m.proceeding_id
        WHERE t.kind = 'penalty' AND (p.decided_at IS NULL
          OR m.minor <> CASE m.kind WHEN 'fee' THEN p.fee_minor ELSE p.lesser_minor END)
    """,
    "given_up_and_not_put_back": """
        SELECT count(*) FROM proceeding p
        WHERE p.result IN ('overturned', 'not_heard', 'withdrawn')
          AND p.closed_at < CAST(:now AS timestamptz) - interval '5 minutes'
          AND ((p.pause_begun_at IS NOT NULL AND p.pause_ended_at IS NULL)
            OR (EXISTS (SELECT 1 FROM proceeding_money m WHERE m.proceeding_id = p.id AND m.kind = 'fee')
              AND NOT EXISTS (SELECT 1 FROM proceeding_money m WHERE m.proceeding_id = p.id AND m.kind = 'fee_back')))
    """,
}


OF_PLANS: dict[str, str] = {  # work that comes back: one proposal at a time, and behind each its job
    "plans_with_two_open_proposals_for_a_day": """
        SELECT count(*) FROM (
          SELECT plan_id, due_on FROM plan_visit WHERE outcome IS NULL GROUP BY 1, 2 HAVING count(*) > 1) x
    """,
    "proposals_without_their_job": """
        SELECT count(*) FROM plan_visit v LEFT JOIN job j ON j.id = v.job_id
        WHERE j.id IS NULL AND (v.job_id IS NOT NULL OR v.outcome IS NULL)
    """,
}


def figures(session: Session) -> dict[str, int]:
    """Each invariant with the number of rows that break it."""
    now = clock.now()
    counts = COUNTS | OF_CONDUCT | OF_PLANS
    found = {name: int(session.scalar(text(sql), {"now": now}) or 0) for name, sql in counts.items()}
    found["broken_event_chains"] = _broken_chains(session)
    found["decisions_that_do_not_replay"] = len(replaying.newest(session).differing)
    found["card_numbers"] = _card_numbers(session)
    return found


def _broken_chains(session: Session) -> int:
    """E.8-6: events whose hash does not follow from what they say and the event before."""
    broken, job, previous, place = 0, None, FIRST, 0
    ordered = select(JobEvent).order_by(JobEvent.job_id, JobEvent.place).execution_options(yield_per=PAGE)
    for event in session.scalars(ordered):
        if event.job_id != job:
            job, previous, place = event.job_id, FIRST, 0
        place += 1
        if event.place != place or bytes(event.previous_hash) != previous or bytes(event.hash) != link(event):
            broken += 1
        previous = bytes(event.hash)
        session.expunge(event)
    return broken


def _card_numbers(session: Session) -> int:
    """E.8-8: texts in clear that read like a card number, outside the gateways' own references. The log names each."""
    found = 0
    for table, asked in CLEAR_TEXTS.items():
        for row, written in session.execute(asked, execution_options={"yield_per": PAGE}):
            if written and contains_card_number(_without_ids(written)):
                logs.get().error("verify.card_number", kind=table, reference=row)
                found += 1
    return found


def _without_ids(value: str) -> str:
    return " ".join(word for word in value.replace('"', " ").split() if len(word) != 36 or word.count("-") != 4)
