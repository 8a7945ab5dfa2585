// The public API, as docs/API.md describes it. The token is kept in this tab's sessionStorage.

const TOKEN = "jobs-ingest-token";

export const token = {
	get: () => sessionStorage.getItem(TOKEN),
	set: (value) => sessionStorage.setItem(TOKEN, value),
	forget: () => sessionStorage.removeItem(TOKEN),
};

/** What keeps a page from its data. `kind` selects what the page shows. */
export class Failure extends Error {
	constructor(kind, problem = {}, retryAfterS = null) {
		super(problem.detail ?? kind);
		Object.assign(this, { kind, problem, retryAfterS });
	}
}

const KINDS = { 401: "token", 403: "rights", 404: "missing", 429: "limited" };

/**
 * The parsed answer to a request, or a `Failure`. With `digits`, numbers that JavaScript would write differently
 * keep theirs. `signal` ends it when the user leaves the page.
 */
export async function call(path, { digits = false, headers, ...options } = {}) {
	const authorization = token.get() && { Authorization: `Bearer ${token.get()}` };
	let response, text;
	try {
		response = await fetch(path, { ...options, headers: { ...headers, ...authorization }, cache: "no-store" });
		text = await response.text();
	} catch (cause) {
		throw cause.name === "AbortError" ? cause : new Failure("offline");
	}
	let body;
	try {
		body = JSON.parse(text, digits ? keepDigits : undefined);
	} catch {
		throw new Failure("broken", { detail: `HTTP status ${response.status}, without JSON` });
	}
	if (response.ok) {
		return body;
	}
	const retryAfterS = Number(response.headers.get("Retry-After")) || null;
	throw new Failure(KINDS[response.status] ?? (response.status < 500 ? "refused" : "broken"), body, retryAfterS);
}

/** For an id of 19 digits, or 1.50. */
function keepDigits(_key, value, context) {
	const isChanged = typeof value === "number" && context?.source && String(value) !== context.source;
	return isChanged && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

/** A path with its query; empty values are left out. */
export function path(base, query) {
	const pairs = Object.entries(query).filter(([, value]) => value);
	return pairs.length === 0 ? base : `${base}?${new URLSearchParams(pairs)}`;
}

/** The address of the runs of a source. */
export const runsOf = (source) => `#/${path("runs", { source })}`;
