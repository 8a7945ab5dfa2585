// The console without a pointer.

import assert from "node:assert/strict";
import { inBrowser, ingest, looksGood, postings, settled, token, url } from "./browser.mjs";

await inBrowser(async (page) => {
	await ingest("source=acme&snapshot=complete", postings(40));
	await ingest("source=acme&snapshot=complete", postings(3));
	await ingest("source=acme&on_error=skip", [{ externalId: "bad", url: "x" }]);

	const focused = () =>
		page.evaluate(() => {
			const element = document.activeElement;
			const style = getComputedStyle(element);
			return {
				name:
					element.labels?.[0]?.textContent.trim() ||
					element.ariaLabel ||
					element.textContent.trim() ||
					element.tagName,
				outline: style.outlineStyle,
			};
		});
	/** Tabs until an element has the focus, each with a visible outline. */
	const tabTo = async (name) => {
		for (let presses = 0; presses < 40; presses++) {
			await page.keyboard.press("Tab");
			const now = await focused();
			assert.notEqual(now.outline, "none", `${now.name} shows no focus`);
			if (name.test(now.name)) {
				return;
			}
		}
		assert.fail(`Tab does not reach ${name}`);
	};

	await page.goto(url);
	await page.getByLabel("Token", { exact: true }).waitFor();
	await looksGood(page, "token");
	// The token's input has the focus.
	await page.keyboard.type(token);
	await page.keyboard.press("Enter");
	await settled(page);

	// Skip the header.
	await page.evaluate(() => document.activeElement.blur());
	await page.goto(`${url}/#/sources`);
	await page.reload();
	await settled(page);
	await tabTo(/^Skip to the content$/);
	await page.keyboard.press("Enter");
	await tabTo(/Only what needs attention/);
	await tabTo(/^acme$/);
	await tabTo(/^Show what would close$/);
	await page.keyboard.press("Enter");
	await page.getByRole("list", { name: "Missing postings" }).waitFor();
	// The list scrolls with the arrow keys.
	await tabTo(/^Missing postings$/);

	await page.keyboard.press("Shift+Tab");
	await page.keyboard.press("Enter");
	assert.equal(await page.getByRole("list", { name: "Missing postings" }).isVisible(), false);

	await page.getByRole("link", { name: "Runs", exact: true }).focus();
	await page.keyboard.press("Enter");
	await settled(page);
	assert.equal((await focused()).name, "Runs", "the heading of the new page has the focus");
	await tabTo(/^Source/);
	await tabTo(/^Status/);
	await tabTo(/^Refresh$/);
	await tabTo(/^(just now|\d min ago)$/);
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "Rejected postings" }).waitFor();
	await settled(page);
	await tabTo(/^Copy as JSON$/);
	await tabTo(/^Download NDJSON$/);
	await tabTo(/^url: invalid_value/);
	await page.keyboard.press("Space");
	assert.equal(await page.locator(".chip").getAttribute("aria-pressed"), "true");
	await tabTo(/^As sent$/);
	await page.keyboard.press("Enter");
	await tabTo(/"externalId": "bad"/);

	await page.getByRole("link", { name: "Try", exact: true }).focus();
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "Try" }).waitFor();
	await tabTo(/^Insert an example$/);
	await page.keyboard.press("Enter");
	await page.keyboard.press("Tab");
	await tabTo(/^Check$/);
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "1 posting of 3 would be rejected" }).waitFor();
	assert.equal(await page.getByRole("status").innerText(), "3 postings checked, 1 rejected");
});
