//! Keys of postings: recognised in every encoding, and no other key is taken for a field.

use jobs_ingest_core::field::{FIELDS, Field};
use jobs_ingest_core::finding::FindingCode;
use proptest::prelude::*;

use crate::request::{json, rows, values};

#[test]
fn lone_surrogates_do_not_turn_a_key_into_a_field() {
    let half =
        r#"{"it\ud83dems":[{"externalId":"b"}],"items":[{"externalId":"a"}],"\udc00items":7}"#;
    let prepared = json(half).expect("a body with postings");
    assert_eq!(values(&prepared, Field::ExternalId), ["a"]);
    let only_half = json(r#"{"it\ud83dems":[{"externalId":"b"}]}"#);
    assert!(only_half.is_err());
}

proptest! {
    #[test]
    fn modified_key_is_unknown(
        field in 0..FIELDS.len(),
        at in any::<prop::sample::Index>(),
        what in prop::sample::select(vec![
            r"\ud83d", r"\uDC00", r"\udc00\ud83d", r"\ufffd", r"\u0000", r"\u00e9", "x", " ",
        ]),
    ) {
        let name = FIELDS[field].json_name;
        let mut key = name.to_owned();
        key.insert_str(at.index(name.len() + 1), what);
        // The wrong type for every field.
        let prepared = json(&format!(r#"[{{"externalId":"a","{key}":[[]]}}]"#)).expect("a body");
        prop_assert_eq!(prepared.n_rejected, 0);
        let without = json(r#"[{"externalId":"a"}]"#).expect("a body");
        prop_assert_eq!(rows(&prepared), rows(&without));
    }

    #[test]
    fn accepts_a_fully_escaped_key(field in 0..FIELDS.len(), upper in any::<bool>()) {
        let name = FIELDS[field].json_name;
        let escape = |c: char| match upper {
            true => format!("\\u{:04X}", u32::from(c)),
            false => format!("\\u{:04x}", u32::from(c)),
        };
        let key: String = name.chars().map(escape).collect();
        let prepared = json(&format!(r#"[{{"{key}":[[]]}}]"#)).expect("a body");
        let named = prepared.errors.listed().iter().any(|error| {
            error.field.as_deref() == Some(name) && error.code == FindingCode::WrongType
        });
        prop_assert!(named);
    }
}
