//! The steps of the check, in order. Later steps rely on the rows of earlier ones.

use jobs_ingest_core::field::FIELDS;
use serde_json::Value;

use super::expect::{Counts, Expected};
use super::failure::Failure;
use super::lists::{close, complete_list, list_dry_run};
use super::postings::{Postings, body, invalid};
use super::token::token;
use crate::http::{Client, Token};

const HEALTH: &str = "/health";
const INGEST: &str = "/jobs/ingest";
const INGEST_SKIP: &str = "/jobs/ingest?on_error=skip";
const INGEST_KEEP: &str = "/jobs/ingest?missing=keep";
const INGEST_DRY_RUN: &str = "/jobs/ingest?dry_run=true";

const N_DRY_RUN: usize = 1_000;

/// Something that the documentation promises.
pub struct Step {
    pub name: &'static str,
    /// Whether it writes rows; `--dry-run` leaves these steps out.
    pub writes: bool,
    /// Returns what it found, in a few words.
    pub run: fn(&Client, &Postings) -> Result<String, Failure>,
}

pub const STEPS: &[Step] = &[
    Step {
        name: "health",
        writes: false,
        run: health,
    },
    Step {
        name: "without a token",
        writes: false,
        run: without_token,
    },
    Step {
        name: "token",
        writes: false,
        run: token,
    },
    Step {
        name: "empty body",
        writes: false,
        run: empty_body,
    },
    Step {
        name: "insert",
        writes: true,
        run: insert,
    },
    Step {
        name: "repeat",
        writes: true,
        run: repeat,
    },
    Step {
        name: "change",
        writes: true,
        run: change,
    },
    Step {
        name: "duplicates",
        writes: true,
        run: duplicates,
    },
    Step {
        name: "partial acceptance",
        writes: true,
        run: partial_acceptance,
    },
    Step {
        name: "all fields",
        writes: true,
        run: all_fields,
    },
    Step {
        name: "keep",
        writes: true,
        run: keep,
    },
    Step {
        name: "dry run",
        writes: false,
        run: dry_run,
    },
    Step {
        name: "list dry run",
        writes: false,
        run: list_dry_run,
    },
    Step {
        name: "complete list",
        writes: true,
        run: complete_list,
    },
    Step {
        name: "close",
        writes: true,
        run: close,
    },
];

fn health(client: &Client, _: &Postings) -> Result<String, Failure> {
    let answer = client.get(HEALTH)?;
    Expected::status(200).check(&answer)?;
    Ok("200".to_owned())
}

fn without_token(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let answer = client.post(INGEST, Token::Without, &body(&three(postings)))?;
    Expected::status(401)
        .header("www-authenticate")
        .field("status", 401)
        .field("code", "unauthorized")
        .check(&answer)?;
    Ok("401, refused".to_owned())
}

fn empty_body(client: &Client, _: &Postings) -> Result<String, Failure> {
    let answer = client.post(INGEST, Token::With, "")?;
    Expected::status(400)
        .field("status", 400)
        .field("code", "items_required")
        .field("error", "items[] is required and must be non-empty")
        .check(&answer)?;
    Ok("400, refused".to_owned())
}

fn insert(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let counts = Counts {
        inserted: 3,
        ..Counts::default()
    };
    accepted(client, &three(postings), counts)?;
    Ok("3 inserted".to_owned())
}

fn repeat(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let counts = Counts {
        unchanged: 3,
        ..Counts::default()
    };
    accepted(client, &three(postings), counts)?;
    Ok("3 unchanged".to_owned())
}

fn change(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let counts = Counts {
        updated: 1,
        unchanged: 2,
        ..Counts::default()
    };
    accepted(client, &three_changed(postings), counts)?;
    Ok("1 updated, 2 unchanged".to_owned())
}

/// The last posting of an id wins; it equals the stored row, so nothing changes.
fn duplicates(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let mut items = vec![postings.one("2", "To be overruled")];
    items.extend(three_changed(postings));
    let counts = Counts {
        unchanged: 3,
        duplicates: 1,
        ..Counts::default()
    };
    accepted(client, &items, counts)?;
    Ok("3 unchanged, 1 duplicate".to_owned())
}

fn partial_acceptance(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let mut items = three_changed(postings);
    items.push(invalid());
    let counts = Counts {
        unchanged: 3,
        rejected: 1,
        ..Counts::default()
    };
    let answer = client.post(INGEST_SKIP, Token::With, &body(&items))?;
    Expected::status(207)
        .counts(4, counts)
        .field("errors.0.index", 3)
        .field("errors.0.externalId", Value::Null)
        .field("errors.0.field", "externalId")
        .field("errors.0.code", "missing")
        .check(&answer)?;
    Ok("207, 3 accepted, 1 rejected".to_owned())
}

/// Twice: the second request finds each field as it was sent.
fn all_fields(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let items = [postings.whole("1", "Smoke test, all fields")];
    for counts in [UPDATED, UNCHANGED] {
        accepted(client, &items, counts)?;
    }
    Ok(format!("{} fields stored", FIELDS.len()))
}

/// Changes only the title, then sends everything with that title: no other field has changed.
fn keep(client: &Client, postings: &Postings) -> Result<String, Failure> {
    const TITLE: &str = "Smoke test, all fields kept";
    let answer = client.post(
        INGEST_KEEP,
        Token::With,
        &body(&[postings.title_of("1", TITLE)]),
    )?;
    Expected::status(200).counts(1, UPDATED).check(&answer)?;
    accepted(client, &[postings.whole("1", TITLE)], UNCHANGED)?;
    Ok("1 updated, its other fields kept".to_owned())
}

const UPDATED: Counts = Counts {
    updated: 1,
    ..Counts::NONE
};
const UNCHANGED: Counts = Counts {
    unchanged: 1,
    ..Counts::NONE
};

/// Twice: had the first request written anything, the second would find nothing to insert.
fn dry_run(client: &Client, postings: &Postings) -> Result<String, Failure> {
    let body = body(&postings.many(N_DRY_RUN));
    let counts = Counts {
        inserted: N_DRY_RUN as u64,
        ..Counts::default()
    };
    let expected = Expected::status(200).counts(N_DRY_RUN as u64, counts);
    for _ in 0..2 {
        let answer = client.post(INGEST_DRY_RUN, Token::With, &body)?;
        expected.check(&answer)?;
    }
    Ok("1,000 would be inserted, twice".to_owned())
}

fn three(postings: &Postings) -> Vec<Value> {
    ["1", "2", "3"]
        .map(|name| postings.one(name, "Smoke test"))
        .into()
}

fn three_changed(postings: &Postings) -> Vec<Value> {
    vec![
        postings.one("1", "Smoke test, changed"),
        postings.one("2", "Smoke test"),
        postings.one("3", "Smoke test"),
    ]
}

/// Sends postings that are all valid.
fn accepted(client: &Client, items: &[Value], counts: Counts) -> Result<(), Failure> {
    let answer = client.post(INGEST, Token::With, &body(items))?;
    Expected::status(200)
        .counts(items.len() as u64, counts)
        .check(&answer)
}
