-- A million matches are sorted in memory, as fewer are: otherwise ten times as many take seventeen times as long.
ALTER FUNCTION match_item_with_indexes() SET maintenance_work_mem = '256MB';
