// Sources: is every one healthy, and what is about to close?

import { call, path, runsOf } from "./api.js";
import { aside, button, code, counted, exact, h, muted, number, para, percent, relative, strong, time } from "./dom.js";
import { SPARK_RUNS, sparkline } from "./plot.js";
import { List, PAGE, body, note, notice, row, sentence, showFailure } from "./view.js";

const COLUMNS = ["Source", "State", "Open", "Closed", "Last complete list", "Unchanged", `Last ${SPARK_RUNS} runs`];

/** docs/LISTS.md alarms at the same age. */
const OLD_LIST_MS = 2 * 86_400_000;

const isOld = ({ last_list }) => last_list && Date.now() - new Date(last_list.observed_at) > OLD_LIST_MS;

/** How a source is, as `[kind, text]`; `last` is its last run, if it is among the newest ones. */
function stateOf(source, last) {
	const states = [
		[source.withheld, "bad", "withheld"],
		[last?.status >= 400, "bad", "refused"],
		[source.missing > 0, "warn", "missing"],
		[isOld(source), "warn", "old list"],
		[source.last_list, "good", "healthy"],
		[true, "plain", "no list"],
	];
	return states.find(([is]) => is).slice(1);
}

/** The page of sources. */
export async function sourcesPage(main, query, signal) {
	const onlyAttention = query.get("attention") === "1";
	const options = { signal };
	const runs = new RecentRuns(options);
	const needsAttention = (source) => ["bad", "warn"].includes(stateOf(source, runs.last(source))[0]);
	const checkbox = h("input", {
		type: "checkbox",
		checked: onlyAttention,
		onchange: () => {
			location.hash = checkbox.checked ? "#/sources?attention=1" : "#/sources";
		},
	});
	const list = new List({
		noun: "source",
		columns: COLUMNS,
		signal,
		load: onlyAttention ? loadAttention : loadPage,
		entry: (source) => entry(source, runs, options),
		shown: (all) => {
			const n = all.filter(needsAttention).length;
			summary.textContent =
				all.length > 0 ? `${n || "none"} of ${number(all.length)} need${n > 1 ? "" : "s"} attention` : "";
		},
		empty: () =>
			onlyAttention
				? notice(
						"Every source is healthy",
						para("No closing is withheld, no last run was refused, nothing is missing, no list is old."),
					)
				: notice(
						"No postings yet",
						para(
							"A source appears here with its first posting. ",
							h("a", { href: "#/try" }, "Try one"),
							" without storing it, or paste the curl line of ",
							code("cargo xtask dev"),
							" into a terminal.",
						),
					),
	});
	const summary = h("p", { class: "muted" });
	main.append(
		h(
			"div",
			{ class: "title" },
			h("h1", { tabindex: "-1" }, "Sources"),
			summary,
			h("label", { class: "check" }, checkbox, "Only what needs attention"),
			button("Refresh", () => {
				runs.forget();
				list.reload();
			}),
		),
		list.element,
	);
	await list.reload();

	async function loadPage(cursor) {
		const [page] = await Promise.all([call(path("/sources", { limit: PAGE, cursor }), options), runs.start()]);
		return { entries: page.sources, next: page.next_cursor };
	}

	/** Reads on until a page is full, because the API has no such filter. */
	async function loadAttention(cursor) {
		await runs.start();
		const entries = [];
		do {
			const page = await call(path("/sources", { limit: 200, cursor }), options);
			entries.push(...page.sources.filter(needsAttention));
			cursor = page.next_cursor;
		} while (cursor !== null && entries.length < PAGE);
		return { entries, next: cursor };
	}
}

function entry(source, runs, options) {
	const { last_list: last } = source;
	const share = last?.unchanged_share;
	const spark = h("a", { class: "spark-box", href: runsOf(source.source), "aria-label": `Runs of ${source.source}` });
	runs.draw(source.source, spark);
	const [kind, state] = stateOf(source, runs.last(source));
	const cells = row(
		["Source", h("a", { class: "name", href: runsOf(source.source) }, source.source)],
		["State", h("span", { class: `badge ${kind}` }, state)],
		["Open", number(source.open)],
		["Closed", number(source.closed)],
		["Last complete list", ...(last ? [time(last.observed_at), muted(` · ${number(last.listed)} listed`)] : [])],
		["Unchanged", ...(typeof share === "number" ? [percent(share)] : [])],
		[COLUMNS[6], spark],
	);
	return body(cells, ...(source.withheld || source.missing > 0 ? [note(COLUMNS, attention(source, options))] : []));
}

/** Why closing was withheld, and the button that shows what a later list would close. */
function attention(source, options) {
	const { withheld } = source;
	const shown = h("div", {
		class: "closing",
		role: "region",
		"aria-label": `What would close of ${source.source}`,
		hidden: true,
	});
	const toggle = button(
		"Show what would close",
		async () => {
			const isOpen = toggle.ariaExpanded === "true";
			toggle.ariaExpanded = String(!isOpen);
			shown.hidden = isOpen;
			if (!isOpen) {
				await show();
			}
		},
		{ "aria-expanded": "false" },
	);
	const show = async () => {
		shown.replaceChildren(aside("loading"));
		try {
			const now = await call(`/sources/${encodeURIComponent(source.source)}`, options);
			shown.replaceChildren(...closing(now));
		} catch (failure) {
			showFailure(shown, failure, show, options.signal);
		}
	};
	const why = withheld
		? para(
				strong(`Closing was withheld (${withheld.code}): `),
				sentence(withheld.detail),
				withheld.code !== "shrunk" &&
					` The list does not have ${number(withheld.missing)} of ${counted(withheld.open, "open posting")}.`,
			)
		: para(strong(`${counted(source.missing, "open posting")} missing`), " from a complete list.");
	return h("div", { class: "attention" }, why, toggle, shown);
}

/** The postings that are marked missing, and what decides about them. */
function closing({ source, missing, missing_postings: postings, withheld }) {
	const href = `#/${path("try", { source, snapshot: "complete" })}`;
	const dryRun = para("To see what a list would close, ", h("a", { href }, "try it as a dry run"), ".");
	if (missing === 0) {
		return [para("No posting is marked missing, so nothing closes before a list without this fault."), dryRun];
	}
	const until = withheld?.until;
	const when =
		new Date(until) > Date.now()
			? `A complete list fetched ${relative(until)} (${exact(until)}) or later`
			: "The next complete list that is not withheld";
	const lines = postings.map((posting) =>
		h("li", null, code(posting.externalId), ` ${posting.title} `, muted("· ", time(posting.missing_since))),
	);
	return [
		para(
			`${when} closes those of the ${counted(missing, "missing posting")} that it does not have either. A posting that is listed again stays open.`,
		),
		h("ol", { class: "texts", tabindex: "0", "aria-label": "Missing postings" }, lines),
		missing > postings.length && aside(`The first ${postings.length} of ${number(missing)}, by id.`),
		dryRun,
	].filter(Boolean);
}

/** The last runs by source: from one page of all runs, and for busier installations by source, as rows become visible. */
class RecentRuns {
	constructor(options) {
		this.options = options;
		this.queue = Promise.resolve();
		this.forget();
		this.visible = new IntersectionObserver((entries) => {
			for (const { isIntersecting, target } of entries) {
				if (isIntersecting) {
					this.visible.unobserve(target);
					this.queue = this.queue.then(() => this.load(target));
				}
			}
		});
		options.signal.addEventListener("abort", () => this.visible.disconnect());
	}

	forget() {
		this.newest = null;
		this.sources = new Map();
	}

	/** Loads the newest runs of all sources, once. */
	async start() {
		this.newest ??= await call("/runs?limit=200", this.options);
	}

	last({ source }) {
		return this.newest.runs.find((run) => run.source === source);
	}

	draw(source, box) {
		const own = this.newest.runs.filter((run) => run.source === source);
		if (this.newest.next_cursor === null || own.length >= SPARK_RUNS) {
			box.append(plot(own));
		} else {
			this.sources.set(box, source);
			this.visible.observe(box);
		}
	}

	async load(box) {
		try {
			const query = { source: this.sources.get(box), limit: SPARK_RUNS };
			const { runs } = await call(path("/runs", query), this.options);
			box.replaceChildren(plot(runs));
		} catch {
			// The rest of the row is complete without it.
			box.replaceChildren(muted("not loaded"));
		}
	}
}

const plot = (runs) =>
	runs.length > 0
		? sparkline(runs)
		: h("span", { class: "muted", title: "This token's name has sent nothing of this source" }, "none of yours");
