-- Columns, indexes and constraints of all tables but ours, a line each.
SELECT line FROM (
    SELECT table_name, concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type,
        character_maximum_length, is_nullable, column_default, is_identity, identity_generation) AS line
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
) AS things
WHERE table_name NOT LIKE 'portcullis%'
ORDER BY line
