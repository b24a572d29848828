"""Words of the administrator's pages: roles, states, settings."""

from marketplace.people.rules import ROLES
from web.sentences.marking import N_

ROLE_NAMES = {
    "customer": N_("Customer"),
    "specialist": N_("Specialist"),
    "agent": N_("Agent"),
    "dispatcher": N_("Dispatcher"),
    "manager": N_("Manager"),
    "finance": N_("Finance"),
    "compliance": N_("Compliance"),
    "administrator": N_("Administrator"),
}
STATES = {
    "draft": N_("Draft"),
    "requested": N_("Requested"),
    "quoting": N_("Waiting for a price"),
    "open": N_("Looking for a specialist"),
    "assigned": N_("Confirmed"),
    "en_route": N_("On the way"),
    "on_site": N_("At the door"),
    "in_progress": N_("Work has begun"),
    "delayed": N_("Delayed"),
    "completed": N_("Work is done"),
    "approved": N_("Confirmed by the customer"),
    "closed": N_("Settled"),
    "cancelled": N_("Cancelled"),
    "expired": N_("Nobody was found"),
    "failed": N_("Could not be done"),
    "no_show": N_("Nobody opened the door"),
}
SETTING_NAMES = {
    "slot_hold_minutes": N_("A chosen time is kept while the customer pays (minutes)"),
    "days_ahead": N_("Days that can be booked ahead"),
    "notice_minutes": N_("Earliest visit from now (minutes)"),
    "arrival_window_minutes": N_("Length of the promised window (minutes)"),
    "offer_expiry_seconds": N_("Time to answer an offer (seconds)"),
    "offer_batch_seconds": N_("Offers are gathered for (seconds)"),
    "plan_days_ahead": N_("A plan's next visit is proposed so long ahead (days)"),
    "plan_hold_hours": N_("The proposed time of a plan is kept for (hours)"),
    "plan_discount_basis_points": N_("Off each visit of a new plan (hundredths of a percent)"),
    "same_person_minutes": N_("The last specialist is asked alone for (minutes)"),
    "find_minutes": N_("A search is given up after (minutes)"),
    "staff_authenticator": N_("Staff must set up an authenticator (1: yes, 0: no; never asked in a demo)"),
    "phone_confirm_minutes": N_("A booking by phone waits for its confirmation (minutes)"),
    "quote_expiry_hours": N_("A quote is valid for (hours)"),
    "contact_lead_hours": N_("Contact opens before the visit (hours; 720: at acceptance)"),
    "contact_grace_hours": N_("Contact closes after the visit (hours)"),
    "waiting_minutes": N_("A specialist waits at a closed door (minutes)"),
    "late_minutes": N_("Later than promised counts as not coming (minutes)"),
    "auto_accept_hours": N_("Silence counts as confirmed after (hours)"),
    "dispute_window_days": N_("Money is released to the specialist after (days)"),
    "warranty_days": N_("Warranty (days)"),
    "deposit_basis_points": N_("Share of the price set aside on booking (hundredths of a percent)"),
    "commission_basis_points": N_("Commission (hundredths of a percent)"),
    "same_person_commission_basis_points": N_("Commission for a returning customer (hundredths of a percent)"),
    "tax_basis_points": N_("Tax on the commission (hundredths of a percent)"),
    "evening_surcharge_basis_points": N_("Evening surcharge (hundredths of a percent)"),
    "urgent_surcharge_basis_points": N_("Urgent surcharge (hundredths of a percent)"),
    "surcharge_basis_points_max": N_("All surcharges together, at most (hundredths of a percent)"),
    "discount_basis_points_max": N_("All discounts together, at most (hundredths of a percent)"),
    "cancellation_grace_minutes": N_("Cancelling is free after booking for (minutes)"),
    "cancellation_specialist_basis_points": N_("The specialist's share of a fee (hundredths of a percent)"),
    "minimum_charge": N_("Smallest charge (smallest unit of the currency)"),
    "cash_debt_limit": N_("Debt of cash jobs, at most (smallest unit of the currency)"),
    "second_person_above": N_("Giving back or away more needs a second person (smallest unit of the currency)"),
    "payout_minimum": N_("A payout is at least (smallest unit of the currency)"),
    "payout_day_limit": N_("Paid out of one wallet in a day, at most (smallest unit of the currency; 0: no limit)"),
    "payout_second_person_above": N_(
        "A batch of payouts above this is approved by two (smallest unit of the currency; 0: never)"
    ),
    "payout_wait_hours": N_("Nothing is paid out to a changed account for (hours)"),
    "payout_weekday": N_("Earnings are paid out weekly on (1: Monday to 7: Sunday; 0: when asked for only)"),
    "ticket_urgent_hours": N_("An urgent request of a resident is due within (hours)"),
    "ticket_soon_hours": N_("A request that is to be done soon is due within (hours)"),
    "ticket_normal_hours": N_("Any other request of a resident is due within (hours)"),
    "photos_max": N_("Photos for a request, at most"),
    "age_years_min": N_("Youngest customer (years)"),
}


def roles() -> dict[str, str]:
    """Every role and its name."""
    return {role: ROLE_NAMES[role] for role in ROLES}
