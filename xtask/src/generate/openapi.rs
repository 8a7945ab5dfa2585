//! The generated schemas of docs/openapi.yaml.

use std::fmt::Write as _;

use jobs_ingest_core::field::{FIELDS, FieldSpec, Kind};
use jobs_ingest_core::finding::FindingCode;

/// The schema of a posting.
pub fn posting() -> String {
    let required: Vec<&str> = FIELDS
        .iter()
        .filter(|spec| spec.is_required())
        .map(|spec| spec.json_name)
        .collect();
    let mut yaml = format!(
        "\
Posting:
  type: object
  description: >-
    Each field may be written in snake_case instead (`external_id`). Other fields are ignored and
    named in the response, unless `unknown=error`. docs/API.md lists what is repaired.
  required: [{}]
  properties:
",
        required.join(", ")
    );
    for spec in &FIELDS {
        property(&mut yaml, spec);
    }
    yaml
}

/// The schemas of the names in findings.
pub fn names() -> String {
    let mut yaml = String::from("FieldName:\n  description: A field of a posting.\n  enum:\n");
    for spec in &FIELDS {
        let _ = writeln!(yaml, "    - {}", spec.json_name);
    }
    yaml.push_str(
        "FindingCode:\n  description: The rule that a posting broke; docs/API.md explains each.\n  enum:\n",
    );
    for code in FindingCode::ALL {
        let _ = writeln!(yaml, "    - {}", code.name());
    }
    yaml
}

fn property(yaml: &mut String, spec: &FieldSpec) {
    let _ = writeln!(yaml, "    {}:", spec.json_name);
    let _ = writeln!(yaml, "      description: {}", quoted(&description(spec)));
    for line in value(spec.kind) {
        let _ = writeln!(yaml, "      {line}");
    }
    let is_text = matches!(
        spec.kind,
        Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
    );
    if !is_text {
        let _ = writeln!(yaml, "      examples: [{}]", spec.kind.example().other);
    }
    let default = match spec.kind {
        _ if spec.is_required() => return,
        Kind::Flag => "false",
        _ => spec.legacy_json.unwrap_or(spec.default_json),
    };
    let _ = writeln!(yaml, "      default: {default}");
}

fn description(spec: &FieldSpec) -> String {
    let accepts = spec.kind.accepts();
    let mut text = format!("{} Accepts {accepts}.", spec.summary());
    if let Some(limit) = spec.kind.limit() {
        let size = format!("{} {}", limit.max, limit.unit);
        let size = size.trim_end();
        let _ = match limit.over {
            FindingCode::Truncated => write!(text, " Truncated beyond {size}, with a warning."),
            _ => write!(text, " At most {size}."),
        };
    }
    if spec.legacy_json.is_some() {
        let _ = write!(
            text,
            " The default is {} with `defaults=none`.",
            spec.default_json
        );
    }
    text
}

/// The schema of a kind of field. Patterns and lists are stricter than the Worker about letter case.
fn value(kind: Kind) -> Vec<String> {
    let or_nothing = |schema: &str| {
        vec![
            "anyOf:".to_owned(),
            format!("  - {schema}"),
            "  - $ref: '#/components/schemas/Nothing'".to_owned(),
        ]
    };
    let max = kind.limit().map_or(0, |limit| limit.max);
    match kind {
        Kind::Source => or_nothing(&format!("{{ type: [string, number], maxLength: {max} }}")),
        Kind::Id => vec![
            "type: [string, number]".to_owned(),
            "minLength: 1".to_owned(),
            format!("maxLength: {max}"),
        ],
        Kind::Text { .. } | Kind::LongText { .. } => or_nothing("{ type: [string, number] }"),
        Kind::Texts { .. } => {
            or_nothing("{ type: [string, number, array], items: { type: string } }")
        }
        // A pattern cannot compare numbers, so it ends below the limit.
        Kind::Reference => or_nothing(&format!(
            "{{ type: [integer, string], minimum: 0, maximum: {max}, pattern: '^[0-9]{{0,15}}$' }}"
        )),
        Kind::Flag => vec![
            "enum: [true, false, 1, 0, 'true', 'false', '1', '0', 'yes', 'no', '', null]"
                .to_owned(),
        ],
        Kind::Url => or_nothing(&format!(
            "{{ type: string, maxLength: {max}, pattern: '^\\s*https?://\\S+\\s*$' }}"
        )),
        Kind::Time => or_nothing("{ type: [string, number], minimum: 0 }"),
        Kind::Country => or_nothing("{ type: string, pattern: '^[A-Za-z]{2}$' }"),
        Kind::Language => or_nothing(&format!(
            "{{ type: string, maxLength: {max}, pattern: '^[A-Za-z]{{2,8}}(-[A-Za-z0-9]{{1,8}})*$' }}"
        )),
        Kind::Amount => or_nothing(
            "{ type: [number, string], minimum: 0, pattern: '^[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$' }",
        ),
        Kind::Currency => or_nothing("{ type: string, pattern: '^[A-Za-z]{3}$' }"),
        Kind::Period => or_nothing("{ enum: [YEAR, MONTH, WEEK, DAY, HOUR] }"),
        Kind::Object => or_nothing("{ type: object }"),
    }
}

/// A text as YAML, for texts without control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_and_code_is_described_once() {
        let (posting, names) = (posting(), names());
        for spec in &FIELDS {
            let property = format!("    {}:\n", spec.json_name);
            assert_eq!(posting.matches(&property).count(), 1, "{property}");
            let listed = format!("    - {}\n", spec.json_name);
            assert_eq!(names.matches(&listed).count(), 1, "{listed}");
        }
        for code in FindingCode::ALL {
            let listed = format!("    - {}\n", code.name());
            assert_eq!(names.matches(&listed).count(), 1, "{listed}");
        }
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted(r#"a "b" \ c"#), r#""a \"b\" \\ c""#);
    }
}
