-- Likeness of words without an extension (stack.md §4): the trigrams of a text, each word padded as pg_trgm pads it.
CREATE OR REPLACE FUNCTION trigrams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(padded.word, n, 3)), '{}')
      FROM (SELECT '  ' || w || ' ' AS word FROM regexp_split_to_table(lower(t), ' +') w WHERE w <> '') padded,
           generate_series(1, length(padded.word) - 2) n
$$;

-- Which share of the wanted trigrams is held, from 0 to 1.
CREATE OR REPLACE FUNCTION likeness(wanted text[], held text[]) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT count(*)::float8 / greatest(1, cardinality(wanted)) FROM unnest(wanted) w WHERE w = ANY (held)
$$;
