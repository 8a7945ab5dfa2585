import assert from "node:assert/strict";
import { doesNotShift, inBrowser, ingest, looksGood, open, postings, settled } from "./browser.mjs";

await inBrowser(async (page) => {
	const list = (source, query, items) => ingest(`source=${source}&snapshot=complete${query}`, items);
	// 40 runs of one source; the last 30 are plotted.
	for (let i = 0; i < 40; i++) {
		await list("acme", "", postings(20 + (i % 7)));
	}
	await ingest("source=acme&on_error=skip", [...postings(3, "more"), { externalId: null }]);
	await ingest("source=events", postings(5));
	await ingest("source=events", [{ title: "without an id" }]);
	await list("globex", "", postings(60));
	const { closing } = await list("globex", "", postings(20));
	assert.equal(closing.withheld.code, "shrunk");
	await list("initech", "", postings(12));
	await list("initech", "", []);

	await open(page, "sources");
	const rows = page.locator("tbody");
	assert.deepEqual(await rows.locator(".name").allInnerTexts(), ["acme", "events", "globex", "initech"]);
	assert.deepEqual(await rows.locator(".badge").allInnerTexts(), ["healthy", "refused", "withheld", "withheld"]);
	const globex = rows.filter({ hasText: "globex" });
	assert.match(await globex.innerText(), /60\s+0\s+(just now|\d min ago) · 20 listed/);
	assert.match(await globex.innerText(), /Closing was withheld \(shrunk\): 40 of 60 open postings are missing/);
	const spark = rows.filter({ hasText: "acme" }).locator("svg");
	assert.equal(await spark.locator("g").count(), 30);
	assert.equal(await spark.getAttribute("aria-label"), "Last 30 runs: 0 refused, 1 with rejected postings");
	await page.getByText("3 of 4 need attention").waitFor();
	await doesNotShift(page);

	await globex.getByRole("button", { name: "Show what would close" }).click();
	const closings = page.getByRole("list", { name: "Missing postings" });
	await closings.waitFor();
	assert.equal(await closings.locator("li").count(), 40);
	assert.match(await closings.locator("li").first().innerText(), /^id-20 Engineer 20 · (just now|\d min ago)$/);
	assert.match(
		await globex.innerText(),
		/A complete list fetched in 5\d min \(.* UTC\) or later closes those of the 40 missing postings/,
	);
	const initech = rows.filter({ hasText: "initech" });
	await initech.getByRole("button", { name: "Show what would close" }).click();
	await initech.getByText("No posting is marked missing").waitFor();
	await looksGood(page, "sources");

	await page.getByLabel("Only what needs attention").check();
	await settled(page);
	assert.deepEqual(await rows.locator(".name").allInnerTexts(), ["events", "globex", "initech"]);

	// By the thousand: 50 a page.
	const many = Array.from({ length: 120 }, (_, i) => ({
		externalId: "a",
		source: `many-${String(i).padStart(3, "0")}`,
	}));
	await ingest("", many);
	await open(page, "sources");
	await page.getByRole("button", { name: "Refresh" }).click();
	await settled(page);
	assert.equal(await rows.count(), 50);
	await page.getByRole("button", { name: "Load more" }).click();
	await page.getByText("100 sources", { exact: true }).waitFor();
	await page.getByRole("button", { name: "Load more" }).click();
	await page.getByText("124 sources, no more").waitFor();

	await page.getByRole("link", { name: "acme", exact: true }).click();
	await settled(page);
	assert.equal(await page.getByRole("searchbox", { name: "Source" }).inputValue(), "acme");
});
