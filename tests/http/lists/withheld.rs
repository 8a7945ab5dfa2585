//! When a complete list closes nothing: the codes, their numbers, and both sides of the limits.

use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::limits::MAX_ITEMS;
use jobs_ingest_tests::TOKEN;
use serde_json::{Value, json};

use super::{HOUR_MS, closed, closing, list, n_states, now_ms, postings, put, start, states};
use crate::support::{assert_problem, counts};

/// `withheld` without its text, which is checked elsewhere.
fn withheld(closing: &Value) -> Value {
    let mut withheld = closing["withheld"].clone();
    let members = withheld.as_object_mut().expect("something is withheld");
    let detail = members.remove("detail");
    assert!(detail.is_some_and(|detail| detail.is_string()));
    members.remove("until");
    withheld
}

#[test]
fn list_with_an_unreadable_id_closes_nothing() {
    let worker = start(3);
    let body = json!([{ "externalId": "p0", "title": "new" }, { "title": "without an id" }]);
    let answer = list(&worker, "&on_error=skip&max_close=100%25", &body);
    let found = closing(&answer);
    assert_eq!(
        withheld(&found),
        json!({ "code": "unreadable_items", "open": 3, "missing": 2 })
    );
    insta::assert_snapshot!(found["withheld"]["detail"], @r#""1 of 2 postings have no readable id""#);
    assert_eq!(
        (found["closed"].as_u64(), counts(&answer).updated),
        (Some(0), 1)
    );
    assert_eq!(states(&worker), "p0 open, p1 open, p2 open");
}

#[test]
fn empty_list_closes_nothing_unless_that_is_allowed() {
    for query in ["", "&max_close=100%25", "&allow_empty=false"] {
        let worker = start(3);
        let found = closing(&list(&worker, query, &json!([])));
        assert_eq!(
            withheld(&found),
            json!({ "code": "empty", "open": 3, "missing": 3 })
        );
        insta::allow_duplicates! {
            insta::assert_snapshot!(found["withheld"]["detail"], @r#""the list is empty; send allow_empty=true if the source lists nothing""#);
        }
        assert_eq!(states(&worker), "p0 open, p1 open, p2 open");
    }
    for empty in ["[]", r#"{"items":[]}"#] {
        let worker = start(3);
        let query = "?source=acme&snapshot=complete&allow_empty=true";
        let answer = crate::support::post(&worker, query).json(empty).send();
        assert_eq!(closing(&answer), closed(3, 0, 0));
        assert_eq!(n_states(&worker), [0, 3, 0]);
    }
    let worker = start(3);
    assert_eq!(
        withheld(&closing(&put(&worker, "", &json!([]))))["code"],
        "empty"
    );
    let answer = put(&worker, "?allow_empty=true", &json!([]));
    assert_eq!(closing(&answer), closed(3, 0, 0));
}

/// `allow_empty` is about the list, not about how much it may close.
#[test]
fn allowed_empty_list_may_still_have_shrunk() {
    let worker = start(11);
    let found = closing(&list(&worker, "&allow_empty=true", &json!([])));
    assert_eq!(
        withheld(&found),
        json!({ "code": "shrunk", "open": 11, "missing": 11, "max_close": 10 })
    );
}

/// Sends a list without the first `n_missing` of `n_open` postings.
fn without(n_open: usize, n_missing: usize, max_close: &str) -> (Value, [u64; 3]) {
    let worker = start(n_open);
    let found = closing(&list(&worker, max_close, &postings(n_missing..n_open)));
    (found, n_states(&worker))
}

#[test]
fn closes_at_most_max_close_postings_at_once() {
    for (n_open, max_close, limit) in [
        (20, "", 10),
        (33, "", 10),
        (40, "", 12),
        (20, "&max_close=3", 3),
        (20, "&max_close=25%25", 5),
        (20, "&max_close=0", 0),
        (20, "&max_close=0%25", 0),
        (20, "&max_close=99%25", 19),
    ] {
        let (found, states) = without(n_open, limit, max_close);
        assert_eq!(found, closed(limit as u64, 0, 0), "{n_open} {max_close}");
        assert_eq!(states, [(n_open - limit) as u64, limit as u64, 0]);

        // A list of nothing would be `empty`.
        if limit + 1 == n_open {
            continue;
        }
        let (found, states) = without(n_open, limit + 1, max_close);
        let n_missing = limit + 1;
        let expected = json!({
            "code": "shrunk", "open": n_open, "missing": n_missing, "max_close": limit,
        });
        assert_eq!(withheld(&found), expected, "{n_open} {max_close}");
        assert_eq!(
            (&found["closed"], &found["missing"]),
            (&json!(0), &json!(n_missing))
        );
        assert_eq!(states, [n_open as u64, 0, n_missing as u64]);
    }
    let (found, states) = without(20, 19, "&max_close=100%25");
    assert_eq!(found, closed(19, 0, 0));
    assert_eq!(states, [1, 19, 0]);
}

#[test]
fn shrunk_list_explains_itself() {
    let worker = start(20);
    let observed_ms = now_ms() - HOUR_MS;
    let query = format!("&observed_at={}", iso_time(observed_ms));
    let found = closing(&list(&worker, &query, &postings(11..20)));
    assert_eq!(found["withheld"]["until"], iso_time(observed_ms + HOUR_MS));
    let detail = found["withheld"]["detail"].as_str().expect("a text");
    let detail = detail.replace(&iso_time(observed_ms + HOUR_MS), "[until]");
    insta::assert_snapshot!(detail, @"11 of 20 open postings are missing for the first time, more than 10; a list fetched at [until] or later closes those it does not have either");
}

/// Seven times on record, all ids of a feed changed while their number stayed the same.
#[test]
fn ids_are_compared_and_not_counts() {
    let worker = start(20);
    let answer = list(&worker, "", &postings(20..40));
    assert_eq!(withheld(&closing(&answer))["code"], "shrunk");
    assert_eq!(counts(&answer).inserted, 20);
    assert_eq!(n_states(&worker), [40, 0, 20]);
}

#[test]
fn older_list_than_the_last_one_closes_nothing() {
    let worker = start(3);
    list(&worker, "", &postings(0..3));
    let hour_ago = iso_time(now_ms() - HOUR_MS);
    let body = json!([{ "externalId": "p0", "title": "late" }]);
    let answer = list(&worker, &format!("&observed_at={hour_ago}"), &body);
    let found = closing(&answer);
    assert_eq!(
        withheld(&found),
        json!({ "code": "overtaken", "open": 3, "missing": 2 })
    );
    let detail = found["withheld"]["detail"].as_str().expect("a text");
    assert!(
        detail.ends_with(&format!("which is later than {hour_ago}")),
        "{detail}"
    );
    // Its postings are written, as those of any request.
    assert_eq!(counts(&answer).updated, 1);
    assert_eq!(states(&worker), "p0 open, p1 open, p2 open");
    // It is no news about the source.
    let last = worker.sql("SELECT withheld, observed_at > ingested_at AS is_last FROM ingest_sources, (SELECT max(created_at) AS ingested_at FROM jobs)");
    assert_eq!(last, json!([{ "withheld": null, "is_last": 1 }]));
}

/// An older list of ids has no postings that it could open.
#[test]
fn older_list_of_ids_opens_nothing() {
    let worker = start(3);
    list(&worker, "", &postings(0..2));
    let hour_ago = iso_time(now_ms() - HOUR_MS);
    let query = format!("?observed_at={hour_ago}");
    let found = closing(&put(&worker, &query, &super::ids([2])));
    assert_eq!(withheld(&found)["code"], "overtaken");
    assert_eq!(
        (&found["closed"], &found["reopened"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(states(&worker), "p0 open, p1 open, p2 closed absent");
}

/// Each part of it would count as the whole list.
#[test]
fn list_that_is_too_long_is_not_to_be_sent_in_parts() {
    let worker = start(3);
    let postings: Vec<Value> = (0..=MAX_ITEMS)
        .map(|id| json!({ "externalId": id }))
        .collect();
    let path = "/jobs/ingest?source=acme&snapshot=complete";
    let answer = worker
        .post(path)
        .token(TOKEN)
        .json(json!(postings).to_string())
        .send();
    assert_problem(&answer, 413, "too_many_items");
    let advice = "then the ids with PUT /sources/{source}/snapshot";
    assert!(answer.body.contains(advice), "{}", answer.body);
    assert_eq!(states(&worker), "p0 open, p1 open, p2 open");
}
