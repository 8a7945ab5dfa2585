// The handler that this service replaces, ported to D1: Drizzle's `onConflictDoUpdate` with 3 rows
// per statement, the most for D1's 100 parameters, in one batch.

import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { integer, real, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";

import { simpleItems, simpleRow } from "./simple.mjs";

const jobs = sqliteTable(
	"jobs",
	{
		id: integer("id").primaryKey(),
		source: text("source").notNull(),
		externalId: text("external_id").notNull(),
		title: text("title").notNull(),
		isFeatured: integer("is_featured").notNull(),
		companyId: integer("company_id"),
		categoryId: integer("category_id"),
		jobType: text("job_type"),
		workMode: text("work_mode"),
		location: text("location"),
		salary: text("salary"),
		description: text("description"),
		url: text("url"),
		applyUrl: text("apply_url"),
		companyName: text("company_name"),
		postedAt: text("posted_at"),
		validThrough: text("valid_through"),
		department: text("department"),
		country: text("country"),
		region: text("region"),
		locality: text("locality"),
		language: text("language"),
		salaryMin: real("salary_min"),
		salaryMax: real("salary_max"),
		salaryCurrency: text("salary_currency"),
		salaryPeriod: text("salary_period"),
		extra: text("extra"),
		ingestedAt: text("ingested_at").notNull(),
		// Drizzle gives columns that a row leaves out a NULL of their own in SQLite, unless the schema
		// says what their default is.
		createdAt: text("created_at").notNull().default(sql`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`),
	},
	(table) => [unique().on(table.source, table.externalId)]
);

const ROWS_A_STATEMENT = 3;

const set = {
	title: sql`excluded.title`,
	isFeatured: sql`excluded.is_featured`,
	companyId: sql`excluded.company_id`,
	categoryId: sql`excluded.category_id`,
	jobType: sql`excluded.job_type`,
	workMode: sql`excluded.work_mode`,
	location: sql`excluded.location`,
	salary: sql`excluded.salary`,
	description: sql`excluded.description`,
	url: sql`excluded.url`,
	applyUrl: sql`excluded.apply_url`,
	companyName: sql`excluded.company_name`,
	postedAt: sql`excluded.posted_at`,
	validThrough: sql`excluded.valid_through`,
	department: sql`excluded.department`,
	country: sql`excluded.country`,
	region: sql`excluded.region`,
	locality: sql`excluded.locality`,
	language: sql`excluded.language`,
	salaryMin: sql`excluded.salary_min`,
	salaryMax: sql`excluded.salary_max`,
	salaryCurrency: sql`excluded.salary_currency`,
	salaryPeriod: sql`excluded.salary_period`,
	extra: sql`excluded.extra`,
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
					.onConflictDoUpdate({ target: [jobs.source, jobs.externalId], set })
			);
		}
		await db.batch(statements);
		return Response.json({ success: true, upserted: rows.length });
	},
};
