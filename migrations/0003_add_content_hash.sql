-- What was sent, as a hash: a large request asks for it first and sends only what differs. Rows that
-- are there get theirs when they change, or all at once by posting them with touch=true.

-- migrate:up
ALTER TABLE jobs ADD COLUMN content_hash TEXT;

CREATE TRIGGER jobs_forget_content_hash
AFTER UPDATE ON jobs
WHEN new.content_hash = old.content_hash AND (
  new.external_id IS NOT old.external_id
  OR new.title IS NOT old.title
  OR new.company_id IS NOT old.company_id
  OR new.location IS NOT old.location
  OR new.salary IS NOT old.salary
  OR new.job_type IS NOT old.job_type
  OR new.work_mode IS NOT old.work_mode
  OR new.category_id IS NOT old.category_id
  OR new.is_featured IS NOT old.is_featured
  OR new.source IS NOT old.source
  OR new.description IS NOT old.description
)
BEGIN
  UPDATE jobs SET content_hash = NULL WHERE id = new.id;
END;

-- migrate:down
-- DROP TRIGGER jobs_forget_content_hash;
-- ALTER TABLE jobs DROP COLUMN content_hash;
