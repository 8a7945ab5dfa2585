//! Laws of errors, warnings and ignored fields.

use jobs_ingest_core::field::{FIELDS, Field};
use jobs_ingest_core::finding::{FindingCode, Findings};
use jobs_ingest_core::ingest::Prepared;
use jobs_ingest_core::limits::{MAX_EXTERNAL_ID_CHARS, MAX_IGNORED_FIELDS, MAX_LISTED_FINDINGS};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::Unknown;

use crate::input::Input;

/// Two excerpts of 40 characters of four bytes each, and the words around them.
pub const MAX_MESSAGE_BYTES: usize = 2 * 40 * 4 + 160;

pub fn check(prepared: &Prepared, input: Input<'_>) {
    let (errors, warnings) = (&prepared.errors, &prepared.warnings);
    let n_errors = n_all(errors);
    assert!(
        n_errors >= prepared.n_rejected,
        "each rejected posting has an error"
    );
    assert_eq!(prepared.n_rejected == 0, n_errors == 0);
    for findings in [errors, warnings] {
        are_in_order(findings, prepared.n_received, input.format);
        are_counted_by_code(findings);
    }
    assert_eq!(n_of(errors, FindingCode::Duplicate), 0);
    assert!(n_of(warnings, FindingCode::Duplicate) <= prepared.n_duplicates);
    if input.unknown == Unknown::Ignore {
        assert_eq!(n_of(errors, FindingCode::UnknownField), 0);
    }
    ignored_fields_are_none_of_ours(prepared, input.unknown);
}

/// Number of findings, including those not listed.
pub fn n_all(findings: &Findings) -> usize {
    findings.listed().len() + findings.n_omitted()
}

/// Number of findings with a code, including those not listed.
pub fn n_of(findings: &Findings, code: FindingCode) -> usize {
    findings.counts().of(code)
}

fn are_in_order(findings: &Findings, n_received: usize, format: BodyFormat) {
    let listed = findings.listed();
    assert!(listed.is_sorted_by_key(|finding| finding.index));
    assert!(listed.len() <= MAX_LISTED_FINDINGS);
    for finding in listed {
        assert!(finding.index < n_received);
        assert_eq!(finding.line.is_some(), format == BodyFormat::Ndjson);
        let start = format!("items[{}]", finding.index);
        assert!(finding.message.starts_with(&start), "{finding:?}");
        assert!(!finding.message.contains('\0'), "{finding:?}");
        // For any input: messages are stored with a run and returned to the client.
        assert!(finding.message.len() <= MAX_MESSAGE_BYTES, "{finding:?}");
        let id_chars = finding
            .external_id
            .as_ref()
            .map_or(0, |id| id.chars().count());
        assert!(id_chars <= MAX_EXTERNAL_ID_CHARS, "{finding:?}");
        let is_ours = |field: &str| FIELDS.iter().any(|spec| spec.json_name == field);
        match (&finding.field, finding.code) {
            (Some(field), FindingCode::UnknownField) => assert!(!is_ours(field), "{finding:?}"),
            (Some(field), _) => assert!(is_ours(field), "{finding:?}"),
            (None, code) => assert!(matches!(
                code,
                FindingCode::InvalidJson | FindingCode::WrongType
            )),
        }
    }
}

fn are_counted_by_code(findings: &Findings) {
    let counted: usize = FindingCode::ALL
        .iter()
        .map(|code| n_of(findings, *code))
        .sum();
    assert_eq!(counted, n_all(findings));
    for code in FindingCode::ALL {
        let of_code = |finding: &&_| code_of(finding) == code;
        let n_listed = findings.listed().iter().filter(of_code).count();
        assert!(n_listed <= n_of(findings, code), "{}", code.name());
    }
}

fn code_of(finding: &jobs_ingest_core::finding::Finding) -> FindingCode {
    finding.code
}

fn ignored_fields_are_none_of_ours(prepared: &Prepared, unknown: Unknown) {
    let ignored = &prepared.ignored_fields;
    assert!(ignored.len() <= MAX_IGNORED_FIELDS);
    assert!(ignored.is_empty() || unknown == Unknown::Ignore);
    for field in ignored {
        assert!(field.count > 0, "{field:?}");
        assert!(
            Field::from_name(field.name.as_bytes()).is_none(),
            "{field:?}"
        );
        assert!(!field.name.contains('\0'), "{field:?}");
        let is_ours = |meant: &str| FIELDS.iter().any(|spec| spec.json_name == meant);
        assert!(field.did_you_mean.as_deref().is_none_or(is_ours));
    }
}
