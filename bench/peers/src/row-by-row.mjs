// The common way: one prepared statement a row, all in one batch.

import { simpleItems, simpleRow } from "./simple.mjs";

const UPSERT = `
INSERT INTO jobs (external_id, title, company_id, location, salary, job_type, work_mode, category_id,
  is_featured, source, description, ingested_at, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)
ON CONFLICT (external_id) DO UPDATE SET
  title = excluded.title, company_id = excluded.company_id, location = excluded.location,
  salary = excluded.salary, job_type = excluded.job_type, work_mode = excluded.work_mode,
  category_id = excluded.category_id, is_featured = excluded.is_featured, source = excluded.source,
  description = excluded.description, ingested_at = excluded.ingested_at`;

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
