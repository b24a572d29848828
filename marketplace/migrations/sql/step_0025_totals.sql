-- Whoever brings lines, their totals are there with them.
CREATE FUNCTION total_of_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.statement_total (file, batch, currency, booked, lines, gross, fees, net, value)
    SELECT file, coalesce(batch, ''), currency, booked, count(*), sum(gross), sum(fee), sum(net), sum(abs(net))
      FROM arrived GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;
CREATE TRIGGER statement_line_totals AFTER INSERT ON statement_line
    REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION total_of_lines();

INSERT INTO statement_total (file, batch, currency, booked, lines, gross, fees, net, value)
SELECT file, coalesce(batch, ''), currency, booked, count(*), sum(gross), sum(fee), sum(net), sum(abs(net))
  FROM statement_line GROUP BY 1, 2, 3, 4;

CREATE TRIGGER statement_total_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_total
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE statement_total ENABLE ALWAYS TRIGGER statement_total_written_once;
