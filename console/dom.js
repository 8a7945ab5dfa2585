// Elements and formats. Everything that comes from the API becomes a text node or an attribute, never HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element. Attributes named `on…` are listeners; null, undefined and false leave an attribute or child out. */
export function h(name, attributes, ...children) {
	return fill(document.createElement(name), attributes, children);
}

/** The same for an element of SVG. */
export function svg(name, attributes, ...children) {
	return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
	const isSet = (value) => value !== null && value !== undefined && value !== false;
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (name.startsWith("on")) {
			element.addEventListener(name.slice(2), value);
		} else if (isSet(value)) {
			element.setAttribute(name, value === true ? "" : value);
		}
	}
	element.append(...children.flat().filter(isSet));
	return element;
}

export const para = (...children) => h("p", null, ...children);
export const aside = (...children) => h("p", { class: "muted" }, ...children);
export const muted = (...children) => h("span", { class: "muted" }, ...children);
export const strong = (text) => h("strong", null, text);
export const code = (...children) => h("code", null, ...children);
export const button = (text, onclick, attributes) => h("button", { type: "button", onclick, ...attributes }, text);

/** Tells screen readers what has changed. */
export function announce(text) {
	document.getElementById("announcement").textContent = text;
}

const numbers = new Intl.NumberFormat("en");

export const number = (n) => numbers.format(n);

/** `1 posting`, `2 postings`. */
export const counted = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;

export const percent = (share) => `${(share * 100).toFixed(share > 0.999 && share < 1 ? 2 : 1).replace(/\.0$/, "")} %`;

export function bytes(n) {
	const units = ["B", "KB", "MB"];
	const power = n < 1000 ? 0 : n < 1e6 ? 1 : 2;
	return `${(n / 1000 ** power).toFixed(power && n / 1000 ** power < 100 ? 1 : 0)} ${units[power]}`;
}

export const duration = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

/** `2026-11-26 15:31:59 UTC` */
export const exact = (iso) => `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** `3 min ago`, `in 42 min` */
export function relative(iso, now = Date.now()) {
	const seconds = (new Date(iso) - now) / 1000;
	const steps = [
		["day", 86_400, 2],
		["h", 3600, 1],
		["min", 60, 1],
	];
	const [unit, length] = steps.find(([, length, from]) => Math.abs(seconds) >= length * from) ?? [];
	if (!unit) {
		return seconds > 0 ? "within a minute" : "just now";
	}
	const n = Math.floor(Math.abs(seconds) / length);
	const text = unit === "day" ? counted(n, unit) : `${n} ${unit}`;
	return seconds > 0 ? `in ${text}` : `${text} ago`;
}

/** A relative time that stays true, with the exact one on hover. */
export const time = (iso) => h("time", { datetime: iso, title: exact(iso) }, relative(iso));

setInterval(() => {
	for (const element of document.querySelectorAll("time")) {
		element.textContent = relative(element.dateTime);
	}
}, 15_000);
