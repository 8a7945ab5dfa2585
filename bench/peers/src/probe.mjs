// Any of the Workers (`jobs-ingest-bench-inner`), with what D1 reports of its batches and the size of
// its wasm memory as headers of the answer and as a log line. Used for counts only, not for times.

import { instances } from "./probe-wasm.mjs";
import inner from "jobs-ingest-bench-inner";
import { WorkerEntrypoint } from "cloudflare:workers";

function counting(database, counts) {
	return new Proxy(database, {
		get(target, name) {
			if (name !== "batch") {
				const value = target[name];
				// The product looks at the constructor's name to see that this is a database.
				const isMethod = typeof value === "function" && name !== "constructor";
				return isMethod ? value.bind(target) : value;
			}
			return async (statements) => {
				const results = await target.batch(statements);
				for (const { meta } of results) {
					counts.rowsWritten += meta.rows_written;
					counts.rowsRead += meta.rows_read;
				}
				counts.statements += statements.length;
				return results;
			};
		},
	});
}

export default class extends WorkerEntrypoint {
	async fetch(request) {
		const counts = { rowsWritten: 0, rowsRead: 0, statements: 0 };
		const env = { ...this.env, DB: counting(this.env.DB, counts) };
		const answer =
			typeof inner === "function"
				? await new inner(this.ctx, env).fetch(request)
				: await inner.fetch(request, env, this.ctx);
		// For commands, which do not show the headers of their answers.
		console.log(JSON.stringify(counts));
		const probed = new Response(answer.body, answer);
		probed.headers.set("X-Rows-Written", counts.rowsWritten);
		probed.headers.set("X-Rows-Read", counts.rowsRead);
		probed.headers.set("X-Statements", counts.statements);
		const bytes = instances.map((instance) => instance.exports.memory?.buffer.byteLength ?? 0);
		probed.headers.set("X-Wasm-Bytes", Math.max(0, ...bytes));
		return probed;
	}
}
