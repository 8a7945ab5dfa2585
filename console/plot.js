// Plots, as inline SVG.

import { counted, exact, number, svg } from "./dom.js";

/** What became of the postings of a run, in the order of the bar. */
export const PARTS = ["inserted", "updated", "unchanged", "duplicates", "rejected"];

/** The parts of a run that are not zero, as `[name, n]`. A list of ids has entries, and a refused run writes nothing. */
export function parts(run) {
	const counts = PARTS.map((name) => [name, run[name]]);
	const rest = run.received - counts.reduce((sum, [, n]) => sum + n, 0);
	return [...counts, [run.status < 400 ? "ids" : "not written", rest]].filter(([, n]) => n > 0);
}

export const partClass = (name) => `part-${name.replace(" ", "-")}`;

/** A bar as wide as its box; the texts next to it have the figures. */
export function stackedBar(run) {
	const shown = parts(run);
	const total = shown.reduce((sum, [, n]) => sum + n, 0);
	// Two rejected postings of 5,000 stay visible.
	const least = 2;
	let x = 0;
	const rectangles = shown.map(([name, n]) => {
		const width = least + (n / total) * (100 - least * shown.length);
		x += width;
		return svg(
			"rect",
			{ class: partClass(name), x: x - width, width, height: 10 },
			svg("title", null, `${number(n)} ${name}`),
		);
	});
	return svg(
		"svg",
		{ class: "stacked", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
		rectangles,
	);
}

export const SPARK_RUNS = 30;

/** A column for each of the last runs, oldest first: its height is what was received, coloured by what happened. */
export function sparkline(newest) {
	const runs = newest.slice(0, SPARK_RUNS);
	const [height, step] = [24, 5];
	const most = Math.max(1, ...runs.map((run) => run.received));
	const columns = runs.map((run, age) => {
		const tall = Math.max(2, (run.received / most) * height);
		const changed = run.received && (Math.max(0, run.inserted + run.updated) / run.received) * tall;
		const x = (SPARK_RUNS - 1 - age) * step;
		const column = (name, from, to) =>
			svg("rect", { class: name, x, y: height - to, width: step - 1, height: to - from });
		const summary = `${exact(run.started_at)}: ${[["received", run.received], ...parts(run)].map(([name, n]) => `${number(n)} ${name}`).join(", ")}`;
		return svg(
			"g",
			null,
			svg("title", null, summary),
			// All of the column's height reacts to the pointer.
			svg("rect", { x, y: 0, width: step, height, fill: "transparent" }),
			run.status >= 400
				? column("part-rejected", 0, tall)
				: [
						column("part-unchanged", 0, tall),
						changed > 0 && column("part-updated", 0, Math.max(2, changed)),
						run.rejected > 0 &&
							column("part-rejected", tall - Math.max(3, (run.rejected / run.received) * tall), tall),
					],
		);
	});
	const refused = runs.filter((run) => run.status >= 400).length;
	const partial = runs.filter((run) => run.rejected > 0 && run.status < 400).length;
	const label = `Last ${counted(runs.length, "run")}: ${refused} refused, ${partial} with rejected postings`;
	return svg(
		"svg",
		{ class: "spark", viewBox: `0 0 ${SPARK_RUNS * step} ${height}`, role: "img", "aria-label": label },
		svg("rect", { class: "base", y: height - 1, width: SPARK_RUNS * step, height: 1 }),
		columns,
	);
}
