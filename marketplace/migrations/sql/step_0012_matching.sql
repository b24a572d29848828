-- A million matches are sorted in memory, as fewer are.
ALTER FUNCTION match_item_with_indexes() SET maintenance_work_mem = '256MB';
