import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { doesNotShift, inBrowser, ingest, looksGood, open, postings, send } from "./browser.mjs";

await inBrowser(async (page) => {
	// An id that JavaScript would round, and a line that is not JSON.
	const lines = [
		'{"externalId":9007199254740993123,"title":"A","url":"/jobs/7","salaryMin":"60k"}',
		'{"externalId":"b","title":"B","url":"ftp://example.com/"}',
		'{"externalId":"c","title":',
		...postings(20).map((posting) => JSON.stringify(posting)),
	];
	const { run_id: id } = await ingest("source=acme&on_error=skip", `${lines.join("\n")}\n`, {
		type: "application/x-ndjson",
	});
	await open(page, `runs/${id}`);
	assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Run of acme 207 partly");
	const figures = await page.locator(".figures div").allInnerTexts();
	assert.deepEqual(
		figures.slice(0, 8).map((figure) => figure.replace("\n", " ")),
		[
			"Received 23",
			"Inserted 20",
			"Updated 0",
			"Unchanged 0",
			"Duplicates 0",
			"Rejected 3",
			"Closed 0",
			"Reopened 0",
		],
	);
	const rows = page.locator("tbody");
	assert.equal(await rows.count(), 3);
	assert.match(
		await rows.first().innerText(),
		/items\[0\]\s+9007199254740993123\s+url is "\/jobs\/7", expected an absolute/,
	);
	await rows.first().getByText("As sent").click();
	assert.match(await rows.first().locator("pre").innerText(), /"externalId": 9007199254740993123,\n/);
	await doesNotShift(page);
	await looksGood(page, "run");

	await page.getByRole("button", { name: "url: invalid_value 2" }).click();
	await page.getByText("2 rejected postings, no more").waitFor();
	await page.getByRole("button", { name: "url: invalid_value 2" }).click();
	await page.getByText("3 rejected postings, no more").waitFor();

	const downloads = page.waitForEvent("download");
	await page.getByRole("button", { name: "Download NDJSON" }).click();
	const download = await downloads;
	assert.equal(download.suggestedFilename(), `rejected-${id}.ndjson`);
	const text = readFileSync(await download.path(), "utf8");
	assert.equal(text, `${lines.slice(0, 3).join("\n")}\n`);
	// Fixed, it is a body.
	const fixed = text
		.replace("/jobs/7", "https://example.com/7")
		.replace('"60k"', "60000")
		.replace("ftp:", "https:")
		.replace('"title":\n', '"title":"C"}\n');
	const again = await ingest("source=acme", fixed, { type: "application/x-ndjson" });
	assert.equal(again.inserted, 3);

	await page.getByRole("button", { name: "Copy as JSON" }).click();
	await page.getByText("Copied", { exact: true }).first().waitFor();
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	assert.match(copied, /^\{\n  "items": \[\n    \{\n      "externalId": 9007199254740993123,/);

	const refused = await ingest("source=acme", [{ title: "without an id" }, ...postings(2)]);
	await open(page, `runs/${refused.run_id}`);
	await page.getByRole("heading", { name: "Nothing was written" }).waitFor();
	assert.match(await page.locator(".notice").innerText(), /1 posting of 3 was invalid/);
	assert.match(await page.locator("tbody").innerText(), /items\[0\]\s+no id\s+externalId is missing/);
	assert.equal(await page.getByRole("button", { name: "Download NDJSON" }).count(), 0);
	await looksGood(page, "run-refused");

	await ingest("source=acme&snapshot=complete", postings(20));
	const withheld = await ingest("source=acme&snapshot=complete", postings(2));
	await open(page, `runs/${withheld.run_id}`);
	await page.getByText("Closing was withheld (shrunk)").waitFor();

	await open(page, "runs/01234567-89ab-7cde-8f01-23456789abcd");
	await page.getByRole("heading", { name: "Not found" }).waitFor();

	// All of a long list can be read, 50 at a time.
	const invalid = Array.from({ length: 120 }, (_, i) => ({ externalId: `bad-${i}`, url: "x" }));
	const long = await ingest("source=acme&on_error=skip", invalid);
	assert.equal((await send("GET", `/runs/${long.run_id}`)).rejected, 120);
	await open(page, `runs/${long.run_id}`);
	await page.getByText("50 rejected postings", { exact: true }).waitFor();
	await page.getByRole("button", { name: "Load more" }).click();
	await page.getByRole("button", { name: "Load more" }).click();
	await page.getByText("120 rejected postings, no more").waitFor();
});
