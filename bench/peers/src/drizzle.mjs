// The handler that this service replaces, ported to D1: Drizzle's `onConflictDoUpdate` with 8 rows
// a statement, which is all that D1's 100 parameters carry, in one batch.

import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { simpleItems, simpleRow } from "./simple.mjs";

const jobs = sqliteTable("jobs", {
	id: integer("id").primaryKey(),
	externalId: text("external_id").notNull().unique(),
	title: text("title").notNull(),
	companyId: integer("company_id").notNull(),
	location: text("location"),
	salary: text("salary"),
	jobType: text("job_type").notNull(),
	workMode: text("work_mode").notNull(),
	categoryId: integer("category_id").notNull(),
	isFeatured: integer("is_featured").notNull(),
	source: text("source").notNull(),
	description: text("description"),
	ingestedAt: text("ingested_at").notNull(),
	// Drizzle gives columns that a row leaves out a NULL of their own in SQLite, unless the schema
	// says what their default is.
	createdAt: text("created_at").notNull().default(sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`),
});

const ROWS_A_STATEMENT = 8;

const set = {
	title: sql`excluded.title`,
	companyId: sql`excluded.company_id`,
	location: sql`excluded.location`,
	salary: sql`excluded.salary`,
	jobType: sql`excluded.job_type`,
	workMode: sql`excluded.work_mode`,
	categoryId: sql`excluded.category_id`,
	isFeatured: sql`excluded.is_featured`,
	source: sql`excluded.source`,
	description: sql`excluded.description`,
	ingestedAt: sql`excluded.ingested_at`,
};

export default {
	async fetch(request, env) {
		const { items, refused } = await simpleItems(request, env);
		if (refused) return refused;
		const db = drizzle(env.DB);
		const now = new Date().toISOString();
		const rows = items.map((item) => simpleRow(item, now));
		const statements = [];
		for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
			statements.push(
				db
					.insert(jobs)
					.values(rows.slice(at, at + ROWS_A_STATEMENT))
					.onConflictDoUpdate({ target: jobs.externalId, set })
			);
		}
		await db.batch(statements);
		return Response.json({ success: true, upserted: rows.length });
	},
};
