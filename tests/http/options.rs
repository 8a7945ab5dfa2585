//! Options in the query: their values; invalid ones are never guessed.

use jobs_ingest_tests::Worker;
use serde_json::json;

use crate::support::{counts, items, post, redacted, refused, send};

#[test]
fn defaults_can_be_stated() {
    let worker = Worker::start();
    let postings = json!([{ "externalId": "a" }]);
    for (query, inserted, unchanged) in [
        ("?", 1, 0),
        ("?on_error=abort&dry_run=false&touch=false", 0, 1),
        ("?&&", 0, 1),
    ] {
        let counts = counts(&send(&worker, query, &postings));
        assert_eq!((counts.inserted, counts.unchanged), (inserted, unchanged));
    }
}

#[test]
fn options_can_be_combined_and_percent_encoded() {
    let worker = Worker::start();
    let postings = json!([{ "externalId": "a" }, {}]);
    let query = "?touch=%74rue&on%5Ferror=skip&dry_run=true";
    let counts = counts(&send(&worker, query, &postings));
    assert_eq!((counts.inserted, counts.rejected), (1, 1));
    assert_eq!(worker.n_rows(), 0);
}

#[test]
fn unknown_option_or_value_is_400_and_named() {
    let worker = Worker::start();
    let body = items(&json!([{ "externalId": "a" }]));
    let mut details = Vec::new();
    for query in [
        "?dryrun=true",
        "?Touch=true",
        "?on_error=ignore",
        "?on_error=",
        "?on_error=SKIP",
        "?dry_run=1",
        "?dry_run",
        "?dry_run=TRUE",
        "?touch=yes",
        "?touch=true%20",
        "?touch=true&touch=true",
        "?on_error=skip&limit=10",
        "?%3Cscript%3E=1",
        "?=1",
    ] {
        let request = post(&worker, query).json(body.clone());
        let answer = refused(&worker, request, 400, "invalid_option");
        let detail = answer.json()["detail"].as_str().map(str::to_owned);
        details.push(format!("{query}  {}", detail.expect("a detail")));
    }
    insta::assert_snapshot!(details.join("\n"), @r#"
    ?dryrun=true  unknown option "dryrun"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty
    ?Touch=true  unknown option "Touch"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty
    ?on_error=ignore  on_error is "ignore", expected abort or skip
    ?on_error=  on_error is "", expected abort or skip
    ?on_error=SKIP  on_error is "SKIP", expected abort or skip
    ?dry_run=1  dry_run is "1", expected true or false
    ?dry_run  dry_run is "", expected true or false
    ?dry_run=TRUE  dry_run is "TRUE", expected true or false
    ?touch=yes  touch is "yes", expected true or false
    ?touch=true%20  touch is "true ", expected true or false
    ?touch=true&touch=true  option "touch" is given twice
    ?on_error=skip&limit=10  unknown option "limit"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty
    ?%3Cscript%3E=1  unknown option "<script>"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty
    ?=1  unknown option ""; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty
    "#);
    let answer = post(&worker, "?dryrun=true").json(body).send();
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "invalid_option",
      "detail": "unknown option \"dryrun\"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty",
      "error": "Invalid Option",
      "request_id": "[request id]",
      "status": 400,
      "success": false,
      "title": "Invalid Option",
      "type": "urn:jobs-ingest:problem:invalid_option"
    }
    "#);
}
