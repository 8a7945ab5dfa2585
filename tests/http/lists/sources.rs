//! `GET /sources` and `GET /sources/{source}`: the postings and the last list of each source.

use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use super::{HOUR_MS, about_ids, ids, list, now_ms, postings, put, start, writes_nothing};
use crate::support::{run_id, send};

fn source(worker: &Worker, source: &str) -> Value {
    let answer = worker
        .get(&format!("/sources/{source}"))
        .token(TOKEN)
        .send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn page(worker: &Worker, query: &str) -> (Vec<String>, Value) {
    let answer = worker.get(&format!("/sources{query}")).token(TOKEN).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = answer.json();
    let sources = page["sources"].as_array().expect("sources").iter();
    let sources = sources.map(|source| source["source"].as_str().expect("a name").to_owned());
    (sources.collect(), page["next_cursor"].clone())
}

#[test]
fn source_without_a_list_has_its_counts() {
    let worker = start(3);
    about_ids(&worker, "close", "", &ids([1])).send();
    assert_eq!(
        source(&worker, "acme"),
        json!({
            "source": "acme", "open": 2, "closed": 1, "missing": 0,
            "last_list": null, "withheld": null, "missing_postings": [],
        })
    );
}

#[test]
fn source_has_its_last_list_and_what_was_withheld() {
    let worker = start(20);
    send(&worker, "?source=acme&touch=true", &postings(0..20));
    let at = iso_time(now_ms());
    let first = list(&worker, &format!("&observed_at={at}"), &postings(1..21));
    let found = source(&worker, "acme");
    assert_eq!(
        found,
        json!({
            "source": "acme", "open": 20, "closed": 1, "missing": 0,
            "last_list": {
                "observed_at": at, "listed": 20, "run_id": run_id(&first),
                // Of 20 postings one is new.
                "unchanged_share": 0.95,
            },
            "withheld": null, "missing_postings": [],
        })
    );

    let shrunk = put(&worker, "", &ids(1..3));
    let found = source(&worker, "acme");
    assert_eq!(found["withheld"], shrunk.json()["closing"]["withheld"]);
    assert_eq!(
        (
            &found["open"],
            &found["missing"],
            &found["last_list"]["run_id"]
        ),
        (&json!(20), &json!(18), &json!(run_id(&shrunk)))
    );

    // A list of ids has no postings that could have changed.
    assert_eq!(found["last_list"]["unchanged_share"], Value::Null);

    // A list that is not whole is reported, and is not the last list.
    let empty = list(&worker, "", &json!([]));
    let found = source(&worker, "acme");
    assert_eq!(found["withheld"], empty.json()["closing"]["withheld"]);
    assert_eq!(found["last_list"]["run_id"], run_id(&shrunk));

    // One that is older is not news.
    let hour_ago = iso_time(now_ms() - HOUR_MS);
    list(
        &worker,
        &format!("&observed_at={hour_ago}"),
        &postings(0..1),
    );
    let found = source(&worker, "acme");
    assert_eq!(found["withheld"]["code"], "empty");

    list(&worker, "", &postings(1..21));
    let found = source(&worker, "acme");
    assert_eq!(
        (&found["withheld"], &found["missing"]),
        (&Value::Null, &json!(0))
    );
}

#[test]
fn names_the_first_100_missing_postings_by_id() {
    let worker = start(110);
    let at = iso_time(now_ms());
    let first = json!([{ "externalId": "p000", "title": "First" }]);
    send(&worker, "?source=acme", &first);
    // Fetched after it was written.
    let answer = list(&worker, &format!("&observed_at={at}"), &postings(0..1));
    assert_eq!(answer.json()["closing"]["missing"], 109, "{}", answer.body);
    let answer = list(&worker, "&max_close=0", &postings(0..1));
    assert_eq!(answer.json()["closing"]["missing"], 110, "{}", answer.body);

    let found = source(&worker, "acme");
    let missing = found["missing_postings"].as_array().expect("an array");
    assert_eq!((&found["missing"], missing.len()), (&json!(110), 100));
    let since = missing[0]["missing_since"].clone();
    let expected = json!({ "externalId": "p000", "title": "First", "missing_since": since });
    assert_eq!(missing[0], expected);
    assert_eq!(missing[1]["missing_since"], at);
    let ids: Vec<_> = missing
        .iter()
        .map(|posting| posting["externalId"].as_str())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    // They are of this source, and not part of a page.
    assert_eq!(source(&worker, "globex")["missing_postings"], json!([]));
    let page = worker.get("/sources").token(TOKEN).send().json();
    assert_eq!(page["sources"][0].get("missing_postings"), None);
}

#[test]
fn list_of_a_source_without_postings_makes_it_known() {
    let worker = start(1);
    let request = || worker.get("/sources/new").token(TOKEN);
    writes_nothing(&worker, request(), 404, "source_not_found");
    let path = "/sources/new/snapshot?allow_empty=true";
    let put = worker.http().request("PUT", path).token(TOKEN).json("[]");
    assert_eq!(put.send().status, 200);
    let found = source(&worker, "new");
    assert_eq!(
        (&found["open"], &found["last_list"]["listed"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(page(&worker, "").0, ["acme", "globex", "new"]);
}

#[test]
fn pages_visit_every_source_once_by_name() {
    let worker = Worker::start();
    let names = ["A", "a", "b", "b c", "é", "źdźbło"];
    let all: Value = names
        .iter()
        .rev()
        .map(|name| json!({ "externalId": "1", "source": name }))
        .collect();
    send(&worker, "", &all);
    for limit in 1..=names.len() + 1 {
        let mut seen = Vec::new();
        let mut query = format!("?limit={limit}");
        loop {
            let (sources, next) = page(&worker, &query);
            assert!(sources.len() <= limit);
            seen.extend(sources);
            let Some(cursor) = next.as_str() else { break };
            let cursor: String = cursor.bytes().map(|byte| format!("%{byte:02X}")).collect();
            query = format!("?limit={limit}&cursor={cursor}");
        }
        assert_eq!(seen, names, "{limit}");
    }
    assert_eq!(
        page(&worker, "?cursor=b"),
        (
            vec!["b c".to_owned(), "é".to_owned(), "źdźbło".to_owned()],
            Value::Null
        )
    );
    for query in ["?limit=0", "?limit=201", "?cursor=", "?page=2"] {
        let request = worker.get(&format!("/sources{query}")).token(TOKEN);
        writes_nothing(&worker, request, 400, "invalid_option");
    }
    assert_eq!(page(&worker, "?limit=200").0.len(), names.len());
}

#[test]
fn database_without_postings_has_no_sources() {
    let worker = Worker::start();
    assert_eq!(page(&worker, ""), (Vec::new(), Value::Null));
}
