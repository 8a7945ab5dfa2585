-- The schema we want. migrations/ is how a database gets there; a test compares the two.

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  -- UNIQUE is the only index: the upsert finds its row by it. Every further index would bill
  -- one more written row for each new posting, so a board adds its own only for a query it runs.
  external_id TEXT NOT NULL UNIQUE CHECK (length(external_id) BETWEEN 1 AND 100),
  title TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 255),
  -- company_id and category_id refer to tables of the board, which this service does not own:
  -- no REFERENCES here.
  company_id INTEGER NOT NULL DEFAULT 1,
  location TEXT,
  salary TEXT,
  job_type TEXT NOT NULL DEFAULT 'Full-time',
  work_mode TEXT NOT NULL DEFAULT 'On-site',
  category_id INTEGER NOT NULL DEFAULT 1,
  is_featured INTEGER NOT NULL DEFAULT 0 CHECK (is_featured IN (0, 1)),
  source TEXT NOT NULL DEFAULT 'manual',
  -- ISO 8601, UTC, milliseconds: 2026-11-22T13:56:45.123Z
  ingested_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  -- Last, because it is long: columns behind it would be read through its overflow pages.
  description TEXT
) STRICT;
