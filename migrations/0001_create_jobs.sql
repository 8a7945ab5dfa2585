-- The table of postings. schema.sql says what each column is and why there is one index.

-- migrate:up
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  external_id TEXT NOT NULL UNIQUE CHECK (length(external_id) BETWEEN 1 AND 100),
  title TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 255),
  company_id INTEGER NOT NULL DEFAULT 1,
  location TEXT,
  salary TEXT,
  job_type TEXT NOT NULL DEFAULT 'Full-time',
  work_mode TEXT NOT NULL DEFAULT 'On-site',
  category_id INTEGER NOT NULL DEFAULT 1,
  is_featured INTEGER NOT NULL DEFAULT 0 CHECK (is_featured IN (0, 1)),
  source TEXT NOT NULL DEFAULT 'manual',
  ingested_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  description TEXT
) STRICT;

-- migrate:data

-- migrate:verify
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM jobs) = 0 THEN '$' ELSE 'verify: jobs is new and empty' END);

-- migrate:down
-- DROP TABLE jobs;
