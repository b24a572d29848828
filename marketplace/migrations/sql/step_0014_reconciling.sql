-- Numbers of matches are taken a hundred at a time: one for each row of a million was a tenth of writing it.
ALTER TABLE match_item ALTER COLUMN no SET CACHE 100;

CREATE OR REPLACE FUNCTION match_item_without_indexes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    ALTER TABLE public.match_item DROP CONSTRAINT match_item_pkey;
    DROP INDEX public.match_item_line, public.match_item_attempt, public.match_item_set;
END $$;
-- Few rows tell the planner how many there are; that is all that it has to know.
CREATE OR REPLACE FUNCTION match_item_with_indexes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' SET default_statistics_target = 10 AS $$
BEGIN
    ALTER TABLE public.match_item ADD CONSTRAINT match_item_pkey PRIMARY KEY (no);
    CREATE UNIQUE INDEX match_item_line ON public.match_item (line, turn) WHERE line IS NOT NULL;
    CREATE UNIQUE INDEX match_item_attempt ON public.match_item (attempt, turn) WHERE attempt IS NOT NULL;
    CREATE INDEX match_item_set ON public.match_item (match_set) WHERE line IS NULL OR attempt IS NULL;
    ANALYZE public.match_item (match_set, line, attempt, turn);
END $$;

-- The same fee in half the steps, for it is asked of every line: half to even, as 499,999 more, and one more beside an odd
-- number, carry over from 500,001 on, and from 500,000 where it is odd.
CREATE OR REPLACE FUNCTION contract_fee(gross bigint, parts_per_million int, fixed bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (abs(gross) * parts_per_million + 499999 + abs(gross) * parts_per_million / 1000000 % 2) / 1000000 + fixed
$$;
