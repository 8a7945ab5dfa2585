//! The report of `--check`: what the Worker would reject, and how many postings have each field.

use std::collections::BTreeMap;
use std::io::Write as _;

use jobs_ingest_core::field::{FIELDS, Field};
use jobs_ingest_core::finding::Finding;
use serde::Serialize;
use serde_json::value::RawValue;

use super::counted::counted;
use super::rejects::message;
use super::row::Row;
use super::scan::Scan;

/// Examples of each code.
const MAX_EXAMPLES: usize = 3;
/// Unknown fields that are listed.
const MAX_IGNORED: usize = 20;

#[derive(Debug, Default)]
pub struct Report {
    n_rows: u64,
    n_valid: u64,
    errors: BTreeMap<&'static str, Code>,
    warnings: BTreeMap<&'static str, Code>,
    ignored: BTreeMap<String, Ignored>,
    /// Valid postings that have a value, in the order of [`FIELDS`].
    n_stated: [u64; FIELDS.len()],
}

#[derive(Debug, Default, Serialize)]
struct Code {
    n: u64,
    examples: Vec<Example>,
}

#[derive(Debug, Serialize)]
struct Example {
    /// From 0, in the order of the input.
    posting: u64,
    external_id: Option<String>,
    message: String,
}

#[derive(Debug, Default, Serialize)]
struct Ignored {
    n: u64,
    did_you_mean: Option<String>,
}

/// The report as JSON.
#[derive(Serialize)]
struct Json<'r> {
    postings: u64,
    valid: u64,
    rejected: u64,
    duplicates: u64,
    errors: &'r BTreeMap<&'static str, Code>,
    warnings: &'r BTreeMap<&'static str, Code>,
    ignored_fields: &'r BTreeMap<String, Ignored>,
    fields: BTreeMap<&'static str, u64>,
    sources: Vec<SourceJson<'r>>,
    mapping: Vec<MappingJson<'r>>,
}

#[derive(Serialize)]
struct SourceJson<'r> {
    source: &'r str,
    postings: u64,
    complete: bool,
    why_not: Option<&'r str>,
}

#[derive(Serialize)]
struct MappingJson<'r> {
    input: &'r str,
    #[serde(flatten)]
    findings: &'r jobs_ingest_feeds::Findings,
}

impl Report {
    pub fn add(&mut self, row: &Row) {
        let posting = self.n_rows;
        self.n_rows += 1;
        for (codes, findings) in [
            (&mut self.errors, &row.errors),
            (&mut self.warnings, &row.warnings),
        ] {
            for finding in findings {
                add_finding(codes, posting, finding);
            }
        }
        for field in &row.ignored_fields {
            if let Some(ignored) = self.ignored.get_mut(&field.name) {
                ignored.n += 1;
            } else if self.ignored.len() < MAX_IGNORED {
                let did_you_mean = field.did_you_mean.as_ref().map(ToString::to_string);
                let ignored = Ignored { n: 1, did_you_mean };
                self.ignored.insert(field.name.clone(), ignored);
            }
        }
        if row.is_rejected() {
            return;
        }
        self.n_valid += 1;
        let rows: Vec<Vec<&RawValue>> = serde_json::from_str(&row.values).unwrap_or_default();
        // The hash comes first; trailing values that state nothing are omitted.
        let values = rows.first().into_iter().flatten().skip(1);
        for ((value, spec), n) in values.zip(&FIELDS).zip(&mut self.n_stated) {
            let is_key = matches!(spec.field, Field::Source | Field::ExternalId);
            let is_stated = !matches!(value.get(), "null" | "false" | "\"\"" | "0");
            *n += u64::from(is_key || is_stated);
        }
    }

    pub fn print(&self, scan: &Scan, as_json: bool) {
        let text = match as_json {
            // Plain structs: serialisation cannot fail.
            true => serde_json::to_string(&self.json(scan)).unwrap_or_default() + "\n",
            false => self.text(scan),
        };
        // A closed stdout does not change the exit status.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }

    fn json<'r>(&'r self, scan: &'r Scan) -> Json<'r> {
        Json {
            postings: self.n_rows,
            valid: self.n_valid,
            rejected: scan.n_rejected,
            duplicates: scan.n_duplicates,
            errors: &self.errors,
            warnings: &self.warnings,
            ignored_fields: &self.ignored,
            fields: self.fields().collect(),
            sources: scan
                .groups
                .iter()
                .map(|(source, group)| SourceJson {
                    source,
                    postings: group.index.n_valid(),
                    complete: group.gap.is_none(),
                    why_not: group.gap.as_deref(),
                })
                .collect(),
            mapping: scan
                .findings
                .iter()
                .map(|(input, findings)| MappingJson { input, findings })
                .collect(),
        }
    }

    /// The names of the fields and how many postings have them.
    fn fields(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = FIELDS.iter().map(|spec| spec.json_name);
        names.zip(self.n_stated)
    }

    fn text(&self, scan: &Scan) -> String {
        let mut lines = vec![format!(
            "{}: {} valid, {} rejected, {}",
            counted(self.n_rows, "posting"),
            self.n_valid,
            scan.n_rejected,
            counted(scan.n_duplicates, "duplicate")
        )];
        for (source, group) in &scan.groups {
            let verdict = match &group.gap {
                None => "complete list".to_owned(),
                Some(gap) => format!("not known to be complete: {gap}"),
            };
            lines.push(format!(
                "source {source}: {}, {verdict}",
                counted(group.index.n_valid(), "posting")
            ));
        }
        for (kind, codes) in [("error", &self.errors), ("warning", &self.warnings)] {
            for (code, Code { n, examples }) in codes {
                lines.push(format!("{kind} {code}: {n}"));
                lines.extend(examples.iter().map(|example| {
                    let id = example.external_id.as_deref().unwrap_or("without an id");
                    format!("  posting {} ({id}): {}", example.posting, example.message)
                }));
            }
        }
        lines.extend(scan.warnings().iter().map(|line| format!("warning {line}")));
        for (name, Ignored { n, did_you_mean }) in &self.ignored {
            let meant = did_you_mean
                .as_ref()
                .map(|name| format!(", did you mean {name}?"));
            lines.push(format!(
                "unknown field {name}: {n}{}",
                meant.unwrap_or_default()
            ));
        }
        lines.push("fields of the valid postings:".to_owned());
        lines.extend(
            self.fields()
                .map(|(name, n)| format!("  {name} {n}/{}", self.n_valid)),
        );
        lines.join("\n") + "\n"
    }
}

fn add_finding(codes: &mut BTreeMap<&'static str, Code>, posting: u64, finding: &Finding) {
    let code = codes.entry(finding.code.name()).or_default();
    code.n += 1;
    if code.examples.len() < MAX_EXAMPLES {
        code.examples.push(Example {
            posting,
            external_id: finding.external_id.clone(),
            message: message(finding),
        });
    }
}
