import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { doesNotShift, inBrowser, ingest, looksGood, open, postings } from "./browser.mjs";

await inBrowser(async (page) => {
	await ingest("source=stored&snapshot=complete", postings(12));
	await open(page, "try");
	await doesNotShift(page);
	await page.getByRole("button", { name: "Insert an example" }).click();
	await page.getByRole("button", { name: "Check" }).click();
	await page.getByRole("heading", { name: "1 posting of 3 would be rejected" }).waitFor();
	const result = page.locator("#result");
	assert.match(await result.innerText(), /items\[1\] gh-2\s+(salaryMin|url) is/);
	assert.match(await result.innerText(), /job_title in 1 posting, did you mean title\?/);
	await looksGood(page, "try");

	// A complete list names what it would close.
	const list = [...postings(10), { externalId: "new", title: "New" }];
	list[0].title = "Changed";
	await page.getByLabel("Postings").fill(JSON.stringify(list));
	await page.getByLabel("This is the complete list of the source").check();
	await page.getByRole("button", { name: "Check" }).click();
	assert.equal(
		await page.getByRole("textbox", { name: "Source" }).evaluate((input) => input.validationMessage),
		"A complete list needs its source",
	);
	await page.getByRole("textbox", { name: "Source" }).fill("stored");
	await page.getByRole("button", { name: "Check" }).click();
	await page.getByRole("heading", { name: "All postings are valid" }).waitFor();
	const figures = await result.locator(".figures div").allInnerTexts();
	assert.deepEqual(
		figures.map((figure) => figure.replace("\n", " ")),
		["Inserted 1", "Updated 1", "Unchanged 9", "Duplicates 0", "Rejected 0", "Closed 2", "Reopened 0", "Missing 0"],
	);
	assert.deepEqual(
		await result.getByRole("list", { name: "Ids of postings that would be closed" }).locator("li").allInnerTexts(),
		["id-10", "id-11"],
	);

	// A file, as it is: gzip of lines.
	const lines = postings(3, "file")
		.map((posting) => JSON.stringify(posting))
		.join("\n");
	await page.getByLabel("This is the complete list of the source").uncheck();
	await page
		.getByLabel("File")
		.setInputFiles({ name: "feed.ndjson.gz", mimeType: "application/gzip", buffer: gzipSync(lines) });
	await page.getByText("feed.ndjson.gz").waitFor();
	await page.getByRole("button", { name: "Check" }).click();
	await page.locator("#result .part-inserted dd", { hasText: "3" }).waitFor();
	await page.getByRole("button", { name: "Remove" }).click();

	// A dropped file is a file, too.
	await page.locator("form.try").evaluate((form) => {
		const transfer = new DataTransfer();
		transfer.items.add(new File(['{"externalId":"dropped"}\n{"externalId":'], "feed.jsonl"));
		form.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
	});
	await page.getByText("feed.jsonl").waitFor();
	await page.getByRole("button", { name: "Check" }).click();
	await page.getByText("items[1], line 2").waitFor();
	await page.getByRole("button", { name: "Remove" }).click();

	for (const [text, message] of [
		["[]", /items\[\] is required|no items|empty/i],
		['[{"externalId": NaN}]', /NaN is not JSON/],
	]) {
		await page.getByLabel("Postings").fill(text);
		await page.getByRole("button", { name: "Check" }).click();
		await page.getByRole("heading", { name: "The request was refused" }).waitFor();
		assert.match(await result.innerText(), message);
		await page.getByLabel("Postings").fill('[{"externalId":"a"}]');
		await page.getByRole("button", { name: "Check" }).click();
		await page.getByRole("heading", { name: "All postings are valid" }).waitFor();
	}
});
