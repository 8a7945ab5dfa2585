// The console's frame: which page is shown, the token, and the health of the Worker.

import { Failure, call, token } from "./api.js";
import { announce, aside, code, h } from "./dom.js";
import { runPage } from "./run.js";
import { runsPage } from "./runs.js";
import { sourcesPage } from "./sources.js";
import { tryPage } from "./try.js";
import { notice, sentence, showFailure } from "./view.js";

const main = document.getElementById("content");
const forget = document.getElementById("forget");
const UNKNOWN = "The Worker does not know this token.";
let leave = new AbortController();

/** Shows the page of the address: `#/runs?source=acme`. */
async function show({ moveFocus = true } = {}) {
	leave.abort();
	leave = new AbortController();
	const { signal } = leave;
	const [route, query] = location.hash.replace(/^#\/?/, "").split("?");
	const [name, id] = route.split("/");
	const page = new Map([
		["", sourcesPage],
		["sources", sourcesPage],
		["runs", id ? runPage : runsPage],
		["try", tryPage],
	]).get(name);
	for (const link of document.querySelectorAll("header nav a")) {
		link.ariaCurrent = link.hash === `#/${name || "sources"}` ? "page" : null;
	}
	forget.hidden = token.get() === null;
	main.replaceChildren();
	if (token.get() === null) {
		askForToken();
		return;
	}
	const content = h("div", { class: "page" });
	main.append(content);
	content.ariaBusy = "true";
	try {
		if (page) {
			const shown = page(content, id ?? new URLSearchParams(query), signal);
			const heading = content.querySelector("h1");
			if (moveFocus) {
				heading.focus();
			}
			document.title = `${heading.textContent} · jobs-ingest`;
			await shown;
			document.title = `${heading.textContent} · jobs-ingest`;
		} else {
			content.append(notice("No such page", h("a", { href: "#/sources" }, "Sources")));
		}
	} catch (failure) {
		const state = h("div");
		content.append(state);
		showFailure(state, failure, show, signal);
	} finally {
		content.ariaBusy = "false";
	}
}

function askForToken(message) {
	document.title = "Token · jobs-ingest";
	const input = h("input", {
		id: "token",
		type: "password",
		required: true,
		autocomplete: "off",
		spellcheck: "false",
		"aria-describedby": "token-help token-error",
	});
	const error = h("p", { id: "token-error", class: "error", role: "alert" }, message);
	const button = h("button", { class: "primary" }, "Open");
	const submit = async (event) => {
		event.preventDefault();
		button.disabled = true;
		error.textContent = "";
		token.set(input.value.trim());
		try {
			if (!/^[\x21-\x7e]+$/.test(token.get())) {
				throw new Failure("token");
			}
			await call("/runs?limit=1");
			await show();
		} catch (failure) {
			if (failure.kind === "rights") {
				// A token that may only write; each page says what it needs.
				await show();
				return;
			}
			token.forget();
			const texts = { offline: "The Worker cannot be reached.", token: UNKNOWN };
			error.textContent = texts[failure.kind] ?? sentence(failure.message);
			input.focus();
		} finally {
			button.disabled = false;
		}
	};
	main.replaceChildren(
		h(
			"form",
			{ class: "token", onsubmit: submit },
			h("h1", null, "What came in, what was refused, what is about to close"),
			h("label", { for: "token" }, "Token"),
			h("div", { class: "row" }, input, button),
			error,
			h(
				"p",
				{ id: "token-help", class: "muted" },
				"A read-only token is enough for all but Try. It shows the sources that it may read and the runs of its name, is kept until this tab is closed, and is sent to this address only.",
			),
			aside("On your machine, ", code("cargo xtask dev"), " prints it."),
		),
	);
	input.focus();
}

async function checkHealth() {
	const health = document.getElementById("health");
	const put = (state, text, detail) => {
		health.dataset.state = state;
		health.title = detail;
		health.lastElementChild.textContent = text;
	};
	try {
		const { status, schema } = await call("/health");
		put("good", status, `Schema ${schema}`);
	} catch (failure) {
		put("bad", failure.problem?.code ?? "offline", failure.message);
	}
}

document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault();
	main.focus();
});
forget.addEventListener("click", () => {
	token.forget();
	show();
	announce("The token is forgotten");
});
document.addEventListener("token-refused", () => {
	leave.abort();
	token.forget();
	forget.hidden = true;
	askForToken(UNKNOWN);
});
addEventListener("hashchange", () => show());
for (const event of ["online", "offline"]) {
	addEventListener(event, checkHealth);
}
setInterval(() => document.visibilityState === "visible" && checkHealth(), 60_000);
checkHealth();
show({ moveFocus: false });
