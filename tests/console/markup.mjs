// Markup in every field that a client may choose, on every page.

import assert from "node:assert/strict";
import { inBrowser, ingest, open, postings, send, settled } from "./browser.mjs";

const MARKUP = `"><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>`;
const LINK = "javascript:alert(4)";

await inBrowser(async (page) => {
	const { components } = await send("GET", "/openapi.json");
	const names = Object.keys(components.schemas.Posting.properties ?? {});
	assert.ok(names.length > 20, "the fields of a posting");
	const posting = Object.fromEntries(names.map((name) => [name, MARKUP]));
	const valid = { externalId: MARKUP, title: MARKUP, location: MARKUP, description: MARKUP, salary: MARKUP };
	const source = encodeURIComponent(MARKUP);
	const rejected = [
		{ ...posting, source: MARKUP, url: LINK, applyUrl: LINK },
		...names.map((name) => ({
			externalId: `${MARKUP}${name}`,
			[name]: name.endsWith("rl") ? LINK : { [MARKUP]: MARKUP },
		})),
		{ externalId: MARKUP, [MARKUP]: MARKUP },
	];
	const list = [valid, ...postings(30)];
	await ingest(`source=${source}&snapshot=complete`, list);
	const { closing } = await ingest(`source=${source}&snapshot=complete`, postings(2));
	assert.equal(closing.withheld.code, "shrunk");
	const { run_id: id, rejected: n } = await ingest(`source=${source}&on_error=skip&unknown=error`, rejected);
	assert.ok(n > 20, `${n} postings are rejected`);

	const isText = async (where) => {
		const elements = await page.evaluate(
			() =>
				document.querySelectorAll(
					"main script, main img, main [onload], main [onerror], a[href^='javascript' i]",
				).length,
		);
		assert.equal(elements, 0, where);
	};
	await open(page, "sources");
	await page.getByRole("button", { name: "Show what would close" }).click();
	await page.getByRole("list", { name: "Missing postings" }).waitFor();
	assert.ok((await page.locator("tbody").innerText()).includes(MARKUP));
	await isText("sources");

	await page.getByRole("link", { name: MARKUP, exact: true }).first().click();
	await settled(page);
	assert.equal(await page.getByRole("searchbox", { name: "Source" }).inputValue(), MARKUP);
	assert.equal(await page.locator("tbody").count(), 3);
	await isText("runs");

	await open(page, `runs/${id}`);
	for (const details of await page.locator("details").all()) {
		await details.locator("summary").click();
	}
	assert.ok((await page.locator("main").innerText()).includes(MARKUP));
	await isText("run");

	await open(page, `try?source=${source}`);
	await page.getByLabel("Postings").fill(JSON.stringify(rejected));
	await page.getByRole("button", { name: "Check" }).click();
	await page.getByRole("heading", { name: "would be rejected" }).waitFor();
	await isText("try");

	await open(page, `runs/${source}`);
	await page.getByRole("heading", { name: "Not found" }).waitFor();
	await isText("a run's id");
	await page.goto(`${page.url().split("#")[0]}#/${source}?${source}`);
	await page.getByRole("heading", { name: "No such page" }).waitFor();
	await isText("a route");
});
