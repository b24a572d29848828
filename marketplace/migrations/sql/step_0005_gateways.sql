-- A case at the payer's bank that was decided for us: the money comes back to the wallet it was taken from.
INSERT INTO ledger.transfer_kind (code, takes_from, gives_to, may_touch_holds, second_person)
VALUES ('chargeback_won', '{clearing}', '{wallet}', false, false)
ON CONFLICT (code) DO UPDATE
    SET takes_from = EXCLUDED.takes_from, gives_to = EXCLUDED.gives_to,
        may_touch_holds = EXCLUDED.may_touch_holds, second_person = EXCLUDED.second_person;
