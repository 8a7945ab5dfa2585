//! `PUT /sources/{source}/snapshot`: a complete list by its ids, for lists longer than a request.

use jobs_ingest_core::limits::{MAX_LISTED_IDS, MAX_SHOWN_POSITIONS};
use jobs_ingest_tests::TOKEN;
use jobs_ingest_tests::http::Request;
use serde_json::{Value, json};

use super::{
    closed, closing, ids, list, n_states, postings, put, put_request, start, states, writes_nothing,
};
use crate::support::{counts, gzip, send};

#[test]
fn closes_what_is_not_listed_and_reopens_what_is() {
    let worker = start(4);
    let answer = put(&worker, "", &ids(0..3));
    assert_eq!(closing(&answer), closed(1, 0, 0));
    assert_eq!(answer.json()["received"], 3);
    assert_eq!(
        states(&worker),
        "p0 open, p1 open, p2 open, p3 closed absent"
    );
    let before = worker.sql("SELECT id, created_at, ingested_at FROM jobs");
    assert_eq!(closing(&put(&worker, "", &ids(0..4))), closed(0, 1, 0));
    assert_eq!(states(&worker), "p0 open, p1 open, p2 open, p3 open");
    let after = worker.sql("SELECT id, created_at, ingested_at FROM jobs");
    assert_eq!(after, before);
    // The next request writes the posting again only if it has changed.
    assert_eq!(
        counts(&send(&worker, "?source=acme", &postings([3]))).unchanged,
        1
    );
}

#[test]
fn accepts_ids_and_objects_as_json_and_ndjson_plain_and_gzipped() {
    let put = |worker: &jobs_ingest_tests::Worker| {
        let request = worker.http().request("PUT", "/sources/acme/snapshot");
        request.token(TOKEN)
    };
    let lines = "\"p0\"\n\n{\"externalId\":\"p1\"}\r\n";
    let array = r#"["p0",{"external_id":"p1","hash":null,"title":"ignored"}]"#;
    let ndjson = |request: Request| request.header("content-type", "application/x-ndjson");
    let gzipped = |request: Request| request.header("content-encoding", "gzip");
    let requests: [fn(Request) -> Request; 2] = [ndjson, gzipped];
    let [ndjson, gzipped] = requests;
    for number in 0..4 {
        let worker = start(3);
        let request = put(&worker);
        let request = match number {
            0 => request.json(array),
            1 => ndjson(request).body(lines),
            2 => gzipped(request).json(gzip(array)),
            _ => gzipped(ndjson(request)).body(gzip(lines)),
        };
        assert_eq!(closing(&request.send()), closed(1, 0, 0), "{number}");
        assert_eq!(states(&worker), "p0 open, p1 open, p2 closed absent");
    }
}

#[test]
fn number_is_the_id_of_its_text_and_repeated_ids_count_once() {
    let worker = start(0);
    send(
        &worker,
        "?source=acme",
        &json!([{ "externalId": 7 }, { "externalId": "8" }]),
    );
    let answer = put(&worker, "", &json!([7, "7", " 7 ", { "externalId": 7 }]));
    assert_eq!(closing(&answer), closed(1, 0, 0));
    assert_eq!(answer.json()["received"], 4);
}

#[test]
fn source_in_the_path_is_percent_encoded() {
    let source = "greenhouse:acme co/é 100%";
    let encoded = "greenhouse:acme%20co%2F%C3%A9%20100%25";
    let worker = start(1);
    send(
        &worker,
        &format!("?source={encoded}"),
        &json!([{ "externalId": "a" }, { "externalId": "b" }]),
    );
    let path = format!("/sources/{encoded}/snapshot");
    let request = worker.http().request("PUT", &path).token(TOKEN);
    assert_eq!(closing(&request.json(r#"["a"]"#).send()), closed(1, 0, 0));
    let path = format!("/sources/{encoded}");
    let answer = worker.get(&path).token(TOKEN).send().json();
    assert_eq!(
        (&answer["source"], &answer["open"], &answer["closed"]),
        (&json!(source), &json!(1), &json!(1))
    );
}

#[test]
fn path_that_is_no_source_is_404() {
    let worker = start(1);
    let too_long = "x".repeat(101);
    for source in ["%00", "%ff", too_long.as_str()] {
        let path = format!("/sources/{source}/snapshot");
        let request = worker.http().request("PUT", &path).token(TOKEN);
        writes_nothing(&worker, request.json("[]"), 404, "source_not_found");
    }
    let longest = "x".repeat(100);
    let path = format!("/sources/{longest}/snapshot?allow_empty=true");
    let request = worker.http().request("PUT", &path).token(TOKEN);
    assert_eq!(closing(&request.json("[]").send()), closed(0, 0, 0));
}

fn positions(list: &Value) -> Vec<u64> {
    let positions = list["positions"].as_array().expect("positions").iter();
    positions.map(|at| at.as_u64().expect("a number")).collect()
}

#[test]
fn list_of_postings_that_are_not_stored_closes_nothing_and_names_their_positions() {
    let worker = start(3);
    let list = json!(["p0", "new", "p1", { "externalId": "other" }, "new"]);
    for query in ["", "?dry_run=true", "?max_close=100%25"] {
        let request = put_request(&worker, query, &list);
        let answer = writes_nothing(&worker, request, 409, "snapshot_incomplete").json();
        assert_eq!(answer["total"], 3, "{query}");
        assert_eq!(positions(&answer), [1, 3, 4], "{query}");
    }
    send(
        &worker,
        "?source=acme",
        &json!([{ "externalId": "new" }, { "externalId": "other" }]),
    );
    assert_eq!(closing(&put(&worker, "", &list)), closed(1, 0, 0));
}

#[test]
fn posting_that_is_stored_with_another_hash_is_not_stored() {
    let worker = start(0);
    let stored = json!([{ "externalId": "a" }, { "externalId": "b" }]);
    send(&worker, "?source=acme", &stored);
    let rows =
        worker.sql("SELECT content_hash AS hash FROM jobs WHERE source = 'acme' ORDER BY id");
    let hash = |index: usize| rows[index]["hash"].clone();
    let list = |a: Value, b: Value| json!([{ "externalId": "a", "hash": a }, { "externalId": "b", "hash": b }]);
    let swapped = list(
        hash(0),
        hash(1).as_str().map(|_| json!("AAAAAAAAAAA")).unwrap(),
    );
    let request = put_request(&worker, "", &swapped);
    let answer = writes_nothing(&worker, request, 409, "snapshot_incomplete").json();
    assert_eq!((positions(&answer), &answer["total"]), (vec![1], &json!(1)));
    let own = list(hash(0), hash(1));
    assert_eq!(closing(&put(&worker, "", &own)), closed(0, 0, 0));
}

/// A closed posting has no hash: whether it is still as listed is unknown.
#[test]
fn closed_posting_that_is_listed_with_a_hash_is_to_be_sent() {
    let worker = start(0);
    send(&worker, "?source=acme", &json!([{ "externalId": "a" }]));
    let rows = worker.sql("SELECT content_hash AS hash FROM jobs WHERE source = 'acme'");
    put(&worker, "?allow_empty=true", &json!([]));
    let listed = json!([{ "externalId": "a", "hash": rows[0]["hash"] }]);
    let request = put_request(&worker, "", &listed);
    writes_nothing(&worker, request, 409, "snapshot_incomplete");
    assert_eq!(closing(&put(&worker, "", &json!(["a"]))), closed(0, 1, 0));
    // It is stored as sent, but nobody knows until it is sent.
    assert_eq!(put(&worker, "", &listed).status, 409);
    send(&worker, "?source=acme", &json!([{ "externalId": "a" }]));
    assert_eq!(put(&worker, "", &listed).status, 200);
}

#[test]
fn answer_names_the_first_10000_positions() {
    let worker = start(1);
    for n_unknown in [MAX_SHOWN_POSITIONS, MAX_SHOWN_POSITIONS + 1] {
        let list = ids(0..=n_unknown);
        let request = put_request(&worker, "", &list);
        let answer = writes_nothing(&worker, request, 409, "snapshot_incomplete").json();
        assert_eq!(answer["total"], n_unknown);
        let expected: Vec<u64> = (1..=MAX_SHOWN_POSITIONS as u64).collect();
        assert_eq!(positions(&answer), expected);
    }
}

#[test]
fn accepts_a_list_of_250000_ids_and_not_one_more() {
    const N_UNLISTED: usize = 5;
    let worker = start(MAX_LISTED_IDS + N_UNLISTED);
    let answer = put(&worker, "", &ids(0..MAX_LISTED_IDS));
    assert_eq!(closing(&answer), closed(N_UNLISTED as u64, 0, 0));
    assert_eq!(answer.json()["received"], MAX_LISTED_IDS);
    let one_more = put_request(&worker, "", &ids(0..=MAX_LISTED_IDS)).send();
    crate::support::assert_problem(&one_more, 413, "too_many_items");
    insta::assert_snapshot!(one_more.json()["detail"], @r#""the list holds more than 250000 ids""#);
    assert_eq!(
        n_states(&worker),
        [MAX_LISTED_IDS as u64, N_UNLISTED as u64, 0]
    );
}

#[test]
fn invalid_ids_are_422_and_other_bodies_400() {
    let worker = start(1);
    let mut details = Vec::new();
    let long = format!("[\"{}\"]", "x".repeat(501));
    for (body, status, code) in [
        (r#"["p0",null]"#, 422, "invalid_ids"),
        (r#"["p0",{"id":"p1"}]"#, 422, "invalid_ids"),
        (r#"[""]"#, 422, "invalid_ids"),
        (
            r#"[{"externalId":"p0","hash":"short"}]"#,
            422,
            "invalid_ids",
        ),
        (&long, 422, "invalid_ids"),
        (r#"{"items":[]}"#, 400, "ids_required"),
        ("", 400, "ids_required"),
        (r#"["p0""#, 400, "invalid_json"),
    ] {
        let request = worker.http().request("PUT", "/sources/acme/snapshot");
        let request = request.token(TOKEN).json(body);
        let answer = writes_nothing(&worker, request, status, code);
        let detail = answer.json()["detail"].as_str().map(str::to_owned);
        details.push(format!("{code}: {}", detail.expect("a detail")));
    }
    insta::assert_snapshot!(details.join("\n"), @r#"
    invalid_ids: ids[1] is null, expected an id, or an object with externalId
    invalid_ids: ids[1].externalId is missing
    invalid_ids: ids[0] is empty
    invalid_ids: ids[0].hash is not 11 letters, digits, - and _
    invalid_ids: ids[0] is 501 characters, the limit is 500
    ids_required: the body is an object, expected a JSON array of ids, or NDJSON with Content-Type application/x-ndjson
    ids_required: the body is empty, expected a JSON array of ids, or NDJSON with Content-Type application/x-ndjson
    invalid_json: expected `,` or `]`, found the end of the text (line 1, column 6)
    "#);
    let request = worker.http().request("PUT", "/sources/acme/snapshot");
    let request = request.token(TOKEN).header("content-type", "text/csv");
    writes_nothing(&worker, request.body("p0"), 415, "unsupported_media_type");
}

#[test]
fn options_are_those_of_a_list() {
    let worker = start(20);
    for query in ["?source=acme", "?snapshot=complete", "?touch=true"] {
        let request = put_request(&worker, query, &ids([0]));
        writes_nothing(&worker, request, 400, "invalid_option");
    }
    let answer = put(&worker, "?max_close=0", &ids(0..19));
    assert_eq!(closing(&answer)["withheld"]["code"], "shrunk");
    assert_eq!(n_states(&worker), [20, 0, 1]);
    let answer = put(&worker, "?max_close=1", &ids(0..18));
    assert_eq!(closing(&answer), closed(1, 0, 1));
}

/// The protocol for a list that is longer than a request.
#[test]
fn postings_in_several_requests_then_the_list() {
    let worker = start(4);
    for part in [4..6, 6..8] {
        send(&worker, "?source=acme", &postings(part));
    }
    assert_eq!(closing(&put(&worker, "", &ids(2..8))), closed(2, 0, 0));
    // What has been sent since is in the next list.
    assert_eq!(
        closing(&list(&worker, "", &postings(2..9))),
        closed(0, 0, 0)
    );
}
