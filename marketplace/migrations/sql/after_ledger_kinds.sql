-- What the ledger starts with: currencies, what each kind of transfer may touch (payments.md §2.1, row by row), and the
-- first incarnation. A leg that is not here is refused by the door: no caller can move a wallet straight to the bank.
INSERT INTO ledger.currency (code, exponent)
VALUES ('BDT', 2), ('IRR', 0), ('QAR', 2), ('USD', 2), ('EUR', 2), ('KWD', 3)
ON CONFLICT (code) DO NOTHING;

INSERT INTO ledger.transfer_kind (code, takes_from, gives_to, may_touch_holds, second_person)
VALUES
    ('topup',            '{clearing}',                                     '{wallet}',                      false, false),
    ('gateway_fee',      '{gateway_fees}',                                 '{clearing}',                    false, false),
    ('bank_deposit',     '{bank}',                                         '{clearing}',                    false, false),
    ('bank_suspense',    '{bank,suspense}',                                '{suspense,bank}',               false, false),
    ('suspense_cleared', '{suspense,clearing}',                            '{clearing,suspense,wallet}',    false, false),
    ('hold',             '{}',                                             '{}',                            true,  false),
    ('release',          '{}',                                             '{}',                            true,  false),
    ('expire',           '{}',                                             '{}',                            true,  false),
    ('capture',          '{wallet,promo}',                                 '{wallet,commission,tax}',       true,  false),
    ('cancellation',     '{wallet,receivable}',                            '{wallet,fee_income,tax}',       true,  false),
    ('cash_commission',  '{wallet,receivable}',                            '{commission,tax}',              true,  false),
    ('unit_job',         '{receivable}',                                   '{commission,tax}',              false, false),
    ('piece_rate',       '{labour}',                                       '{wallet}',                      false, false),
    ('tip',              '{wallet}',                                       '{wallet}',                      false, false),
    ('penalty',          '{wallet,receivable}',                            '{fee_income,tax}',              false, false),
    ('refund_to_wallet', '{wallet,receivable,commission,fee_income,tax}',  '{wallet,promo}',                true,  false),
    ('refund_to_card',   '{wallet}',                                       '{clearing}',                    true,  false),
    ('goodwill',         '{goodwill}',                                     '{wallet}',                      false, false),
    ('debt_offset',      '{wallet}',                                       '{receivable}',                  false, false),
    ('payout_sent',      '{wallet}',                                       '{payouts_in_transit}',          true,  false),
    ('payout_confirmed', '{payouts_in_transit}',                           '{bank}',                        false, false),
    ('payout_returned',  '{payouts_in_transit,bank}',                      '{wallet}',                      false, false),
    ('chargeback',       '{wallet,receivable}',                            '{clearing}',                    false, false),
    ('rounding',         '{rounding,clearing,suspense}',                   '{rounding,clearing,suspense}',  false, false),
    ('write_off',        '{write_off}',                                    '{receivable,clearing,suspense}', false, true),
    ('correction',       '{wallet,receivable,clearing,bank,payouts_in_transit,suspense,commission,fee_income,tax,gateway_fees,promo,goodwill,labour,rounding,write_off,opening}',
                         '{wallet,receivable,clearing,bank,payouts_in_transit,suspense,commission,fee_income,tax,gateway_fees,promo,goodwill,labour,rounding,write_off,opening}',
                                                                                                            false, true),
    ('reversal',         '{wallet,receivable,clearing,bank,payouts_in_transit,suspense,commission,fee_income,tax,gateway_fees,promo,goodwill,labour,rounding,write_off,opening}',
                         '{wallet,receivable,clearing,bank,payouts_in_transit,suspense,commission,fee_income,tax,gateway_fees,promo,goodwill,labour,rounding,write_off,opening}',
                                                                                                            true,  false),
    ('opening',          '{wallet,receivable,clearing,bank,payouts_in_transit,suspense,commission,fee_income,tax,gateway_fees,promo,goodwill,labour,rounding,write_off,opening}',
                         '{wallet,receivable,clearing,bank,payouts_in_transit,suspense,commission,fee_income,tax,gateway_fees,promo,goodwill,labour,rounding,write_off,opening}',
                                                                                                            false, false)
ON CONFLICT (code) DO UPDATE
    SET takes_from = EXCLUDED.takes_from, gives_to = EXCLUDED.gives_to,
        may_touch_holds = EXCLUDED.may_touch_holds, second_person = EXCLUDED.second_person;

INSERT INTO ledger.incarnation (no, system_identifier, began_at, why)
SELECT 1, (SELECT system_identifier::text FROM pg_catalog.pg_control_system()), pg_catalog.clock_timestamp(), 'the first'
 WHERE NOT EXISTS (SELECT FROM ledger.incarnation);
