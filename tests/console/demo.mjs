// The demo feed as it might be after some days; its screenshot of the sources is the picture of the README.

import { readFileSync } from "node:fs";
import { inBrowser, ingest, looksGood, open } from "./browser.mjs";

const HOUR_MS = 3_600_000;
const feed = readFileSync(new URL("../../demo/postings.ndjson", import.meta.url), "utf8")
	.trim()
	.split("\n");
const lists = Map.groupBy(
	feed.map((line) => JSON.parse(line)),
	({ source }) => source,
);

/** Sends a list so many times, each with some postings less and some changed. */
async function history(source, n, { every = 9, hoursAgo = 1 } = {}) {
	const list = lists.get(source);
	for (let i = 0; i < n; i++) {
		const changed = list
			.slice(0, list.length - ((n - i) % 5))
			.map((posting, at) =>
				(at + i) % (every + (i % 4)) === 0
					? { ...posting, title: `${posting.title} (${i})`.slice(0, 255) }
					: posting,
			);
		const observed = new Date(Date.now() - (n - i - 1) * HOUR_MS - hoursAgo * HOUR_MS).toISOString();
		await ingest(`source=${source}&snapshot=complete&observed_at=${observed}`, changed);
	}
}

await inBrowser(async (page) => {
	const sources = [...lists.keys()].sort().slice(0, 8);
	const [auental, brightmoor, fernhollow, haldrin, northsea, northlake, ostvind, pinfeather] = sources;
	await history(auental, 30);
	await history(brightmoor, 26, { every: 6 });
	await ingest(
		`source=${brightmoor}&on_error=skip`,
		lists
			.get(brightmoor)
			.slice(0, 20)
			.map((posting, i) => (i % 4 ? posting : { ...posting, url: "/jobs/7" })),
	);
	await history(fernhollow, 3, { hoursAgo: 75 });
	await history(haldrin, 18, { hoursAgo: 2 });
	await ingest(`source=${northsea}`, lists.get(northsea));
	await history(northlake, 30, { every: 3 });
	await history(ostvind, 12);
	await ingest(`source=${ostvind}&snapshot=complete`, lists.get(ostvind).slice(0, 24));
	await history(pinfeather, 30, { every: 20 });
	await ingest(`source=${pinfeather}`, [{ title: "without an id" }, ...lists.get(pinfeather)]);

	await open(page, "sources");
	await looksGood(page, "demo-sources");
	await open(page, "runs");
	await looksGood(page, "demo-runs");
});
