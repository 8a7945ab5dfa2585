//! The steps that close postings: a source of the check's own is listed, shrunk, restored and emptied.

use serde_json::{Value, json};

use super::expect::{Counts, Expected};
use super::failure::Failure;
use super::postings::{Postings, body};
use crate::http::{Client, Token};

/// The source of the lists.
pub const LIST_SOURCE: &str = "smoke-list";

/// Trusts the list, so that leftovers of an earlier check are closed.
const FIRST_LIST: &str = "/jobs/ingest?source=smoke-list&snapshot=complete&max_close=100%25";
const LIST: &str = "/jobs/ingest?source=smoke-list&snapshot=complete";
const EMPTY_LIST: &str = "/jobs/ingest?source=smoke-list&snapshot=complete&allow_empty=true";
const LIST_DRY_RUN: &str =
    "/jobs/ingest?source=smoke-list&snapshot=complete&max_close=100%25&dry_run=true";
const CLOSE: &str = "/jobs/close?source=smoke";
const CLOSE_LISTED: &str = "/jobs/close?source=smoke-list";

fn listed_id(number: u8) -> String {
    format!("smoke-list-{number}")
}

/// The ids are those of every run, so that repeated checks leave no further rows.
fn listed(numbers: &[u8]) -> String {
    let posting = |number: &u8| {
        json!({
            "externalId": listed_id(*number),
            "title": "Smoke test, listed",
            "description": "Written by jobs-ingest smoke; may be deleted.",
        })
    };
    let postings: Vec<Value> = numbers.iter().map(posting).collect();
    body(&postings)
}

/// Lists three postings, then one of them, then all; then none, which must close nothing until it is
/// allowed to.
pub fn complete_list(client: &Client, _: &Postings) -> Result<String, Failure> {
    let send = |path, numbers: &[u8], expected: Expected| {
        let answer = client.post(path, Token::With, &listed(numbers))?;
        expected.check(&answer)
    };
    // Whether they are new depends on earlier checks.
    let first = Expected::status(200)
        .field("success", true)
        .field("upserted", 3)
        .field("closing.withheld", Value::Null);
    send(FIRST_LIST, &[1, 2, 3], first)?;

    let shrunk = Counts {
        unchanged: 1,
        ..Counts::default()
    };
    let shrunk = Expected::status(200).counts(1, shrunk);
    send(LIST, &[1], closing(shrunk, 2, 0))?;

    let restored = Counts {
        updated: 2,
        unchanged: 1,
        ..Counts::default()
    };
    let restored = Expected::status(200).counts(3, restored);
    send(LIST, &[1, 2, 3], closing(restored, 0, 2))?;

    let empty = Expected::status(207)
        .counts(0, Counts::default())
        .field("closing.closed", 0)
        .field("closing.withheld.code", "empty");
    send(LIST, &[], empty)?;
    let emptied = Expected::status(200).counts(0, Counts::default());
    send(EMPTY_LIST, &[], closing(emptied, 3, 0))?;
    Ok("2 closed, reopened, then all closed".to_owned())
}

/// The `closing` of a list of which nothing was withheld.
fn closing(expected: Expected, closed: u64, reopened: u64) -> Expected {
    expected
        .field("closing.closed", closed)
        .field("closing.reopened", reopened)
        .field("closing.missing", 0)
        .field("closing.withheld", Value::Null)
}

/// What a complete list would do; whether its postings are new depends on earlier checks.
pub fn list_dry_run(client: &Client, _: &Postings) -> Result<String, Failure> {
    let answer = client.post(LIST_DRY_RUN, Token::With, &listed(&[1, 2, 3]))?;
    Expected::status(200)
        .field("success", true)
        .field("dry_run", true)
        .field("upserted", 3)
        .field("closing.withheld", Value::Null)
        .check(&answer)?;
    Ok("3 would be listed".to_owned())
}

/// The three rows of this run, so that no board displays them.
pub fn close(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let answer = client.post(CLOSE, Token::With, &ids(postings))?;
    Expected::status(200)
        .field("success", true)
        .field("received", 3)
        .field("closing.closed", 3)
        .field("closing.already_closed", 0)
        .field("closing.unknown", 0)
        .check(&answer)?;
    Ok("3 closed".to_owned())
}

fn ids(postings: &Postings) -> String {
    json!(["1", "2", "3"].map(|name| postings.id(name))).to_string()
}

/// Closes whatever a check that failed has left open, in each source. Returns how many.
pub fn clean_up(client: &Client, postings: &Postings) -> Result<u64, Failure> {
    let listed = json!([1, 2, 3].map(listed_id)).to_string();
    let own = close_open(client, CLOSE, &ids(postings));
    let listed = close_open(client, CLOSE_LISTED, &listed);
    Ok(own? + listed?)
}

fn close_open(client: &Client, path: &str, ids: &str) -> Result<u64, Failure> {
    let answer = client.post(path, Token::With, ids)?;
    Expected::status(200).check(&answer)?;
    let json = answer.json.as_ref();
    let closed = json.and_then(|json| json.pointer("/closing/closed"));
    Ok(closed.and_then(Value::as_u64).unwrap_or_default())
}
