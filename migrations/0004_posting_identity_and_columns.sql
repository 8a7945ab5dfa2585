-- A posting is identified by its source and its id there: ids are unique within a source only. New
-- columns for what real feeds state; company_id, category_id, job_type and work_mode may be unknown.

-- migrate:up
PRAGMA defer_foreign_keys = ON;
DROP TRIGGER jobs_forget_content_hash;
CREATE TABLE jobs_aside AS SELECT id, external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, ingested_at, created_at, description, content_hash FROM jobs;
DROP TABLE jobs;
CREATE TABLE jobs (
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
INSERT INTO jobs (id, source, external_id, title, is_featured, company_id, category_id, job_type, work_mode, location, salary, ingested_at, created_at, content_hash, description) SELECT id, source, external_id, title, is_featured, company_id, category_id, job_type, work_mode, location, salary, ingested_at, created_at, content_hash, description FROM jobs_aside;
DROP TABLE jobs_aside;
CREATE TRIGGER jobs_forget_content_hash AFTER UPDATE ON jobs WHEN new.content_hash = old.content_hash AND (new.source IS NOT old.source OR new.external_id IS NOT old.external_id OR new.title IS NOT old.title OR new.is_featured IS NOT old.is_featured OR new.company_id IS NOT old.company_id OR new.category_id IS NOT old.category_id OR new.job_type IS NOT old.job_type OR new.work_mode IS NOT old.work_mode OR new.location IS NOT old.location OR new.salary IS NOT old.salary OR new.description IS NOT old.description OR new.url IS NOT old.url OR new.apply_url IS NOT old.apply_url OR new.company_name IS NOT old.company_name OR new.posted_at IS NOT old.posted_at OR new.valid_through IS NOT old.valid_through OR new.department IS NOT old.department OR new.country IS NOT old.country OR new.region IS NOT old.region OR new.locality IS NOT old.locality OR new.language IS NOT old.language OR new.salary_min IS NOT old.salary_min OR new.salary_max IS NOT old.salary_max OR new.salary_currency IS NOT old.salary_currency OR new.salary_period IS NOT old.salary_period OR new.extra IS NOT old.extra) BEGIN UPDATE jobs SET content_hash = NULL WHERE id = new.id; END;

-- migrate:data

-- migrate:verify
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM pragma_foreign_key_check) = 0 THEN '$' ELSE 'verify: every reference finds its row' END);

-- migrate:down
-- PRAGMA defer_foreign_keys = ON;
-- DROP TRIGGER jobs_forget_content_hash;
-- CREATE TABLE jobs_aside AS SELECT id, source, external_id, title, is_featured, company_id, category_id, job_type, work_mode, location, salary, url, apply_url, company_name, posted_at, valid_through, department, country, region, locality, language, salary_min, salary_max, salary_currency, salary_period, ingested_at, created_at, content_hash, description, extra FROM jobs;
-- DROP TABLE jobs;
-- CREATE TABLE jobs (
--   id INTEGER PRIMARY KEY,
--   external_id TEXT NOT NULL UNIQUE CHECK (length(external_id) BETWEEN 1 AND 100),
--   title TEXT NOT NULL DEFAULT '' CHECK (length(title) <= 255),
--   company_id INTEGER NOT NULL DEFAULT 1,
--   location TEXT,
--   salary TEXT,
--   job_type TEXT NOT NULL DEFAULT 'Full-time',
--   work_mode TEXT NOT NULL DEFAULT 'On-site',
--   category_id INTEGER NOT NULL DEFAULT 1,
--   is_featured INTEGER NOT NULL DEFAULT 0 CHECK (is_featured IN (0, 1)),
--   source TEXT NOT NULL DEFAULT 'manual',
--   ingested_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
--   created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
--   description TEXT,
--   content_hash TEXT
-- ) STRICT;
-- INSERT INTO jobs (id, external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, ingested_at, created_at, description, content_hash) SELECT id, external_id, title, coalesce(company_id, 1), location, salary, coalesce(job_type, 'Full-time'), coalesce(work_mode, 'On-site'), coalesce(category_id, 1), is_featured, source, ingested_at, created_at, description, content_hash FROM jobs_aside;
-- DROP TABLE jobs_aside;
-- CREATE TRIGGER jobs_forget_content_hash AFTER UPDATE ON jobs WHEN new.content_hash = old.content_hash AND (new.external_id IS NOT old.external_id OR new.title IS NOT old.title OR new.company_id IS NOT old.company_id OR new.location IS NOT old.location OR new.salary IS NOT old.salary OR new.job_type IS NOT old.job_type OR new.work_mode IS NOT old.work_mode OR new.category_id IS NOT old.category_id OR new.is_featured IS NOT old.is_featured OR new.source IS NOT old.source OR new.description IS NOT old.description) BEGIN UPDATE jobs SET content_hash = NULL WHERE id = new.id; END;
