// The console in a real browser, for the scripts of this folder. main.rs starts a Worker for each of them.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** The Worker's address, its tokens, the browser, and the folder for screenshots. */
export const { url, token, reader, writer, executablePath, screenshots } = JSON.parse(process.env.CONSOLE_TEST);

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = [360, 1440];
const THEMES = ["light", "dark"];

const browser = await chromium.launch({
	executablePath,
	// Of a container, where the tests run as root and without a network.
	args: [
		"--no-sandbox",
		"--disable-gpu",
		"--disable-quic",
		"--no-first-run",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
	],
});

/** Runs a script in a new window; whatever the window reports fails it. */
export async function inBrowser(script) {
	const context = await browser.newContext({
		viewport: { width: 1440, height: 900 },
		reducedMotion: "reduce",
		acceptDownloads: true,
		permissions: ["clipboard-read", "clipboard-write"],
	});
	const page = await context.newPage();
	page.setDefaultTimeout(60_000);
	const faults = [];
	page.on("dialog", (dialog) => {
		faults.push(`dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	page.on("pageerror", (error) => faults.push(error.stack));
	page.on("console", (message) => {
		// A status that is not a success, and a connection that fails, are reported like an error of the page.
		if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
			faults.push(message.text());
		}
	});
	page.on("request", (request) => {
		const { origin, protocol } = new URL(request.url());
		if (origin !== new URL(url).origin && protocol !== "blob:") {
			faults.push(`request to ${request.url()}`);
		}
	});
	await page.addInitScript(() => {
		globalThis.layoutShift = 0;
		new PerformanceObserver((list) => {
			for (const shift of list.getEntries()) {
				globalThis.layoutShift += shift.hadRecentInput ? 0 : shift.value;
			}
		}).observe({ type: "layout-shift", buffered: true });
	});
	try {
		await script(page, context);
		assert.deepEqual(faults, []);
	} catch (error) {
		await page.screenshot({ path: file("failure"), fullPage: true }).catch(() => {});
		console.error(await page.locator("body").innerText().catch(String));
		console.error(faults);
		throw error;
	} finally {
		await browser.close();
	}
}

/** A request to the Worker as a client sends it; the answer has its status. */
export async function send(method, path, body, { as = token, type = "application/json" } = {}) {
	const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
	const response = await fetch(url + path, {
		method,
		body: text,
		headers: { Authorization: `Bearer ${as}`, "Content-Type": type },
	});
	return { ...(await response.json()), status: response.status };
}

export const ingest = (query, postings, options) => send("POST", `/jobs/ingest?${query}`, postings, options);

/** So many postings with ids from `PREFIX-0` on. */
export const postings = (n, prefix = "id") =>
	Array.from({ length: n }, (_, i) => ({ externalId: `${prefix}-${i}`, title: `Engineer ${i}`, location: "Berlin" }));

/** Opens a page of the console, entering the token if it asks for it. */
export async function open(page, route, as = token) {
	await page.goto(`${url}/#/${route}`);
	await page.getByRole("textbox", { name: "Token" }).or(page.locator(".page")).first().waitFor();
	if (await page.getByLabel("Token", { exact: true }).isVisible()) {
		await page.getByLabel("Token", { exact: true }).fill(as);
		await page.getByRole("button", { name: "Open" }).click();
	}
	await settled(page);
}

/** Waits until nothing is loading. */
export async function settled(page) {
	await page.locator(".page").waitFor();
	await page.waitForFunction(() => !document.querySelector(".skeleton, [aria-busy=true]"));
}

/** axe finds nothing, nothing is wider than the window, and there are screenshots: in both themes and widths. */
export async function looksGood(page, name) {
	for (const width of WIDTHS) {
		await page.setViewportSize({ width, height: 900 });
		for (const colorScheme of THEMES) {
			await page.emulateMedia({ colorScheme });
			await page.screenshot({ path: file(`${name}-${width}-${colorScheme}`), fullPage: true });
			await isAccessible(page, `${name}, ${width} px, ${colorScheme}`);
		}
		const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		assert.ok(overflow <= 0, `${name} is ${overflow} px wider than ${width} px`);
	}
	await page.emulateMedia({ colorScheme: "light" });
}

async function isAccessible(page, where) {
	// As a text: axe is then no script of the page, which its policy would refuse.
	await page.evaluate(`globalThis.axe ?? (() => { ${axe} })()`);
	const { violations } = await page.evaluate(() => globalThis.axe.run());
	const found = violations.map(
		({ id, help, nodes }) =>
			`${id}: ${help}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`,
	);
	assert.deepEqual(found, [], where);
}

/** The sum of all shifts that no input caused. */
export async function doesNotShift(page) {
	const shift = await page.evaluate(() => globalThis.layoutShift);
	assert.ok(shift < 0.01, `the layout shifted by ${shift}`);
}

function file(name) {
	mkdirSync(screenshots, { recursive: true });
	return join(screenshots, `${name}.png`);
}
