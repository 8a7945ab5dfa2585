// Runs: what came in, newest first.

import { call, path, runsOf } from "./api.js";
import { duration, h, muted, number, para, time } from "./dom.js";
import { partClass, parts, stackedBar } from "./plot.js";
import { List, PAGE, body, notice, row } from "./view.js";

const COLUMNS = ["Run", "Result", "Source", "Postings", "Closed", "Took"];

const STATUSES = { 200: "stored", 207: "partly", 400: "unreadable line", 422: "refused" };

/** The status of a run with its meaning. */
export function result({ status, rejected }) {
	const kind = status >= 400 ? "bad" : status === 207 ? "warn" : "good";
	const text = status === 207 && rejected === 0 ? "closing withheld" : STATUSES[status];
	return h("span", { class: `badge ${kind}` }, `${status} ${text ?? ""}`);
}

/** What became of the postings, as a bar and in figures. */
export const postings = (run) =>
	h(
		"div",
		{ class: "postings" },
		stackedBar(run),
		h(
			"span",
			{ class: "legend" },
			run.received === 0
				? "none"
				: parts(run).map(([name, n]) => h("span", { class: `key ${partClass(name)}` }, `${number(n)} ${name}`)),
		),
	);

function closed({ closed: n, reopened }) {
	if (n + reopened === 0) {
		return [];
	}
	return [number(n), reopened > 0 && muted(` · ${number(reopened)} reopened`)];
}

/** The page of runs. */
export async function runsPage(main, query, signal) {
	const options = { signal };
	const source = h("input", {
		name: "source",
		type: "search",
		value: query.get("source"),
		maxlength: 100,
		autocomplete: "off",
		spellcheck: "false",
		placeholder: "all",
	});
	const status = h(
		"select",
		{ name: "status" },
		h("option", { value: "" }, "all"),
		Object.entries(STATUSES).map(([value, text]) =>
			h("option", { value, selected: value === query.get("status") }, `${value} ${text}`),
		),
	);
	const filter = () => ({ source: source.value, status: status.value });
	const apply = () => {
		history.replaceState(null, "", `#/${path("runs", filter())}`);
		list.reload();
	};
	const list = new List({
		noun: "run",
		columns: COLUMNS,
		signal,
		load: async (cursor) => {
			const page = await call(path("/runs", { ...filter(), limit: PAGE, cursor }), options);
			return { entries: page.runs, next: page.next_cursor };
		},
		entry: (run) =>
			body(
				row(
					["Run", h("a", { class: "name", href: `#/runs/${run.id}` }, time(run.started_at))],
					["Result", result(run)],
					[
						"Source",
						run.source === null
							? muted("several or none")
							: h("a", { href: runsOf(run.source) }, run.source),
					],
					["Postings", postings(run)],
					["Closed", ...closed(run)],
					["Took", duration(run.duration_ms)],
				),
			),
		empty: () =>
			source.value || status.value
				? notice(
						"No such run",
						para("No run of this token's name matches the filter."),
						h("a", { href: "#/runs" }, "Show all runs"),
					)
				: notice(
						"No runs yet",
						para(
							"A run is a request that wrote, or would have if its postings had been valid. You see those of this token's name; dry runs leave none.",
						),
					),
	});
	main.append(
		h(
			"div",
			{ class: "title" },
			h("h1", { tabindex: "-1" }, "Runs"),
			h(
				"form",
				{
					class: "filter",
					onsubmit: (event) => {
						event.preventDefault();
						apply();
					},
					onchange: apply,
				},
				h("label", null, "Source ", source),
				h("label", null, "Status ", status),
				h("button", null, "Refresh"),
			),
		),
		list.element,
	);
	await list.reload();
}
