//! The laws hold for more postings than the fuzzer sends.

use jobs_ingest_core::field::FIELDS;
use jobs_ingest_laws::{Input, check};

/// All options, with more keys than the initial capacity of a request's hash table; every other key
/// occurs twice.
#[test]
fn laws_hold_for_many_postings() {
    let posting = |number: usize| {
        let spec = &FIELDS[2 + number % (FIELDS.len() - 2)];
        let (name, value) = (spec.column, spec.kind.example().sent);
        let (id, source) = (number % 400, ["acme", "manual"][number % 2]);
        format!(r#"{{"externalId":{id},"source":"{source}","{name}":{value}}}"#)
    };
    let postings: Vec<String> = (0..600).map(posting).collect();
    for choices in (0..128).step_by(2) {
        let mut bytes = vec![choices];
        bytes.extend(format!("[{}]", postings.join(",")).bytes());
        check(Input::read(&bytes).expect("a choice"));
    }
}
