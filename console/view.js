// What the pages share: tables, lists that load more, and what is shown instead of data.

import { announce, aside, button, counted, h, muted, number, para } from "./dom.js";

/** A table whose rows become cards on a narrow screen: the roles keep it a table for screen readers. */
function table(caption, columns, ...bodies) {
	const heads = columns.map((column) => h("th", { role: "columnheader", scope: "col" }, column));
	const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads));
	return h("table", { role: "table" }, h("caption", { class: "hidden" }, caption), head, ...bodies);
}

export const body = (...rows) => h("tbody", { role: "rowgroup" }, rows);

/** A row; each cell is `[column, ...children]`. One without children has a dash, and no line on a narrow screen. */
export const row = (...cells) =>
	h(
		"tr",
		{ role: "row" },
		cells.map(([column, ...children]) => {
			const isEmpty = children.length === 0;
			return h(
				"td",
				{ role: "cell", "data-column": column, class: isEmpty && "none" },
				isEmpty ? muted("–") : children,
			);
		}),
	);

/** A second row of an entry, over all columns. */
export const note = (columns, ...children) =>
	h("tr", { role: "row", class: "note" }, h("td", { role: "cell", colspan: columns.length }, children));

const skeleton = (columns, n) =>
	h(
		"tbody",
		{ class: "skeleton", "aria-hidden": "true" },
		Array.from({ length: n }, () =>
			h(
				"tr",
				null,
				columns.map((column) => h("td", { "data-column": column }, h("span", null, "\u00a0"))),
			),
		),
	);

/** Entries of a page. */
export const PAGE = 50;
const MOST_SHOWN = 200;

/**
 * A table that loads 50 entries at a time and holds at most 200.
 * `load(cursor)` returns `{ entries, next }`, `entry` makes a `tbody`, `empty` what is shown without entries.
 * `shown` is called with all entries that have been loaded.
 */
export class List {
	constructor({ noun, columns, load, entry, empty, shown = () => {}, signal, placeholders = 8 }) {
		Object.assign(this, { noun, columns, load, entry, empty, signal, placeholders, onShown: shown });
		this.table = table(`${noun}s`, columns);
		this.count = h("p", { class: "count" });
		this.newest = button("Back to the first page", () => this.reload(), { class: "quiet" });
		this.more = button("Load more", () => this.more.ariaDisabled !== "true" && this.next());
		this.state = h("div");
		this.element = h(
			"div",
			{ class: `list ${noun}` },
			this.newest,
			this.table,
			this.state,
			h("div", { class: "foot" }, this.more, this.count),
		);
	}

	/** Loads the first page. */
	async reload() {
		this.generation = {};
		this.table.querySelectorAll("tbody").forEach((body) => body.remove());
		Object.assign(this, { cursor: null, shown: [], dropped: 0, all: [] });
		this.onShown(this.all);
		this.newest.hidden = true;
		this.count.textContent = "";
		this.more.hidden = true;
		this.table.hidden = false;
		this.state.replaceChildren();
		await this.next();
	}

	async next() {
		const generation = this.generation;
		const bones = skeleton(this.columns, this.shown.length ? 1 : this.placeholders);
		this.table.append(bones);
		this.table.ariaBusy = "true";
		// Not `disabled`, which would take the focus from it.
		this.more.ariaDisabled = "true";
		try {
			const { entries, next } = await this.load(this.cursor);
			if (generation === this.generation) {
				this.show(entries, next);
			}
		} catch (failure) {
			if (generation === this.generation) {
				this.table.hidden = this.shown.length === 0;
				showFailure(
					this.state,
					failure,
					() => {
						this.state.replaceChildren();
						this.table.hidden = false;
						this.next();
					},
					this.signal,
				);
				this.more.hidden = true;
			}
		} finally {
			bones.remove();
			this.table.ariaBusy = "false";
			this.more.ariaDisabled = "false";
		}
	}

	show(entries, next) {
		const hadFocus = document.activeElement === this.more;
		const bodies = entries.map((entry) => this.entry(entry));
		this.table.append(...bodies);
		this.shown.push(...bodies);
		while (this.shown.length > MOST_SHOWN) {
			this.shown.splice(0, PAGE).forEach((body) => body.remove());
			this.dropped += PAGE;
		}
		this.all.push(...entries);
		this.onShown(this.all);
		this.newest.hidden = this.dropped === 0;
		this.cursor = next;
		this.more.hidden = next === null;
		const n = this.dropped + this.shown.length;
		if (n === 0) {
			this.table.hidden = true;
			this.state.replaceChildren(this.empty());
			announce(`No ${this.noun}s`);
			return;
		}
		const from = this.dropped ? `${number(this.dropped + 1)} to ${counted(n, this.noun)}` : counted(n, this.noun);
		this.count.textContent = next === null ? `${from}, no more` : from;
		announce(`${counted(entries.length, this.noun)} loaded`);
		if (hadFocus && this.more.hidden) {
			bodies[0]?.querySelector("a, button")?.focus();
		}
	}
}

/** What is shown instead of a page or a list: a title, what it means, and what to do. */
export const notice = (title, ...children) => h("section", { class: "notice" }, h("h2", null, title), children);

const TITLES = {
	offline: "The Worker cannot be reached",
	limited: "Too many requests",
	rights: "This token may not do that",
	missing: "Not found",
	refused: "The request was refused",
	broken: "The Worker has a problem",
};

/** Shows a failure in `element`. `retry` is called by its button, when the limit is over, or online again. */
export function showFailure(element, failure, retry, signal) {
	if (failure.name === "AbortError") {
		return;
	}
	if (failure.kind === "token") {
		document.dispatchEvent(new CustomEvent("token-refused"));
		return;
	}
	if (!failure.kind) {
		throw failure;
	}
	const { problem, kind } = failure;
	const wait = h("p");
	const offline = "Check the connection. This page tries again when the browser is online.";
	const details = problem.request_id && aside(`${problem.code}, request ${problem.request_id}`);
	element.replaceChildren(
		notice(
			TITLES[kind],
			para(kind === "offline" ? offline : sentence(failure.message)),
			wait,
			details,
			button("Try again", () => once()),
		),
	);
	announce(TITLES[kind]);
	let timer;
	const once = () => {
		clearInterval(timer);
		removeEventListener("online", once);
		retry();
	};
	signal.addEventListener("abort", () => {
		clearInterval(timer);
		removeEventListener("online", once);
	});
	if (kind === "offline") {
		addEventListener("online", once);
	}
	if (kind === "limited" && failure.retryAfterS) {
		let leftS = failure.retryAfterS;
		const tick = () => {
			wait.textContent = `This page tries again in ${leftS} s.`;
			leftS -= 1;
			if (leftS < 0) {
				once();
			}
		};
		tick();
		timer = setInterval(tick, 1000);
	}
}

/** A message of the API as a sentence. */
export const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** Figures with their names. */
export const figures = (...pairs) =>
	h(
		"dl",
		{ class: "figures" },
		pairs.map(([name, value, kind]) => h("div", { class: kind }, h("dt", null, name), h("dd", null, value))),
	);

/** A list of texts, such as ids. */
export const texts = (items, name) =>
	h(
		"ul",
		{ class: "texts", "aria-label": name, tabindex: "0" },
		items.map((item) => h("li", null, item)),
	);

/** Errors or warnings of one posting. */
export const errorList = (errors) =>
	h(
		"ul",
		{ class: "errors" },
		errors.map(({ index, field, code, message }) => {
			// The position and the field are shown already: `items[4].url is …`
			const start = `items[${index}]${field ? `.${field}` : ""} `;
			const text = message.startsWith(start) ? message.slice(start.length) : message;
			return h("li", null, h("code", { class: "field" }, field ?? "posting"), " ", text, " ", muted(code));
		}),
	);
