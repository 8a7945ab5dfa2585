-- Complete lists close postings: when and why a posting was closed, what each list did, and the last
-- list of each source. Adding columns writes no row, however many there are.

-- migrate:up
DROP TRIGGER jobs_forget_content_hash;
CREATE TABLE ingest_sources (
  source TEXT PRIMARY KEY NOT NULL,
  observed_at TEXT,
  token_name TEXT,
  run_id TEXT,
  listed INTEGER,
  withheld TEXT
) STRICT, WITHOUT ROWID;
ALTER TABLE ingest_runs ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ingest_runs ADD COLUMN reopened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ingest_runs ADD COLUMN closing TEXT;
ALTER TABLE jobs ADD COLUMN closed_at TEXT;
ALTER TABLE jobs ADD COLUMN closed_reason TEXT;
ALTER TABLE jobs ADD COLUMN missing_since TEXT;
CREATE TRIGGER jobs_forget_content_hash AFTER UPDATE ON jobs WHEN new.content_hash = old.content_hash AND (new.source IS NOT old.source OR new.external_id IS NOT old.external_id OR new.title IS NOT old.title OR new.is_featured IS NOT old.is_featured OR new.company_id IS NOT old.company_id OR new.category_id IS NOT old.category_id OR new.job_type IS NOT old.job_type OR new.work_mode IS NOT old.work_mode OR new.location IS NOT old.location OR new.salary IS NOT old.salary OR new.description IS NOT old.description OR new.url IS NOT old.url OR new.apply_url IS NOT old.apply_url OR new.company_name IS NOT old.company_name OR new.posted_at IS NOT old.posted_at OR new.valid_through IS NOT old.valid_through OR new.department IS NOT old.department OR new.country IS NOT old.country OR new.region IS NOT old.region OR new.locality IS NOT old.locality OR new.language IS NOT old.language OR new.salary_min IS NOT old.salary_min OR new.salary_max IS NOT old.salary_max OR new.salary_currency IS NOT old.salary_currency OR new.salary_period IS NOT old.salary_period OR new.extra IS NOT old.extra OR new.closed_at IS NOT old.closed_at OR new.closed_reason IS NOT old.closed_reason OR new.missing_since IS NOT old.missing_since) BEGIN UPDATE jobs SET content_hash = NULL WHERE id = new.id; END;

-- migrate:data

-- migrate:verify

-- migrate:down
-- PRAGMA defer_foreign_keys = ON;
-- DROP TRIGGER jobs_forget_content_hash;
-- ALTER TABLE ingest_runs DROP COLUMN closed;
-- ALTER TABLE ingest_runs DROP COLUMN reopened;
-- ALTER TABLE ingest_runs DROP COLUMN closing;
-- ALTER TABLE jobs DROP COLUMN closed_at;
-- ALTER TABLE jobs DROP COLUMN closed_reason;
-- ALTER TABLE jobs DROP COLUMN missing_since;
-- DROP TABLE ingest_sources;
-- CREATE TRIGGER jobs_forget_content_hash AFTER UPDATE ON jobs WHEN new.content_hash = old.content_hash AND (new.source IS NOT old.source OR new.external_id IS NOT old.external_id OR new.title IS NOT old.title OR new.is_featured IS NOT old.is_featured OR new.company_id IS NOT old.company_id OR new.category_id IS NOT old.category_id OR new.job_type IS NOT old.job_type OR new.work_mode IS NOT old.work_mode OR new.location IS NOT old.location OR new.salary IS NOT old.salary OR new.description IS NOT old.description OR new.url IS NOT old.url OR new.apply_url IS NOT old.apply_url OR new.company_name IS NOT old.company_name OR new.posted_at IS NOT old.posted_at OR new.valid_through IS NOT old.valid_through OR new.department IS NOT old.department OR new.country IS NOT old.country OR new.region IS NOT old.region OR new.locality IS NOT old.locality OR new.language IS NOT old.language OR new.salary_min IS NOT old.salary_min OR new.salary_max IS NOT old.salary_max OR new.salary_currency IS NOT old.salary_currency OR new.salary_period IS NOT old.salary_period OR new.extra IS NOT old.extra) BEGIN UPDATE jobs SET content_hash = NULL WHERE id = new.id; END;
