// The rules of a posting's fields.

import { DEFAULT_SOURCE, MAX_LISTED_FINDINGS, rowOf } from "jobs-ingest-bench-contract";

/** Errors: the first listed, the rest counted. */
export class Findings {
	/** Of NDJSON: the line of each item, and what is wrong with the first that does not parse. */
	lines = [];
	badLine = null;
	#errors = [];
	#omitted = 0;

	error(index, externalId, field, code, rest) {
		if (this.#errors.length === MAX_LISTED_FINDINGS) {
			this.#omitted += 1;
			return;
		}
		const name = field === null ? "" : `.${field}`;
		const message = `items[${index}]${name} ${rest}`;
		this.#errors.push({ index, line: this.lines[index], externalId, field, code, message });
	}

	listed() {
		return {
			errors: this.#errors,
			errors_omitted: this.#omitted,
			warnings: [],
			warnings_omitted: 0,
		};
	}
}

const kindOf = (value) =>
	value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;

/** Unicode scalar values; a text of so few UTF-16 units needs no counting. */
const isLonger = (text, limit) => text.length > limit && [...text].length > limit;

const encoder = new TextEncoder();
const isLongerInBytes = (text, limit) =>
	text.length * 3 > limit && encoder.encode(text).byteLength > limit;

function textProblem(text) {
	if (text.includes("\0")) return ["nul_character", "contains U+0000"];
	if (!text.isWellFormed()) return ["lone_surrogate", "contains half of a surrogate pair"];
	return null;
}

/** Thrown when an integer has more digits than a double holds: the text must be parsed once more. */
export class InexactNumber extends Error {}

/** The number's text, or undefined when it is beyond the largest. */
function numberText(value) {
	if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new InexactNumber();
	return Number.isFinite(value) ? String(value) : undefined;
}

const URL_FORM = /^https?:\/\/[\p{L}\p{N}[][^\s"\\<>\p{Cc}\ufffd]*$/iu;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;
const LANGUAGE = /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const FIRST_MILLISECONDS = 1e11;

/** A method for each kind of field: a value, its name, its default and its limit to what is stored. */
class Validator {
	constructor(index, findings) {
		this.index = index;
		this.findings = findings;
		this.externalId = null;
		this.isValid = true;
	}

	error(name, code, rest) {
		this.isValid = false;
		this.findings.error(this.index, this.externalId, name, code, rest);
	}

	wrongType(value, name, expected) {
		this.error(name, "wrong_type", `is ${kindOf(value)}, expected ${expected}`);
	}

	/** Null for the default one. */
	source(value, name, fallback, limit) {
		const source = this.#checkedText(value ?? "", name, limit);
		return source === "" || source === DEFAULT_SOURCE ? null : source;
	}

	id(value, name, fallback, limit) {
		if (value === undefined || value === null) return this.error(name, "missing", "is missing");
		const id = this.#checkedText(value, name, limit)?.trim();
		if (id === "") return this.error(name, "missing", "is empty");
		return (this.externalId = id);
	}

	text(value, name, fallback, limit) {
		if (value === undefined || value === null || value === "") return fallback;
		return this.#checkedText(value, name, limit);
	}

	#checkedText(value, name, limit) {
		let text = value;
		if (typeof text === "number") {
			text = numberText(text);
			if (text === undefined) return this.error(name, "out_of_range", "is too large");
		}
		if (typeof text !== "string") return this.wrongType(text, name, "a text or a number");
		const problem = textProblem(text);
		if (problem) return this.error(name, ...problem);
		if (isLonger(text, limit)) {
			return this.error(name, "too_long", `is longer than ${limit} characters`);
		}
		return text;
	}

	longText(value, name, fallback, limit) {
		const text = this.text(value, name, fallback, Infinity);
		if (text && isLongerInBytes(text, limit)) {
			return this.error(name, "too_long", `is longer than ${limit} bytes`);
		}
		return text;
	}

	reference(value, name, fallback) {
		if (value === undefined || value === null || value === "") return fallback;
		let id = value;
		if (typeof id === "string" && /^-?\d+$/.test(id)) id = Number(id);
		if (!Number.isInteger(id)) {
			const isNumber = typeof id === "number" || typeof id === "string";
			return this.error(name, isNumber ? "not_an_integer" : "wrong_type", `is ${kindOf(id)}`);
		}
		if (id < 0 || id > Number.MAX_SAFE_INTEGER) return this.error(name, "out_of_range", `is ${id}`);
		return id || fallback;
	}

	flag(value, name) {
		if (value === true || value === 1 || value === "true") return 1;
		if (!value || value === "false") return 0;
		const isFlag = typeof value === "string" || typeof value === "number";
		return this.error(name, isFlag ? "invalid_value" : "wrong_type", `is ${kindOf(value)}`);
	}

	/** The trimmed text of a short, plain value; null when there is none. */
	#plain(value, name, expected) {
		if (value === undefined || value === null) return null;
		if (typeof value !== "string") {
			this.wrongType(value, name, expected);
			return null;
		}
		return value.trim() || null;
	}

	/** The text when it has the form. */
	#formed(text, name, form, expected) {
		if (text === null || form.test(text)) return text;
		return this.error(name, "invalid_value", `is not ${expected}`);
	}

	url(value, name, fallback, limit) {
		const expected = "an absolute http or https URL";
		const url = this.#formed(this.#plain(value, name, expected), name, URL_FORM, expected);
		if (url && isLonger(url, limit)) {
			return this.error(name, "too_long", `is longer than ${limit} characters`);
		}
		return url;
	}

	time(value, name) {
		const expected = "a date or a time";
		if (typeof value === "number") {
			const milliseconds = Math.abs(value) < FIRST_MILLISECONDS ? value * 1000 : value;
			return milliseconds === 0 ? null : this.#moment(new Date(milliseconds), name);
		}
		const text = this.#plain(value, name, expected);
		if (text === null) return null;
		if (DATE.test(text)) return this.#moment(new Date(text), name)?.slice(0, text.length);
		if (DATE_TIME.test(text)) return this.#moment(new Date(text), name);
		return this.error(name, "invalid_value", `is not ${expected}`);
	}

	#moment(date, name) {
		const year = date.getUTCFullYear();
		if (year >= 1970 && year <= 9999) return date.toISOString();
		return this.error(name, "invalid_value", "is no time from 1970 to 9999");
	}

	// Codes by their form: a list would be looked up in a Set, which takes about as long.

	country(value, name) {
		const expected = "a country code of ISO 3166-1 alpha-2";
		const code = this.#plain(value, name, expected)?.toUpperCase() ?? null;
		return this.#formed(code, name, /^[A-Z]{2}$/, expected);
	}

	currency(value, name) {
		const expected = "a currency code of ISO 4217";
		const code = this.#plain(value, name, expected)?.toUpperCase() ?? null;
		return this.#formed(code, name, /^[A-Z]{3}$/, expected);
	}

	period(value, name) {
		const expected = "YEAR, MONTH, WEEK, DAY or HOUR";
		const code = this.#plain(value, name, expected)?.toUpperCase() ?? null;
		return this.#formed(code, name, /^(YEAR|MONTH|WEEK|DAY|HOUR)$/, expected);
	}

	language(value, name, fallback, limit) {
		const expected = "a language tag of BCP 47";
		const tag = this.#formed(this.#plain(value, name, expected), name, LANGUAGE, expected);
		if (tag && tag.length > limit) return this.error(name, "invalid_value", `is not ${expected}`);
		return tag;
	}

	amount(value, name) {
		if (value === undefined || value === null || value === "") return null;
		let amount = value;
		if (typeof amount === "string" && NUMBER.test(amount.trim())) amount = Number(amount);
		if (typeof amount !== "number") return this.wrongType(value, name, "a number");
		if (amount >= 0 && amount < Infinity) return amount;
		return this.error(name, "out_of_range", `is ${amount}`);
	}

	object(value, name, fallback, limit) {
		if (value === undefined || value === null) return null;
		if (typeof value !== "object" || Array.isArray(value)) {
			return this.wrongType(value, name, "an object");
		}
		const json = JSON.stringify(value);
		if (isLongerInBytes(json, limit)) {
			return this.error(name, "too_long", `is longer than ${limit} bytes`);
		}
		return json;
	}
}

/**
 * The row of a valid posting as the upsert reads it: a hash or null, the values in the order of the
 * fields, without nulls at its end. Or null, with its errors among the findings.
 */
export function validate(item, index, findings) {
	if (item === undefined) return null;
	if (typeof item !== "object" || item === null || Array.isArray(item)) {
		findings.error(index, null, null, "wrong_type", `is ${kindOf(item)}, expected an object`);
		return null;
	}
	const is = new Validator(index, findings);
	const row = rowOf(item, is);
	if (!is.isValid) return null;
	while (row.at(-1) === null) row.pop();
	return row;
}
