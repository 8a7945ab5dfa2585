// What is shown instead of data: nothing yet, loading, no rights, an unknown token, no connection, a fault.

import assert from "node:assert/strict";
import {
	doesNotShift,
	inBrowser,
	ingest,
	looksGood,
	open,
	postings,
	reader,
	settled,
	url,
	writer,
} from "./browser.mjs";

await inBrowser(async (page, context) => {
	await page.goto(url);
	const input = page.getByLabel("Token", { exact: true });
	await input.fill("token-that-nobody-has-0f1e2d");
	await page.getByRole("button", { name: "Open" }).click();
	await page.getByRole("alert").filter({ hasText: "The Worker does not know this token." }).waitFor();
	assert.equal(await page.evaluate(() => sessionStorage.length), 0, "an unknown token is not kept");
	await looksGood(page, "token-unknown");

	await open(page, "sources", reader);
	await page.getByRole("heading", { name: "No postings yet" }).waitFor();
	await looksGood(page, "empty");
	await open(page, "runs");
	await page.getByRole("heading", { name: "No runs yet" }).waitFor();

	// Loading.
	await ingest("source=acme", postings(3));
	let release;
	const held = new Promise((resolve) => (release = resolve));
	await page.route("**/sources?**", async (route) => {
		await held;
		await route.continue();
	});
	await page.goto(`${url}/#/sources`);
	await page.locator(".skeleton").waitFor();
	assert.equal(await page.locator("table").getAttribute("aria-busy"), "true");
	release();
	await settled(page);
	await page.unroute("**/sources?**");
	assert.equal(await page.locator("tbody").count(), 1);

	// A token that may only read, and one that may only write.
	await open(page, "try");
	await page.getByLabel("Postings").fill('[{"externalId":"a"}]');
	await page.getByRole("button", { name: "Check" }).click();
	await page.getByRole("heading", { name: "This token may not do that" }).waitFor();
	await page.getByRole("button", { name: "Forget token" }).click();
	await input.waitFor();
	assert.equal(await page.evaluate(() => sessionStorage.length), 0);
	await open(page, "runs", writer);
	await page.getByRole("heading", { name: "This token may not do that" }).waitFor();
	await looksGood(page, "no-rights");
	await open(page, "try");
	await page.getByLabel("Postings").fill('[{"externalId":"a"}]');
	await page.getByRole("button", { name: "Check" }).click();
	await page.getByRole("heading", { name: "All postings are valid" }).waitFor();

	// Offline, and online again without a click.
	await page.getByRole("button", { name: "Forget token" }).click();
	await open(page, "runs");
	await context.setOffline(true);
	await page.getByRole("button", { name: "Refresh" }).click();
	await page.getByRole("heading", { name: "The Worker cannot be reached" }).waitFor();
	await looksGood(page, "offline");
	await context.setOffline(false);
	await page.getByText("1 run, no more").waitFor();

	// A fault of the Worker names the request.
	const problem = { detail: "the database is overloaded", code: "database_unavailable", request_id: "0f1e" };
	await page.route("**/runs?**", (route) =>
		route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) }),
	);
	await page.getByRole("button", { name: "Refresh" }).click();
	await page.getByText("database_unavailable, request 0f1e").waitFor();
	await page.unroute("**/runs?**");
	await page.getByRole("button", { name: "Try again" }).click();
	await page.getByText("1 run, no more").waitFor();

	// A token that is revoked while the page is open.
	await page.evaluate(() => sessionStorage.setItem("jobs-ingest-token", "token-that-nobody-has-0f1e2d"));
	await page.getByRole("button", { name: "Refresh" }).click();
	await page.getByText("The Worker does not know this token.").waitFor();
	await doesNotShift(page);
});
