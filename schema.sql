-- The schema we want. migrations/ describes how a database gets there; a test compares the two.

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  -- The key of a posting: its source, and its id within the source.
  source TEXT NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
  external_id TEXT NOT NULL CHECK (length(external_id) BETWEEN 1 AND 500),
  title TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 255),
  is_featured INTEGER NOT NULL DEFAULT 0 CHECK (is_featured IN (0, 1)),
  -- company_id and category_id refer to tables of the board. This service does not own those, so
  -- there is no REFERENCES.
  company_id INTEGER,
  category_id INTEGER,
  job_type TEXT,
  work_mode TEXT,
  location TEXT,
  salary TEXT,
  url TEXT,
  apply_url TEXT,
  company_name TEXT,
  -- ISO 8601 in UTC: 2026-11-22T13:56:45.123Z, or a date only: 2026-11-22
  posted_at TEXT,
  valid_through TEXT,
  department TEXT,
  -- ISO 3166-1 alpha-2
  country TEXT,
  region TEXT,
  locality TEXT,
  -- BCP 47
  language TEXT,
  salary_min REAL,
  salary_max REAL,
  -- ISO 4217
  salary_currency TEXT,
  -- YEAR, MONTH, WEEK, DAY or HOUR
  salary_period TEXT,
  ingested_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  -- XXH64 of the row as it was sent, by which an unchanged posting is recognised. If it was also sent in
  -- another form that means the same, a space and the hash of that follow.
  content_hash TEXT,
  -- Long columns come last, because columns after them are read through their overflow pages.
  description TEXT,
  -- A JSON object.
  extra TEXT,
  -- All null for an open posting that is listed. Since null has no bytes after the row's header, these do
  -- not have to come before the long columns.
  closed_at TEXT,
  -- absent (not in a complete list), requested or expired (past valid_through)
  closed_reason TEXT,
  -- When the first complete list without it was fetched.
  missing_since TEXT,
  -- The only index, by which the upsert finds its row. Every further index bills one more written row
  -- for each new posting, so a board should add one only for a query that it runs.
  UNIQUE (source, external_id)
) STRICT;

-- A manual edit clears the hash. Otherwise the next request would treat the row as unchanged and keep
-- the edit instead of what it sent. An upsert of changed values also writes another hash.
CREATE TRIGGER jobs_forget_content_hash
AFTER UPDATE ON jobs
WHEN new.content_hash = old.content_hash AND (
  new.source IS NOT old.source
  OR new.external_id IS NOT old.external_id
  OR new.title IS NOT old.title
  OR new.is_featured IS NOT old.is_featured
  OR new.company_id IS NOT old.company_id
  OR new.category_id IS NOT old.category_id
  OR new.job_type IS NOT old.job_type
  OR new.work_mode IS NOT old.work_mode
  OR new.location IS NOT old.location
  OR new.salary IS NOT old.salary
  OR new.description IS NOT old.description
  OR new.url IS NOT old.url
  OR new.apply_url IS NOT old.apply_url
  OR new.company_name IS NOT old.company_name
  OR new.posted_at IS NOT old.posted_at
  OR new.valid_through IS NOT old.valid_through
  OR new.department IS NOT old.department
  OR new.country IS NOT old.country
  OR new.region IS NOT old.region
  OR new.locality IS NOT old.locality
  OR new.language IS NOT old.language
  OR new.salary_min IS NOT old.salary_min
  OR new.salary_max IS NOT old.salary_max
  OR new.salary_currency IS NOT old.salary_currency
  OR new.salary_period IS NOT old.salary_period
  OR new.extra IS NOT old.extra
  OR new.closed_at IS NOT old.closed_at
  OR new.closed_reason IS NOT old.closed_reason
  OR new.missing_since IS NOT old.missing_since
)
BEGIN
  UPDATE jobs SET content_hash = NULL WHERE id = new.id;
END;

-- A run: one row for each request that wrote, or would have if its postings had been valid. Written in
-- the same transaction as its postings. Without a rowid the table is its own index, so a run is one
-- written row. The token's name comes first, because a token lists its own runs, newest first.
CREATE TABLE ingest_runs (
  token_name TEXT NOT NULL,
  -- A UUID of version 7, so ids sort by time.
  id TEXT NOT NULL,
  source TEXT,
  status INTEGER NOT NULL,
  received INTEGER NOT NULL,
  inserted INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  unchanged INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  -- Postings closed, and closed ones that were listed again.
  closed INTEGER NOT NULL DEFAULT 0,
  reopened INTEGER NOT NULL DEFAULT 0,
  -- JSON: what a complete list left open; null for other requests.
  closing TEXT,
  PRIMARY KEY (token_name, id)
) STRICT, WITHOUT ROWID;

-- The outcome of each request with an Idempotency-Key, for 48 hours. The counts are in its run.
CREATE TABLE ingest_keys (
  token_name TEXT NOT NULL,
  key TEXT NOT NULL,
  -- SHA-256 of the body, and the options that affect how it is read.
  fingerprint TEXT NOT NULL,
  run_id TEXT NOT NULL,
  -- JSON: the errors and warnings of the response.
  findings TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (token_name, key)
) STRICT, WITHOUT ROWID;

-- Rejected postings of a run with on_error=skip, with their reasons, as one JSON text. Of a refused
-- request only the reasons.
CREATE TABLE ingest_rejects (
  token_name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  rejects TEXT NOT NULL,
  PRIMARY KEY (token_name, run_id)
) STRICT, WITHOUT ROWID;

-- One row for each source that has sent a complete list.
CREATE TABLE ingest_sources (
  source TEXT PRIMARY KEY NOT NULL,
  -- The last complete list: when it was fetched, its run, and the number of postings in it. Null until
  -- one is committed.
  observed_at TEXT,
  token_name TEXT,
  run_id TEXT,
  listed INTEGER,
  -- JSON: why the newest list did not close everything that it does not have; null if it did.
  withheld TEXT
) STRICT, WITHOUT ROWID;
