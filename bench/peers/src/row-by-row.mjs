// The common way: one prepared statement a row, all in one batch.

import { simpleItems, simpleRow } from "./simple.mjs";

const UPSERT = `
INSERT INTO jobs (
  source, external_id, title, is_featured, company_id, category_id, job_type, work_mode, location,
  salary, description, url, apply_url, company_name, posted_at, valid_through, department,
  country, region, locality, language, salary_min, salary_max, salary_currency, salary_period,
  extra, ingested_at, created_at
) VALUES (
  ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
  ?22, ?23, ?24, ?25, ?26, ?27, ?27
) ON CONFLICT (source, external_id) DO UPDATE SET
  title = excluded.title, is_featured = excluded.is_featured, company_id = excluded.company_id,
  category_id = excluded.category_id, job_type = excluded.job_type,
  work_mode = excluded.work_mode, location = excluded.location, salary = excluded.salary,
  description = excluded.description, url = excluded.url, apply_url = excluded.apply_url,
  company_name = excluded.company_name, posted_at = excluded.posted_at,
  valid_through = excluded.valid_through, department = excluded.department,
  country = excluded.country, region = excluded.region, locality = excluded.locality,
  language = excluded.language, salary_min = excluded.salary_min,
  salary_max = excluded.salary_max, salary_currency = excluded.salary_currency,
  salary_period = excluded.salary_period, extra = excluded.extra,
  ingested_at = excluded.ingested_at`;

export default {
	async fetch(request, env) {
		const { items, refused } = await simpleItems(request, env);
		if (refused) return refused;
		const now = new Date().toISOString();
		const upsert = env.DB.prepare(UPSERT);
		await env.DB.batch(
			items.map((item) => upsert.bind(...Object.values(simpleRow(item, now))))
		);
		return Response.json({ success: true, upserted: items.length });
	},
};
