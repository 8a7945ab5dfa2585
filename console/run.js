// A run: all its figures, and its rejected postings with the reasons.

import { call, runsOf } from "./api.js";
import {
	announce,
	aside,
	button,
	bytes,
	code,
	counted,
	duration,
	exact,
	h,
	number,
	para,
	strong,
	time,
} from "./dom.js";
import { PARTS } from "./plot.js";
import { postings, result } from "./runs.js";
import { List, PAGE, body, errorList, figures, notice, row, sentence } from "./view.js";

/** The page of a run. */
export async function runPage(main, id, signal) {
	const title = h("h1", { tabindex: "-1" }, "Run");
	main.append(
		h("nav", { class: "trail", "aria-label": "Trail" }, h("a", { href: "#/runs" }, "Runs"), " / ", code(id)),
		h("div", { class: "title" }, title),
	);
	const run = await call(`/runs/${encodeURIComponent(id)}`, { signal });
	title.append(" of ", run.source ?? "several sources or none", " ", result(run));
	main.append(
		aside(
			time(run.started_at),
			run.source !== null && [" · ", h("a", { href: runsOf(run.source) }, "all runs of this source")],
		),
		h("div", { class: "large" }, postings(run)),
		figures(
			...["received", ...PARTS, "closed", "reopened"].map((name) => [name, number(run[name])]),
			["body", bytes(run.body_bytes)],
			["took", duration(run.duration_ms)],
			["started", exact(run.started_at)],
			["finished", exact(run.finished_at)],
		),
		...closing(run.closing),
	);
	if (run.status >= 400) {
		main.append(
			notice(
				"Nothing was written",
				para(
					`${counted(run.rejected, "posting")} of ${number(run.received)} ${run.rejected === 1 ? "was" : "were"} invalid, and without `,
					code("on_error=skip"),
					" one refuses the whole request. The reasons are kept, the postings are not.",
				),
			),
		);
	}
	if (run.rejected > 0) {
		await rejects(main, run, signal);
	}
}

function closing(remainder) {
	if (!remainder) {
		return [];
	}
	const { withheld, ...counts } = remainder;
	const named = Object.entries(counts)
		.filter(([, n]) => typeof n === "number")
		.map(([name, n]) => [name.replace("_", " "), number(n)]);
	return [
		h(
			"section",
			null,
			h("h2", null, "Complete list"),
			withheld &&
				h(
					"p",
					{ class: "attention" },
					strong(`Closing was withheld (${withheld.code}): `),
					sentence(withheld.detail),
					withheld.until && [" Decided by a list fetched ", time(withheld.until), " or later."],
				),
			named.length > 0 && figures(...named),
		),
	];
}

/** The rejected postings; a reason selects its postings. */
async function rejects(main, run, signal) {
	const { items, reasons, omitted } = await call(`/runs/${run.id}/rejects`, { signal, digits: true });
	const all = reasons.map((reason, i) => ({ ...reason, item: items[i] }));
	const name = ({ field, code }) => `${field ?? "whole posting"}: ${code}`;
	const counts = new Map();
	for (const { errors } of all) {
		for (const reason of new Set(errors.map(name))) {
			counts.set(reason, (counts.get(reason) ?? 0) + 1);
		}
	}
	let selected = null;
	const select = (event) => {
		const chip = event.currentTarget;
		selected = selected === chip.value ? null : chip.value;
		for (const other of chips) {
			other.ariaPressed = String(other.value === selected);
		}
		list.reload();
	};
	const chips = [...counts]
		.sort(([, a], [, b]) => b - a)
		.map(([reason, n]) => {
			const attributes = { class: "chip", "aria-pressed": "false", value: reason };
			return button([reason, " ", strong(number(n))], select, attributes);
		});
	const list = new List({
		noun: "rejected posting",
		columns: ["Posting", "Reasons"],
		signal,
		placeholders: 3,
		load: async (from) => {
			const matching = all.filter(
				({ errors }) => selected === null || errors.some((error) => name(error) === selected),
			);
			const end = (from ?? 0) + PAGE;
			return { entries: matching.slice(from ?? 0, end), next: end < matching.length ? end : null };
		},
		entry: rejected,
		empty: () => notice("None kept", para("The rejected postings of this run have been removed.")),
	});
	const copy = async () => {
		await navigator.clipboard.writeText(JSON.stringify({ items }, null, 2));
		announce("Copied");
		copied.textContent = "Copied";
	};
	const copied = h("span", { class: "muted" });
	main.append(
		h(
			"section",
			null,
			h(
				"div",
				{ class: "title" },
				h("h2", null, "Rejected postings"),
				copied,
				items.length > 0 && [
					button("Copy as JSON", copy),
					button("Download NDJSON", () => download(`rejected-${run.id}.ndjson`, items)),
				],
			),
			aside(
				items.length > 0 && "Fix them and send them again: both are a request body.",
				omitted > 0 && ` ${counted(omitted, "further posting")} ${omitted === 1 ? "was" : "were"} not kept.`,
			),
			h("div", { class: "chips", role: "group", "aria-label": "Reasons" }, chips),
			list.element,
		),
	);
	await list.reload();
}

function rejected({ index, errors, item }) {
	// Of a refused run there are only reasons.
	const sent = item !== undefined && (typeof item === "string" ? item : JSON.stringify(item, null, 2));
	return body(
		row(
			["Posting", h("p", { class: "name" }, `items[${index}]`), para(code(errors[0]?.externalId ?? "no id"))],
			[
				"Reasons",
				errorList(errors),
				sent && h("details", null, h("summary", null, "As sent"), h("pre", { tabindex: "0" }, sent)),
			],
		),
	);
}

/** One posting per line; a line that was not JSON stays as it was. */
function download(name, items) {
	const lines = items.map((item) => `${typeof item === "string" ? item : JSON.stringify(item)}\n`);
	const url = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
	h("a", { href: url, download: name }).click();
	URL.revokeObjectURL(url);
}
