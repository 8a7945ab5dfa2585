// The rules of a posting's fields.

import { FIELDS, MAX_LISTED_FINDINGS } from "jobs-ingest-bench-contract";

/** Errors and warnings: the first listed, the rest counted. */
export class Findings {
	/** Of NDJSON: the line of each item, and what is wrong with the first that does not parse. */
	lines = [];
	badLine = null;
	#kinds = { errors: { list: [], omitted: 0 }, warnings: { list: [], omitted: 0 } };
	#collisions = [];

	#finding(index, externalId, field, code, rest) {
		const name = field === null ? "" : `.${field}`;
		const message = `items[${index}]${name} ${rest}`;
		return { index, line: this.lines[index], externalId, field, code, message };
	}

	#add(kind, ...finding) {
		const { list } = this.#kinds[kind];
		if (list.length === MAX_LISTED_FINDINGS) {
			this.#kinds[kind].omitted += 1;
			return;
		}
		list.push(this.#finding(...finding));
	}

	error(...finding) {
		this.#add("errors", ...finding);
	}

	warning(...finding) {
		this.#add("warnings", ...finding);
	}

	/** An id that is equal to that of another posting only because of the cut. */
	collision(index, externalId, otherIndex) {
		const rest = `becomes equal to that of items[${otherIndex}] when cut to ${ID.limit} characters`;
		this.#collisions.push(this.#finding(index, externalId, ID.name, "id_collision", rest));
	}

	listed() {
		const { errors, warnings } = this.#kinds;
		// Those of one posting are found one after another, collisions when all are known.
		const found = [...errors.list, ...this.#collisions].sort((one, other) => one.index - other.index);
		return {
			errors: found.slice(0, MAX_LISTED_FINDINGS),
			errors_omitted: errors.omitted + Math.max(0, found.length - MAX_LISTED_FINDINGS),
			warnings: warnings.list,
			warnings_omitted: warnings.omitted,
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

// One function a field kind and one property access a field, so that each access sees one shape.
const [ID, TITLE, , LOCATION, SALARY, JOB_TYPE, WORK_MODE, , , SOURCE, DESCRIPTION] = FIELDS;

class Validator {
	constructor(index, findings) {
		this.index = index;
		this.findings = findings;
		this.id = null;
		this.isValid = true;
	}

	error(field, code, rest) {
		this.isValid = false;
		this.findings.error(this.index, this.id, field, code, rest);
	}

	/** The id as it is stored; `wholeId` is set when that is only its beginning. */
	key(value) {
		let key = value;
		if (typeof key === "number") {
			key = numberText(key);
			if (key === undefined) return this.error(ID.name, "out_of_range", "is too large");
		}
		if (key === undefined || key === null) return this.error(ID.name, "missing", "is missing");
		if (typeof key !== "string") {
			return this.error(ID.name, "wrong_type", `is ${kindOf(key)}, expected a string or a number`);
		}
		const problem = textProblem(key);
		if (problem) return this.error(ID.name, ...problem);
		key = key.trim();
		if (key === "") return this.error(ID.name, "missing", "is empty");
		this.id = key;
		if (isLonger(key, ID.limit)) {
			this.wholeId = key;
			this.id = [...key].slice(0, ID.limit).join("").trimEnd();
			const rest = `is cut to ${ID.limit}`;
			this.findings.warning(this.index, this.id, ID.name, "truncated", rest);
		}
	}

	text(value, field) {
		if (value === undefined || value === null || value === "") return field.fallback;
		let text = value;
		if (field.number && typeof text === "number") {
			text = numberText(text);
			if (text === undefined) return this.error(field.name, "out_of_range", "is too large");
		}
		if (typeof text !== "string") {
			return this.error(field.name, "wrong_type", `is ${kindOf(text)}, expected a string`);
		}
		const problem = textProblem(text);
		if (problem) return this.error(field.name, ...problem);
		const { limit, unit } = field;
		if (unit === "bytes" ? isLongerInBytes(text, limit) : isLonger(text, limit)) {
			if (!field.cut) return this.error(field.name, "too_long", `is longer than ${limit} ${unit}`);
			const rest = `is cut to ${limit}`;
			this.findings.warning(this.index, this.id, field.name, "truncated", rest);
			return [...text].slice(0, limit).join("");
		}
		return text;
	}

	reference(value, name) {
		if (value === undefined || value === null || value === "") return 1;
		let id = value;
		if (typeof id === "string" && /^-?\d+$/.test(id)) id = Number(id);
		if (!Number.isInteger(id)) {
			const isNumber = typeof id === "number" || typeof id === "string";
			return this.error(name, isNumber ? "not_an_integer" : "wrong_type", `is ${kindOf(id)}`);
		}
		if (id < 0 || id > Number.MAX_SAFE_INTEGER) return this.error(name, "out_of_range", `is ${id}`);
		return id || 1;
	}

	flag(value, name) {
		if (value === true || value === 1 || value === "true") return 1;
		if (!value || value === "false") return 0;
		const isFlag = typeof value === "string" || typeof value === "number";
		return this.error(name, isFlag ? "invalid_value" : "wrong_type", `is ${kindOf(value)}`);
	}
}

/**
 * The row of a valid posting in the order of FIELDS, or null with its errors among the findings.
 * `wholeIds` gets the id of a posting whose id was cut.
 */
export function validate(item, index, findings, wholeIds) {
	if (item === undefined) return null;
	if (typeof item !== "object" || item === null || Array.isArray(item)) {
		findings.error(index, null, null, "wrong_type", `is ${kindOf(item)}, expected an object`);
		return null;
	}
	const is = new Validator(index, findings);
	is.key(item.externalId);
	const row = [
		is.id,
		is.text(item.title, TITLE),
		is.reference(item.companyId, "companyId"),
		is.text(item.location, LOCATION),
		is.text(item.salary, SALARY),
		is.text(item.jobType, JOB_TYPE),
		is.text(item.workMode, WORK_MODE),
		is.reference(item.categoryId, "categoryId"),
		is.flag(item.isFeatured, "isFeatured"),
		is.text(item.source, SOURCE),
		is.text(item.description, DESCRIPTION),
	];
	if (is.wholeId !== undefined) wholeIds.set(index, is.wholeId);
	return is.isValid ? row : null;
}
