# Sourced once by the image of PostgreSQL: what differs between the nodes, and who may log in.
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v node="$NODE" -v password="$APP_PASSWORD" <<'SQL'
-- Four nodes: each counts in fours from its own number, so that ids never meet.
ALTER TABLE orders ALTER id SET INCREMENT BY 4 SET START WITH :node RESTART;
CREATE ROLE app LOGIN PASSWORD :'password';
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app;
SQL
