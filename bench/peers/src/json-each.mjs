// The best JavaScript Worker that we know how to write to the same contract: JSON.parse, the rules of
// every field, rows as JSON parameters, one batch, unchanged rows not written, exact counts. Dirty
// values are errors instead of being repaired with a warning, and there are no runs, idempotency keys,
// kept rejects, `missing`, `defaults` or `unknown`. Its upsert and its limits are the product's
// (`jobs-ingest-bench-contract` is written by the benchmark).

import * as contract from "jobs-ingest-bench-contract";

import { paramsOf } from "./params.mjs";
import { Findings, InexactNumber, validate } from "./validate.mjs";

/** Before and after the upserts: the difference is the number of rows inserted. */
const MAX_ID = "SELECT coalesce(max(id), 0) AS max_id FROM jobs";

/** Right after an upsert: the rows that it inserted or updated. */
const WRITTEN = "SELECT changes() AS written";

class Refusal extends Error {
	constructor(status, code, detail, more) {
		super(detail);
		this.answer = [status, code, more];
	}
}

const encoder = new TextEncoder();

async function authenticate(request, env) {
	const given = request.headers.get("Authorization")?.match(/^bearer +(.+)$/i)?.[1];
	const digest = async (text) => crypto.subtle.digest("SHA-256", encoder.encode(text));
	const presented = await digest(given ?? "");
	let known = false;
	for (const entry of env.INGEST_TOKENS.split(",")) {
		const token = entry.slice(entry.indexOf(":") + 1).trim();
		known |= crypto.subtle.timingSafeEqual(await digest(token), presented);
	}
	if (!known || given === undefined) throw new Refusal(401, "unauthorized", "no valid token");
}

const OPTIONS = {
	on_error: ["abort", "skip"],
	dry_run: ["false", "true"],
	touch: ["false", "true"],
};

function optionsOf(url) {
	const options = { on_error: "abort", dry_run: "false", touch: "false" };
	for (const [name, value] of new URL(url).searchParams) {
		if (!OPTIONS[name]?.includes(value)) {
			throw new Refusal(400, "invalid_option", `${name}=${value} is not an option`);
		}
		options[name] = value;
	}
	return options;
}

function isNdjson(request) {
	const type = (request.headers.get("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
	if (/^application\/(x-ndjson|jsonl|ndjson)$/.test(type)) return true;
	const json = /^(|.*\+json|(application|text)\/json|text\/plain|application\/x-www-form-urlencoded)$/;
	if (json.test(type)) return false;
	throw new Refusal(415, "unsupported_media_type", `${type} is not accepted`);
}

/**
 * The text of a request or response. `text()` is five times faster than a TextDecoder, but puts U+FFFD
 * where there is no UTF-8: only a text that has one is decoded once more. The copy costs nothing
 * unless it is read.
 */
async function decoded(message) {
	const copy = message.clone();
	const text = await message.text();
	if (!text.includes("\uFFFD")) {
		await copy.body?.cancel();
		return text;
	}
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(await copy.arrayBuffer());
	} catch {
		throw new Refusal(400, "invalid_utf8", "the body is not UTF-8");
	}
}

async function textOf(request) {
	const tooLarge = () => new Refusal(413, "body_too_large", "the body is too large");
	const encoding = request.headers.get("Content-Encoding")?.trim().toLowerCase() || "identity";
	if (!/^(x-gzip|gzip|identity)$/.test(encoding)) {
		throw new Refusal(415, "unsupported_encoding", `${encoding} is not accepted`);
	}
	const isGzip = encoding !== "identity";
	const declared = request.headers.get("Content-Length");
	if (Number(declared) > contract.MAX_BODY_BYTES) throw tooLarge();
	// With a length that the runtime holds the client to there is nothing to count.
	if (declared !== null && !isGzip) return decoded(request);
	const stream = isGzip ? request.body.pipeThrough(new DecompressionStream("gzip")) : request.body;
	const reader = stream.getReader({ mode: "byob" });
	const chunks = [];
	for (let bytes = 0; ; ) {
		const chunk = new Uint8Array(1 << 20);
		const { value, done } = await reader.read(chunk, { min: chunk.byteLength }).catch((error) => {
			throw new Refusal(400, isGzip ? "invalid_gzip" : "body_incomplete", error.message);
		});
		if (value) {
			bytes += value.byteLength;
			if (bytes > contract.MAX_BODY_BYTES) throw tooLarge();
			chunks.push(value);
		}
		if (done || value.byteLength < 1 << 20) return decoded(new Response(new Blob(chunks)));
	}
}

/** JSON.parse rounds long integers; here they become texts with all their digits. */
const exact = (key, value, { source }) =>
	typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
		? source
		: value;

function itemsOf(text, ndjson, findings, reviver) {
	if (ndjson) {
		const items = [];
		let line = 0;
		for (const row of text.split("\n")) {
			line += 1;
			if (row.trim() === "") continue;
			findings.lines.push(line);
			try {
				items.push(JSON.parse(row, reviver));
			} catch (error) {
				findings.badLine ??= `line ${line}: ${error.message}`;
				findings.error(items.length, null, null, "invalid_json", `does not parse: ${error.message}`);
				items.push(undefined);
			}
		}
		return items;
	}
	let body;
	try {
		body = JSON.parse(text, reviver);
	} catch (error) {
		if (text.trim() === "") return [];
		throw new Refusal(400, "invalid_json", error.message);
	}
	return Array.isArray(body) ? body : body?.items;
}

/** The valid rows, of each key the last. */
function accepted(items, findings) {
	const rows = [];
	/** Indices by source and id. */
	const sources = new Map();
	let rejected = 0;
	let duplicates = 0;
	for (let index = 0; index < items.length; index++) {
		const row = validate(items[index], index, findings);
		rows.push(row);
		if (row === null) {
			rejected += 1;
			continue;
		}
		const [, source, id] = row;
		let ids = sources.get(source);
		if (ids === undefined) sources.set(source, (ids = new Map()));
		const earlier = ids.get(id);
		if (earlier !== undefined) {
			duplicates += 1;
			rows[earlier] = null;
		}
		ids.set(id, index);
	}
	return { rows: rows.filter((row) => row !== null), rejected, duplicates };
}

async function write(db, rows, options) {
	if (rows.length === 0) return { inserted: 0, updated: 0, unchanged: 0 };
	const params = paramsOf(rows);
	const source = contract.DEFAULT_SOURCE;
	const touch = options.touch === "true";
	if (options.dry_run === "true") {
		const counts = touch ? contract.COUNT_TOUCH : contract.COUNT;
		const count = ({ json, fields }) => db.prepare(counts[fields]).bind(json, source);
		const results = await db.batch(params.map(count));
		const sum = (name) => results.reduce((total, { results: [row] }) => total + row[name], 0);
		const [inserted, updated] = [sum("inserted"), sum("updated")];
		return { inserted, updated, unchanged: rows.length - inserted - updated };
	}
	const now = new Date().toISOString();
	const upserts = touch ? contract.UPSERT_TOUCH : contract.UPSERT;
	const upsert = ({ json, fields }) => db.prepare(upserts[fields]).bind(json, source, now);
	const maxId = db.prepare(MAX_ID);
	const written = db.prepare(WRITTEN);
	const results = await db.batch([
		maxId,
		...params.flatMap((param) => [upsert(param), written]),
		maxId,
	]);
	const inserted = results.at(-1).results[0].max_id - results[0].results[0].max_id;
	const touched = results.reduce((sum, { results: [row] }) => sum + (row?.written ?? 0), 0);
	return { inserted, updated: touched - inserted, unchanged: rows.length - touched };
}

function validated(text, ndjson, reviver) {
	const findings = new Findings();
	const items = itemsOf(text, ndjson, findings, reviver);
	if (!Array.isArray(items) || items.length === 0) {
		throw new Refusal(400, "items_required", "items[] is required and must be non-empty");
	}
	if (items.length > contract.MAX_ITEMS) throw new Refusal(413, "too_many_items", "too many items");
	return { items, findings, ...accepted(items, findings) };
}

async function ingest(request, env) {
	await authenticate(request, env);
	const options = optionsOf(request.url);
	const ndjson = isNdjson(request);
	const text = await textOf(request);
	let read;
	try {
		read = validated(text, ndjson);
	} catch (error) {
		if (!(error instanceof InexactNumber)) throw error;
		read = validated(text, ndjson, exact);
	}
	const { items, findings, rows, rejected, duplicates } = read;
	if (rejected > 0 && options.on_error === "abort") {
		const more = { received: items.length, rejected, duplicates, ...findings.listed() };
		if (findings.badLine) throw new Refusal(400, "invalid_json", findings.badLine, more);
		throw new Refusal(422, "invalid_items", "some items are invalid", more);
	}
	const counts = await write(env.DB, rows, options);
	const answer = {
		success: true,
		upserted: rows.length,
		received: items.length,
		...counts,
		duplicates,
		rejected,
		...findings.listed(),
	};
	return Response.json(answer, { status: rejected > 0 ? 207 : 200 });
}

export default {
	async fetch(request, env) {
		const requestId = crypto.randomUUID();
		try {
			if (new URL(request.url).pathname !== "/jobs/ingest") {
				throw new Refusal(404, "not_found", "there is nothing here");
			}
			if (request.method !== "POST") {
				throw new Refusal(405, "method_not_allowed", "POST is the only method here");
			}
			const response = await ingest(request, env);
			response.headers.set("X-Request-Id", requestId);
			console.log(JSON.stringify({ message: "request", requestId, status: response.status }));
			return response;
		} catch (error) {
			const [status, code, more] = error.answer ?? [500, "internal"];
			console.log(JSON.stringify({ message: "request", requestId, status, code }));
			const detail = error.answer ? error.message : undefined;
			const headers = { "Content-Type": "application/problem+json", "X-Request-Id": requestId };
			return Response.json({ success: false, status, code, detail, ...more }, { status, headers });
		}
	},
};
