-- Before migration 0004, in a database too large to be rebuilt in one transaction (docs/UPGRADE.md): the new table, a view
-- of the old rows in its columns, and triggers that keep what has been copied up to date.

CREATE TABLE jobs_next (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL DEFAULT 'manual' CHECK (length(source) BETWEEN 1 AND 100),
  external_id TEXT NOT NULL CHECK (length(external_id) BETWEEN 1 AND 500),
  title TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 255),
  is_featured INTEGER NOT NULL DEFAULT 0 CHECK (is_featured IN (0, 1)),
  company_id INTEGER,
  category_id INTEGER,
  job_type TEXT,
  work_mode TEXT,
  location TEXT,
  salary TEXT,
  url TEXT,
  apply_url TEXT,
  company_name TEXT,
  posted_at TEXT,
  valid_through TEXT,
  department TEXT,
  country TEXT,
  region TEXT,
  locality TEXT,
  language TEXT,
  salary_min REAL,
  salary_max REAL,
  salary_currency TEXT,
  salary_period TEXT,
  ingested_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  content_hash TEXT,
  description TEXT,
  extra TEXT,
  UNIQUE (source, external_id)
) STRICT;

-- By this key the Worker of 0.1 can write to the new table, until the new Worker is deployed.
CREATE UNIQUE INDEX jobs_old_key ON jobs_next (external_id);

CREATE VIEW jobs_to_copy AS
SELECT id, source, external_id, title, is_featured, company_id, category_id, job_type, work_mode, location, salary,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ingested_at, created_at,
  content_hash, description, NULL
FROM jobs;

CREATE TRIGGER jobs_copy_inserted AFTER INSERT ON jobs
BEGIN
  INSERT INTO jobs_next SELECT * FROM jobs_to_copy WHERE id = new.id;
END;

CREATE TRIGGER jobs_copy_updated AFTER UPDATE ON jobs
BEGIN
  DELETE FROM jobs_next WHERE id = old.id;
  INSERT INTO jobs_next SELECT * FROM jobs_to_copy WHERE id = new.id;
END;

CREATE TRIGGER jobs_copy_deleted AFTER DELETE ON jobs
BEGIN
  DELETE FROM jobs_next WHERE id = old.id;
END;
