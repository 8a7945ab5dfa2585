// Try: a dry run of pasted or dropped postings.

import { call, path } from "./api.js";
import { announce, aside, button, bytes, code, counted, h, number, para, strong } from "./dom.js";
import { PARTS, partClass, stackedBar } from "./plot.js";
import { errorList, figures, sentence, showFailure, texts } from "./view.js";

const PLAIN = { autocomplete: "off", spellcheck: "false" };

const EXAMPLE = `[
  {"externalId": "gh-1", "title": "Rust engineer", "location": "Berlin", "country": "DE"},
  {"externalId": "gh-2", "title": "Designer", "salaryMin": "60k", "url": "/jobs/2"},
  {"externalId": "gh-3", "job_title": "Data analyst"}
]
`;

/** The page that validates postings. */
export async function tryPage(main, query, signal) {
	let file = null;
	const text = h("textarea", {
		...PLAIN,
		id: "body",
		rows: 12,
		"aria-describedby": "body-help",
		placeholder: '[{"externalId":"gh-1","title":"Engineer"}]',
	});
	const chosen = h("span", { class: "muted" });
	const picker = h("input", {
		type: "file",
		id: "file",
		accept: ".json,.ndjson,.jsonl,.gz,application/json",
		onchange: () => take(picker.files[0]),
	});
	const source = h("input", {
		name: "source",
		value: query.get("source"),
		maxlength: 100,
		...PLAIN,
		placeholder: "as in the postings",
	});
	const complete = h("input", { type: "checkbox", name: "snapshot", checked: query.get("snapshot") === "complete" });
	const result = h("section", { id: "result", "aria-label": "Result" });
	const submit = h("button", { class: "primary" }, "Check");

	function take(next) {
		file = next ?? null;
		text.disabled = file !== null;
		chosen.replaceChildren(
			...(file
				? [
						`${file.name}, ${bytes(file.size)} `,
						button(
							"Remove",
							() => {
								remove();
								text.focus();
							},
							{ class: "quiet" },
						),
					]
				: []),
		);
	}

	function remove() {
		picker.value = "";
		take(null);
	}

	async function check() {
		submit.disabled = true;
		result.replaceChildren(aside("checking"));
		const options = { source: source.value, snapshot: complete.checked && "complete", on_error: "skip" };
		const sent = file ? new Uint8Array(await file.arrayBuffer()) : text.value;
		try {
			const answer = await call(path("/jobs/ingest", { ...options, dry_run: "true" }), {
				method: "POST",
				body: sent,
				headers: headers(sent, file?.name),
				signal,
			});
			result.replaceChildren(...outcome(answer));
			announce(`${counted(answer.received, "posting")} checked, ${number(answer.rejected)} rejected`);
		} catch (failure) {
			showFailure(result, failure, check, signal);
		} finally {
			submit.disabled = false;
		}
	}

	const validate = () =>
		source.setCustomValidity(complete.checked && !source.value ? "A complete list needs its source" : "");
	const drop = {
		ondragover: (event) => {
			event.preventDefault();
			form.classList.add("over");
		},
		ondragleave: () => form.classList.remove("over"),
		ondrop: (event) => {
			form.classList.remove("over");
			const [dropped] = event.dataTransfer.files;
			// A text is dropped as usual.
			if (dropped) {
				event.preventDefault();
				take(dropped);
			}
		},
	};
	const form = h(
		"form",
		{
			class: "try",
			onsubmit: (event) => {
				event.preventDefault();
				check();
			},
			oninput: validate,
			...drop,
		},
		h(
			"div",
			{ class: "row" },
			h("label", { for: "body" }, "Postings"),
			button(
				"Insert an example",
				() => {
					remove();
					text.value = EXAMPLE;
					text.focus();
				},
				{ class: "quiet" },
			),
		),
		text,
		h(
			"p",
			{ id: "body-help", class: "muted" },
			"JSON or NDJSON. Paste it, drop a file here, or choose one; files may be gzip.",
		),
		h("div", { class: "row" }, h("label", { for: "file" }, "File"), picker, chosen),
		h(
			"div",
			{ class: "row" },
			h("label", null, "Source ", source),
			h("label", { class: "check" }, complete, "This is the complete list of the source"),
			submit,
		),
	);
	main.append(
		h("div", { class: "title" }, h("h1", { tabindex: "-1" }, "Try")),
		para(
			"Validates postings and compares them with what is stored, as a dry run: nothing is written. This needs a token that may write.",
		),
		form,
		result,
	);
	validate();
}

/** Tells the API the form of the body by the file's name; without one it finds out. */
function headers(sent, name = "") {
	const isGzip = sent[0] === 0x1f && sent[1] === 0x8b;
	const isLines = /\.(ndjson|jsonl)(\.gz)?$/i.test(name);
	return {
		"Content-Type": isLines ? "application/x-ndjson" : "application/octet-stream",
		...(isGzip && { "Content-Encoding": "gzip" }),
	};
}

function outcome(answer) {
	const { closing } = answer;
	const counts = { ...answer, status: 200 };
	const ignored = answer.ignored_fields.map(({ name, count, did_you_mean }) =>
		h(
			"li",
			null,
			code(name),
			` in ${counted(count, "posting")}`,
			did_you_mean && [", did you mean ", code(did_you_mean), "?"],
		),
	);
	return [
		h(
			"h2",
			null,
			answer.rejected === 0
				? "All postings are valid"
				: `${counted(answer.rejected, "posting")} of ${number(answer.received)} would be rejected`,
		),
		stackedBar(counts),
		figures(
			...PARTS.map((name) => [name, number(answer[name]), partClass(name)]),
			...["closed", "reopened", "missing"].filter(() => closing).map((name) => [name, number(closing[name])]),
		),
		closing?.withheld &&
			h(
				"p",
				{ class: "attention" },
				strong(`Closing would be withheld (${closing.withheld.code}): `),
				sentence(closing.withheld.detail),
			),
		closing?.would_close?.length > 0 &&
			h(
				"section",
				null,
				h("h3", null, "Would be closed"),
				texts(closing.would_close, "Ids of postings that would be closed"),
				closing.closed > closing.would_close.length &&
					aside(`The first ${closing.would_close.length} of ${number(closing.closed)}, by id.`),
			),
		...findings("Errors", answer.errors, answer.errors_omitted, answer.error_counts),
		...findings("Warnings", answer.warnings, answer.warnings_omitted, answer.warning_counts),
		ignored.length > 0 &&
			h("section", null, h("h3", null, "Ignored fields"), h("ul", { class: "errors" }, ignored)),
	].filter(Boolean);
}

function findings(title, list, omitted, counts) {
	if (list.length === 0) {
		return [];
	}
	const postings = Map.groupBy(list, (finding) => finding.index);
	const summary = Object.entries(counts).map(([code, n]) =>
		h("span", { class: "chip" }, `${code} `, strong(number(n))),
	);
	const groups = [...postings].map(([index, own]) =>
		h(
			"li",
			null,
			para(
				strong(`items[${index}]`),
				own[0].line && `, line ${own[0].line}`,
				" ",
				code(own[0].externalId ?? "no id"),
			),
			errorList(own),
		),
	);
	return [
		h(
			"section",
			null,
			h("h3", null, title),
			h("p", { class: "chips" }, summary),
			h("ol", { class: "findings" }, groups),
			omitted > 0 && aside(`${counted(omitted, "further finding")} not listed.`),
		),
	];
}
