-- What a document says, as one hash: anybody can compute it again, and nobody can change what it covers unseen.
CREATE OR REPLACE FUNCTION document_digest(it uuid) RETURNS bytea LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sha256(convert_to(concat_ws(E'\n',
        concat_ws('|', d.id, d.organization_id, d.kind, d.fiscal_year, d.number, d.reference, d.owner_id, d.owner_kind,
                  coalesce(d.supplier_id::text, '-'), d.currency, d.total, d.tax, coalesce(d.corrects::text, '-'),
                  coalesce(d.reason, '-'), coalesce(d.period_from::text, '-'), coalesce(d.period_until::text, '-'),
                  extract(epoch FROM d.issued_at), coalesce(d.issued_by::text, '-'), d.issuer),
        (SELECT string_agg(concat_ws('|', l.place, l.what, l.source, coalesce(l.subject::text, '-'), l.amount, l.tax,
                                     l.words), E'\n' ORDER BY l.place)
           FROM public.document_line l WHERE l.document_id = d.id),
        (SELECT string_agg(concat_ws('|', x.code, x.net, x.tax), E'\n' ORDER BY x.code)
           FROM public.document_tax x WHERE x.document_id = d.id)), 'UTF8'))
      FROM public.document d WHERE d.id = it
$$;

-- Issued is issued: rows are added, and never changed or removed.
DO $$
DECLARE
    it text;
BEGIN
    FOREACH it IN ARRAY ARRAY['document', 'document_line', 'document_tax', 'document_seal'] LOOP
        EXECUTE 'CREATE OR REPLACE TRIGGER ' || it || '_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ' || it
             || ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()';
        EXECUTE 'ALTER TABLE ' || it || ' ENABLE ALWAYS TRIGGER ' || it || '_append_only';
    END LOOP;
END $$;

-- A counter goes up by one and is never taken away.
CREATE OR REPLACE TRIGGER document_counter_kept BEFORE DELETE OR TRUNCATE ON document_counter
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER document_counter_by_one BEFORE UPDATE ON document_counter
    FOR EACH ROW WHEN (NEW.last <> OLD.last + 1 OR (NEW.organization_id, NEW.kind, NEW.fiscal_year)
                       IS DISTINCT FROM (OLD.organization_id, OLD.kind, OLD.fiscal_year))
    EXECUTE FUNCTION refuse_change();
