-- A published price is never changed: a new version takes its place.
CREATE OR REPLACE TRIGGER price_book_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON price_book
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER price_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON price_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
