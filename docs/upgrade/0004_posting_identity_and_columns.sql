-- Instead of the migration of this name, once all rows are in jobs_next (docs/UPGRADE.md). Renaming takes no time; the old
-- table stays as jobs_old, to be dropped later.

-- migrate:up
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM jobs) = (SELECT count(*) FROM jobs_next) THEN '$' ELSE 'verify: every row is copied' END);
-- They would follow the old table.
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM sqlite_schema AS child, pragma_foreign_key_list(child.name) AS reference WHERE child.type = 'table' AND reference."table" = 'jobs' COLLATE NOCASE) = 0 THEN '$' ELSE 'verify: no table references jobs' END);
DROP VIEW jobs_to_copy;
DROP TRIGGER jobs_copy_inserted;
DROP TRIGGER jobs_copy_updated;
DROP TRIGGER jobs_copy_deleted;
DROP TRIGGER jobs_forget_content_hash;
ALTER TABLE jobs RENAME TO jobs_old;
ALTER TABLE jobs_next RENAME TO jobs;
CREATE TRIGGER jobs_forget_content_hash AFTER UPDATE ON jobs WHEN new.content_hash = old.content_hash AND (new.source IS NOT old.source OR new.external_id IS NOT old.external_id OR new.title IS NOT old.title OR new.is_featured IS NOT old.is_featured OR new.company_id IS NOT old.company_id OR new.category_id IS NOT old.category_id OR new.job_type IS NOT old.job_type OR new.work_mode IS NOT old.work_mode OR new.location IS NOT old.location OR new.salary IS NOT old.salary OR new.description IS NOT old.description OR new.url IS NOT old.url OR new.apply_url IS NOT old.apply_url OR new.company_name IS NOT old.company_name OR new.posted_at IS NOT old.posted_at OR new.valid_through IS NOT old.valid_through OR new.department IS NOT old.department OR new.country IS NOT old.country OR new.region IS NOT old.region OR new.locality IS NOT old.locality OR new.language IS NOT old.language OR new.salary_min IS NOT old.salary_min OR new.salary_max IS NOT old.salary_max OR new.salary_currency IS NOT old.salary_currency OR new.salary_period IS NOT old.salary_period OR new.extra IS NOT old.extra) BEGIN UPDATE jobs SET content_hash = NULL WHERE id = new.id; END;
