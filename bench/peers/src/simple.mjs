// What the handler that this service replaces did with a posting: defaults and cuts, no errors.

const text = (value, limit) => String(value).slice(0, limit);

/** A posting as the row that Drizzle inserts; `now` is ISO 8601. */
export function simpleRow(item, now) {
	return {
		externalId: text(item.externalId, 100),
		title: text(item.title || "", 255),
		companyId: Number(item.companyId) || 1,
		location: item.location || null,
		salary: item.salary ? String(item.salary) : null,
		jobType: item.jobType || "Full-time",
		workMode: item.workMode || "On-site",
		categoryId: Number(item.categoryId) || 1,
		isFeatured: item.isFeatured ? 1 : 0,
		source: item.source || "manual",
		description: item.description || null,
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
