"""`/api/v1`: the nouns of the pages as JSON, for the specialist's application, telephony, partners and rehearsals.

One file for each noun, each with its `routes`. A handler reads a struct that forbids unknown fields, opens its
transaction in plain sight, calls the action that the page calls, and answers with an explicit set of fields. Money is
`{"minor": 150000, "currency": "BDT"}`, a moment is ISO 8601 in UTC. Every POST that does something carries an
`Idempotency-Key` (a UUID) and may be sent again; questions that need a body (`/prices`, `/desk/callers`), sessions and
looks at contact data need none. A refusal is problem+json with its facts (web/errors.py).
Start with `commands.py`, then `jobs.py`. The description is made from the handlers: `/api/v1/openapi.json`.
"""
