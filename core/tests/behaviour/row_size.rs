//! The table's size limits of a row hold for each of its values.

use jobs_ingest_core::field::{FIELDS, FieldSpec, Kind};
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{Defaults, Missing};
use serde_json::value::RawValue;

/// The JSON of a posting's values in its row, from the source on.
fn elements(prepared: &Prepared) -> Vec<String> {
    let Some(param) = prepared.params.first() else {
        return Vec::new();
    };
    let rows: Vec<Vec<Box<RawValue>>> = serde_json::from_str(&param.json).expect("JSON");
    let values = rows[0][1..].iter();
    values.map(|element| element.get().to_owned()).collect()
}

/// All modes that change what a posting's row contains.
fn modes() -> impl Iterator<Item = Rules<'static>> {
    let missing = [Missing::Default, Missing::Keep];
    missing.into_iter().flat_map(|missing| {
        let defaults = [Defaults::Legacy, Defaults::None];
        defaults.map(|defaults| Rules {
            missing,
            defaults,
            ..Rules::default()
        })
    })
}

/// Values that become longer in a row.
const VALUES: [&str; 12] = [
    "1",
    "1e20",
    "1e-6",
    "1.2345678901234567e-6",
    "1.7976931348623157e308",
    "\"1e20\"",
    "\"\\u0001\"",
    "\"\\ud83d\\ude00\"",
    "null",
    "false",
    "[\"a\",\"b\",\"c\"]",
    "{\"\":\"\",\"\":\"\",\"\":\"\"}",
];

fn check(spec: &FieldSpec, element: &str, sent_bytes: usize, value: &str) {
    let name = spec.json_name;
    assert!(element.len() <= spec.max_json_bytes(), "{name}: {element}");
    let object_bytes = match spec.kind {
        Kind::Object => value.len(),
        _ => 0,
    };
    let allowed = sent_bytes + spec.max_growth_bytes() + object_bytes;
    assert!(element.len() < allowed, "{name}: {element} from {value}");
}

#[test]
fn values_stay_within_the_limits_of_the_table() {
    for (rules, value) in modes().flat_map(|rules| VALUES.map(|value| (rules, value))) {
        for spec in &FIELDS {
            let (column, others) = (spec.column, r#""external_id":"a","extra":{}"#);
            let body = format!("[{{{others},\"{column}\":{value}}}]");
            let prepared = prepare(body.as_bytes(), BodyFormat::Json, rules).expect("a body");
            for (other, element) in FIELDS.iter().zip(elements(&prepared)) {
                let sent_bytes = match other.column {
                    name if name == column => format!("\"{name}\":{value},").len(),
                    "external_id" => r#""external_id":"a","#.len(),
                    "extra" => r#""extra":{},"#.len(),
                    _ => 0,
                };
                check(other, &element, sent_bytes, value);
            }
        }
    }
}
