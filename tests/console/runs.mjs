import assert from "node:assert/strict";
import { doesNotShift, inBrowser, ingest, looksGood, open, postings, settled } from "./browser.mjs";

await inBrowser(async (page) => {
	await ingest("source=acme", postings(30));
	await ingest("source=acme&on_error=skip", [...postings(12), ...postings(4, "new"), { title: "without an id" }]);
	await ingest("source=globex", [{ title: "without an id" }]);
	await ingest("source=globex&snapshot=complete", postings(40));
	await ingest("source=globex&snapshot=complete", postings(3));
	await ingest(
		"",
		[...postings(2), ...postings(2)].map((posting, i) => ({ ...posting, source: i < 2 ? "acme" : "globex" })),
	);

	await open(page, "runs");
	const rows = page.locator("tbody");
	assert.deepEqual(await rows.locator(".badge").allInnerTexts(), [
		"200 stored",
		"207 closing withheld",
		"200 stored",
		"422 refused",
		"207 partly",
		"200 stored",
	]);
	assert.match(await rows.nth(0).innerText(), /several or none/);
	assert.match(await rows.nth(4).innerText(), /4 inserted\s*12 unchanged\s*1 rejected/);
	assert.equal(await rows.nth(4).locator("svg rect").count(), 3);
	assert.match(
		await rows.nth(5).getByRole("link").first().locator("time").getAttribute("title"),
		/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
	);
	await doesNotShift(page);
	await looksGood(page, "runs");
	await page.setViewportSize({ width: 1440, height: 900 });

	await page.getByLabel("Status").selectOption("422");
	await page.getByText("1 run, no more").waitFor();
	assert.match(await rows.innerText(), /globex/);
	await page.getByRole("searchbox", { name: "Source" }).fill("acme");
	await page.getByRole("searchbox", { name: "Source" }).press("Enter");
	await page.getByRole("heading", { name: "No such run" }).waitFor();
	assert.match(page.url(), /#\/runs\?source=acme&status=422$/);
	await page.reload();
	await page.getByRole("heading", { name: "No such run" }).waitFor();
	await page.getByRole("link", { name: "Show all runs" }).click();
	await page.getByText("6 runs, no more").waitFor();

	// 306 runs: 50 a page, and never more than 200 at once.
	for (let i = 0; i < 30; i++) {
		await Promise.all(Array.from({ length: 10 }, () => ingest("source=acme", postings(1))));
	}
	await page.getByRole("button", { name: "Refresh" }).click();
	await page.getByText("50 runs", { exact: true }).waitFor();
	const newest = await rows.first().getByRole("link").first().getAttribute("href");
	for (const shown of [
		"100 runs",
		"150 runs",
		"200 runs",
		"51 to 250 runs",
		"101 to 300 runs",
		"151 to 306 runs, no more",
	]) {
		await page.getByRole("button", { name: "Load more" }).click();
		await page.getByText(shown, { exact: true }).waitFor();
		assert.ok((await rows.count()) <= 200);
	}
	// The button is gone, and the focus is on the first run that it loaded.
	assert.equal(await page.evaluate(() => document.activeElement.tagName), "A");
	await page.getByRole("button", { name: "Back to the first page" }).click();
	await settled(page);
	assert.equal(await rows.first().getByRole("link").first().getAttribute("href"), newest);

	// The runs of globex are not among the newest, and are loaded on their own.
	await open(page, "sources");
	await page.getByRole("img", { name: "Last 3 runs: 1 refused, 0 with rejected postings" }).waitFor();
});
