-- Runs, idempotency keys and rejected postings. schema.sql says what each is for.

-- migrate:up
CREATE TABLE ingest_runs (
  token_name TEXT NOT NULL,
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
  PRIMARY KEY (token_name, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ingest_keys (
  token_name TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  run_id TEXT NOT NULL,
  findings TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (token_name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE ingest_rejects (
  token_name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  rejects TEXT NOT NULL,
  PRIMARY KEY (token_name, run_id)
) STRICT, WITHOUT ROWID;

-- migrate:data

-- migrate:verify

-- migrate:down
-- DROP TABLE ingest_rejects;
-- DROP TABLE ingest_keys;
-- DROP TABLE ingest_runs;
