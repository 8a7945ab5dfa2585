//! The same postings in any order, any number of files and any form are the same to the Worker.

use std::fs;

use proptest::prelude::*;
use proptest::sample::SizeRange;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::run;
use super::worker::start;

/// The id and hash of each posting that is asked about, by id: push asks in the order of the input.
fn compared(files: &[String]) -> Vec<Value> {
    let server = start(|_, _| None);
    let folder = TempDir::new().unwrap();
    let names: Vec<String> = (0..files.len()).map(|number| number.to_string()).collect();
    for (name, text) in names.iter().zip(files) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut arguments = vec!["--format", "json", "--source", "acme", "--url", &server.url];
    arguments.extend(names.iter().map(String::as_str));
    let pushed = run(folder.path(), &arguments);
    assert_eq!(pushed.status, Some(0), "{pushed:?}");
    let bodies = server.of("/jobs/compare");
    let bodies = bodies.iter().map(super::server::Received::json);
    let mut postings: Vec<Value> = bodies
        .flat_map(|body| body.as_array().expect("a list").clone())
        .collect();
    postings.sort_by_key(|posting| posting["externalId"].to_string());
    postings
}

fn posting((id, text): &(usize, String)) -> Value {
    json!({"externalId": format!("é\"{id}"), "title": text, "description": text.repeat(50)})
}

fn file(postings: &[Value], form: u8) -> String {
    match form {
        0 => json!(postings).to_string(),
        1 => serde_json::to_string_pretty(&json!({"items": postings})).unwrap(),
        _ => postings
            .iter()
            .map(|posting| format!("{posting}\n\n"))
            .collect(),
    }
}

proptest! {
    // Each case runs the command twice.
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn order_and_files_do_not_matter(
        (texts, shuffled) in prop::collection::vec("\\PC{0,20}", SizeRange::from(1..30))
            .prop_map(|texts| texts.into_iter().enumerate().collect::<Vec<_>>())
            .prop_flat_map(|texts| (Just(texts.clone()), Just(texts).prop_shuffle())),
        n_per_file in 1_usize..30,
        form in 0_u8..3,
    ) {
        let whole: Vec<Value> = texts.iter().map(posting).collect();
        let parts: Vec<Value> = shuffled.iter().map(posting).collect();
        let parts: Vec<String> = parts.chunks(n_per_file).map(|part| file(part, form)).collect();
        prop_assert_eq!(compared(&[file(&whole, 0)]), compared(&parts));
    }
}
