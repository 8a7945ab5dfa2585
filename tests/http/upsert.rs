//! Insert, change and repeat: what is written, what is not, and exact counts.

use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use crate::support::{Counts, counts, send, table};

const LONG_AGO: &str = "2001-02-03T04:05:06.789Z";

/// Backdates all rows, so that later writes can be recognised.
fn backdate(worker: &Worker) {
    worker.execute(&format!(
        "UPDATE jobs SET ingested_at = '{LONG_AGO}', created_at = '{LONG_AGO}'"
    ));
}

/// The external ids of rows written since [`backdate`].
fn written(worker: &Worker) -> Value {
    let rows = worker.sql(&format!(
        "SELECT external_id FROM jobs WHERE ingested_at <> '{LONG_AGO}' ORDER BY id"
    ));
    rows.as_array()
        .expect("rows")
        .iter()
        .map(|row| row["external_id"].clone())
        .collect()
}

fn full() -> Value {
    json!({
        "externalId": "a", "title": "T", "companyId": 2, "location": "L", "salary": "S",
        "description": "D", "jobType": "J", "workMode": "W", "categoryId": 3, "isFeatured": true,
        "source": "feed",
    })
}

#[test]
fn inserts_repeats_and_changes_are_counted_exactly() {
    let worker = Worker::start();
    let posting = |id: &str, title: &str| json!({ "externalId": id, "title": title });
    let first = json!([posting("a", "1"), posting("b", "1"), posting("c", "1")]);
    let all_new = Counts {
        received: 3,
        inserted: 3,
        ..Counts::default()
    };
    assert_eq!(counts(&send(&worker, "", &first)), all_new);

    let all_unchanged = Counts {
        received: 3,
        unchanged: 3,
        ..Counts::default()
    };
    assert_eq!(counts(&send(&worker, "", &first)), all_unchanged);

    let mixed = json!([
        posting("b", "2"),
        posting("d", "1"),
        posting("a", "1"),
        posting("e", "old"),
        { "externalId": "bad", "title": {} },
        posting("c", "2"),
        posting("e", "new"),
        posting("f", "1"),
    ]);
    let expected = Counts {
        received: 8,
        inserted: 3,
        updated: 2,
        unchanged: 1,
        duplicates: 1,
        rejected: 1,
    };
    assert_eq!(counts(&send(&worker, "?on_error=skip", &mixed)), expected);
    assert_eq!(
        worker.sql("SELECT group_concat(external_id || title, ' ') AS all_of_them FROM (SELECT * FROM jobs ORDER BY external_id)"),
        json!([{ "all_of_them": "a1 b2 c2 d1 enew f1" }])
    );
}

#[test]
fn unchanged_rows_are_not_written() {
    let worker = Worker::start();
    send(&worker, "", &json!([full()]));
    backdate(&worker);
    let before = table(&worker);
    assert_eq!(counts(&send(&worker, "", &json!([full()]))).unchanged, 1);
    assert_eq!(table(&worker), before);
}

#[test]
fn stating_defaults_is_not_a_change() {
    let worker = Worker::start();
    send(&worker, "", &json!([{ "externalId": "a" }]));
    let spelled_out = json!([{
        "externalId": "a", "title": "", "companyId": 0, "location": null, "salary": "",
        "description": null, "jobType": "Full-time", "workMode": "On-site", "categoryId": "1",
        "isFeatured": "false", "source": "manual", "unknown": 1,
    }]);
    assert_eq!(counts(&send(&worker, "", &spelled_out)).unchanged, 1);
}

#[test]
fn touch_writes_unchanged_rows() {
    let worker = Worker::start();
    let other = json!({ "externalId": "b" });
    send(&worker, "", &json!([full(), other]));
    backdate(&worker);
    let answer = send(&worker, "?touch=true", &json!([full()]));
    let expected = Counts {
        received: 1,
        updated: 1,
        ..Counts::default()
    };
    assert_eq!(counts(&answer), expected);
    assert_eq!(written(&worker), json!(["a"]));
    let rows = table(&worker);
    assert_eq!(rows[0]["created_at"], LONG_AGO, "is kept");
    assert_eq!(rows[0]["title"], "T");
}

/// A change of a single field is detected and written; id, external_id and created_at stay.
#[test]
fn change_of_any_field_is_written() {
    let worker = Worker::start();
    let changes = [
        ("title", json!("T2"), "title", json!("T2")),
        ("companyId", json!(20), "company_id", json!(20)),
        ("location", json!(null), "location", json!(null)),
        ("salary", json!(1), "salary", json!("1")),
        ("description", json!("D "), "description", json!("D ")),
        ("jobType", json!(null), "job_type", json!("Full-time")),
        ("workMode", json!("w"), "work_mode", json!("w")),
        ("categoryId", json!(30), "category_id", json!(30)),
        ("isFeatured", json!(false), "is_featured", json!(0)),
    ];
    // Other rows, which must not change.
    send(
        &worker,
        "",
        &json!([{ "externalId": "0" }, full(), { "externalId": "z" }]),
    );
    backdate(&worker);
    let mut expected = table(&worker);
    let mut posting = full();
    for (field, sent, column, stored) in changes {
        posting[field] = sent;
        let answer = send(&worker, "", &json!([posting]));
        let one_updated = Counts {
            received: 1,
            updated: 1,
            ..Counts::default()
        };
        assert_eq!(counts(&answer), one_updated, "{field}");
        assert_eq!(written(&worker), json!(["a"]), "{field}");
        backdate(&worker);
        expected[1][column] = stored;
        let now = table(&worker);
        assert_ne!(
            now[1]["content_hash"], expected[1]["content_hash"],
            "{field}"
        );
        expected[1]["content_hash"] = now[1]["content_hash"].clone();
        assert_eq!(now, expected, "{field}");
    }
}

/// From a text to null and back: a comparison with `<>` would miss it.
#[test]
fn change_to_and_from_null_is_detected() {
    let worker = Worker::start();
    for (salary, updated) in [
        (json!(null), 0),
        (json!("1"), 1),
        (json!(null), 1),
        (json!(null), 0),
    ] {
        let answer = send(
            &worker,
            "",
            &json!([{ "externalId": "a", "salary": salary }]),
        );
        assert_eq!(counts(&answer).updated, updated);
        assert_eq!(table(&worker)[0]["salary"], salary);
    }
}

#[test]
fn timestamps_of_new_and_changed_rows() {
    let worker = Worker::start();
    send(
        &worker,
        "",
        &json!([{ "externalId": "a" }, { "externalId": "b" }]),
    );
    let rows = table(&worker);
    assert_eq!(rows[0]["ingested_at"], rows[0]["created_at"]);
    assert_eq!(rows[0]["ingested_at"], rows[1]["ingested_at"]);
    backdate(&worker);
    send(&worker, "", &json!([{ "externalId": "a", "title": "new" }]));
    let rows = table(&worker);
    assert_eq!(rows[0]["created_at"], LONG_AGO);
    assert!(rows[0]["ingested_at"].as_str() > Some(LONG_AGO));
}

#[test]
fn last_posting_with_the_same_id_wins() {
    let worker = Worker::start();
    let postings = json!([
        { "externalId": "a", "title": "first", "salary": "only here" },
        { "externalId": "b" },
        { "externalId": " a ", "title": "second" },
        { "externalId": "1", "title": "text" },
        { "externalId": 1, "title": "number" },
        { "externalId": "a", "title": "last" },
        { "externalId": "A", "title": "another id" },
    ]);
    let expected = Counts {
        received: 7,
        inserted: 4,
        duplicates: 3,
        ..Counts::default()
    };
    assert_eq!(counts(&send(&worker, "", &postings)), expected);
    assert_eq!(
        worker.sql("SELECT external_id AS id, title, salary FROM jobs ORDER BY external_id"),
        json!([
            { "id": "1", "title": "number", "salary": null },
            { "id": "A", "title": "another id", "salary": null },
            { "id": "a", "title": "last", "salary": null },
            { "id": "b", "title": "", "salary": null },
        ])
    );
    let again = Counts {
        received: 7,
        unchanged: 4,
        duplicates: 3,
        ..Counts::default()
    };
    assert_eq!(counts(&send(&worker, "", &postings)), again);
}

/// An invalid posting neither wins nor counts as a duplicate.
#[test]
fn invalid_posting_does_not_replace_a_valid_one() {
    let worker = Worker::start();
    let postings = json!([
        { "externalId": "a", "title": "valid" },
        { "externalId": "a", "title": {} },
    ]);
    let expected = Counts {
        received: 2,
        inserted: 1,
        rejected: 1,
        ..Counts::default()
    };
    assert_eq!(
        counts(&send(&worker, "?on_error=skip", &postings)),
        expected
    );
    assert_eq!(table(&worker)[0]["title"], "valid");
}

/// Counts are of postings only, whatever the board's triggers do in the same transaction.
#[test]
fn counts_exclude_writes_of_the_boards_triggers() {
    let worker = Worker::start();
    worker.execute(
        "CREATE TABLE changes (external_id TEXT);
         CREATE TRIGGER after_insert AFTER INSERT ON jobs BEGIN
           INSERT INTO changes VALUES (NEW.external_id), (NEW.external_id);
         END;
         CREATE TRIGGER after_update AFTER UPDATE ON jobs BEGIN
           INSERT INTO changes VALUES (NEW.external_id);
         END;",
    );
    let posting =
        |title: &str| json!([{ "externalId": "a", "title": title }, { "externalId": "b" }]);
    assert_eq!(counts(&send(&worker, "", &posting("1"))).inserted, 2);
    let changed = counts(&send(&worker, "", &posting("2")));
    assert_eq!((changed.updated, changed.unchanged), (1, 1));
    assert_eq!(
        worker.sql("SELECT count(*) AS n FROM changes"),
        json!([{ "n": 5 }])
    );
}
