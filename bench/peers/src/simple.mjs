// What the handler that this service replaces did with a posting, for the columns of now: defaults and
// cuts, no errors.

const text = (value, limit) => String(value).slice(0, limit);

/** A posting as the row that Drizzle inserts; `now` is ISO 8601. */
export function simpleRow(item, now) {
	return {
		source: item.source || "manual",
		externalId: String(item.externalId),
		title: text(item.title || "", 255),
		isFeatured: item.isFeatured ? 1 : 0,
		companyId: Number(item.companyId) || 1,
		categoryId: Number(item.categoryId) || 1,
		jobType: item.jobType || "Full-time",
		workMode: item.workMode || "On-site",
		location: item.location || null,
		salary: item.salary ? String(item.salary) : null,
		description: item.description || null,
		url: item.url || null,
		applyUrl: item.applyUrl || null,
		companyName: item.companyName || null,
		postedAt: item.postedAt || null,
		validThrough: item.validThrough || null,
		department: item.department || null,
		country: item.country || null,
		region: item.region || null,
		locality: item.locality || null,
		language: item.language || null,
		salaryMin: item.salaryMin ?? null,
		salaryMax: item.salaryMax ?? null,
		salaryCurrency: item.salaryCurrency || null,
		salaryPeriod: item.salaryPeriod || null,
		extra: item.extra ? JSON.stringify(item.extra) : null,
		ingestedAt: now,
	};
}

/** The items of a request with a valid token, or the answer that refuses it. */
export async function simpleItems(request, env) {
	const tokens = env.INGEST_TOKENS.split(",").map((entry) => entry.split(":").at(-1));
	const token = request.headers.get("Authorization")?.replace(/^Bearer /, "");
	if (!tokens.includes(token)) {
		return { refused: Response.json({ error: "Unauthorized" }, { status: 401 }) };
	}
	const body = await request.json();
	const items = Array.isArray(body) ? body : body.items;
	if (!Array.isArray(items) || items.length === 0) {
		const error = "items[] is required and must be non-empty";
		return { refused: Response.json({ error }, { status: 400 }) };
	}
	return { items };
}
