import assert from "node:assert/strict";
import { inBrowser, looksGood, open, settled } from "./browser.mjs";

await inBrowser(async (page) => {
	await page.clock.install();
	await open(page, "runs");
	// The limiter counts by the minute of the clock, which may end in between.
	const limited = page.getByRole("heading", { name: "Too many requests" });
	for (let requests = 0; requests < 20 && !(await limited.isVisible()); requests++) {
		await page.getByRole("button", { name: "Refresh" }).click();
		await page.waitForTimeout(100);
	}
	await limited.waitFor();
	assert.match(await page.locator(".notice").innerText(), /This page tries again in \d+ s\./);
	await looksGood(page, "limited");
	// The limit is over for the page's clock; the answer is one that the limiter lets through.
	await page.route("**/runs?**", (route) => route.fulfill({ json: { runs: [], next_cursor: null } }));
	await page.clock.runFor(61_000);
	await page.getByRole("heading", { name: "No runs yet" }).waitFor();
	await settled(page);
});
