// Rows as the parameters of an upsert, with as little work for D1's binding as possible.

import {
	MAX_ASCII_GROWTH_DIVISOR,
	MAX_ROW_BYTES,
	TARGET_PARAM_BYTES,
} from "jobs-ingest-bench-contract";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const [OPEN, COMMA, CLOSE] = encoder.encode("[,]");

/** A row that crosses the target stands in it whole, until it is moved to the next parameter. */
const bytes = new Uint8Array(TARGET_PARAM_BYTES + 2 * MAX_ROW_BYTES);

/** What an escape is longer than its character, at the most, for each byte that UTF-8 adds to a unit. */
const MAX_GROWTH_A_BYTE = 4;

const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * JSON arrays of rows, each with the number of values of its longest. Characters outside ASCII become
 * escapes where the row does not grow by too much: a string with a single one outside Latin-1 takes two
 * bytes a character, here and in D1's own isolate. V8 does not make a string narrow again by itself
 * when the last of them is replaced; decoding it anew does.
 */
export function paramsOf(rows) {
	const params = [];
	let from = 0;
	let end = 0;
	let isAscii = true;
	let maxFields = 0;
	const close = (to) => {
		bytes[end] = CLOSE;
		// The decoder is fast for ASCII alone.
		const json = isAscii
			? decoder.decode(bytes.subarray(0, end + 1))
			: JSON.stringify(rows.slice(from, to));
		params.push({ json, fields: maxFields });
	};
	for (let at = 0; at < rows.length; at++) {
		const row = rows[at];
		const json = JSON.stringify(row);
		let { read, written } = encoder.encodeInto(json, bytes.subarray(end + 1));
		let isRowAscii = read === written;
		const mayGrow = (written - read) * MAX_GROWTH_A_BYTE;
		if (!isRowAscii && mayGrow <= written / MAX_ASCII_GROWTH_DIVISOR) {
			const ascii = json.replace(/[\u0080-\uffff]/g, escaped);
			({ written } = encoder.encodeInto(ascii, bytes.subarray(end + 1)));
			isRowAscii = true;
		}
		if (end > 0 && end + 1 + written > TARGET_PARAM_BYTES) {
			close(at);
			bytes.copyWithin(1, end + 1, end + 1 + written);
			from = at;
			end = 0;
			isAscii = true;
			maxFields = 0;
		}
		// The first element is not a value.
		maxFields = Math.max(maxFields, row.length - 1);
		bytes[end] = end === 0 ? OPEN : COMMA;
		end += 1 + written;
		isAscii &&= isRowAscii;
	}
	close(rows.length);
	return params;
}
