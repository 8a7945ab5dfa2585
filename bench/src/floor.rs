//! The floor: what the same work costs without Workers and D1. A native program, SQLite in the same
//! process, the same statements, the settings of workerd's SQLite.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use jobs_ingest_core::ingest::{Rules, prepare};
use jobs_ingest_core::limits::{
    MAX_DESCRIPTION_BYTES, MAX_EXTERNAL_ID_CHARS, MAX_LABEL_CHARS, MAX_LOCATION_CHARS,
    MAX_SALARY_CHARS, MAX_TITLE_CHARS, TARGET_PARAM_BYTES,
};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::outcome::{ResultRow, Results, Tally};
use rusqlite::{Connection, params_from_iter};
use serde::Deserialize;

use crate::batch::batch;

/// How the parameters are made from a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parser {
    /// serde_json in both directions, as most would write it.
    SerdeJson,
    /// The product's own core.
    Core,
}

/// SQLite as workerd opens it: WAL, everything else by default (synchronous is FULL, a checkpoint
/// every 1,000 pages, 2 MB of page cache). Read in workerd's server.c++ and build/BUILD.sqlite3.
pub fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("open the database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -2000;",
        )
        .expect("the settings of workerd");
    connection
}

/// Bytes of a request in, counts of the committed transaction out.
pub fn ingest(connection: &mut Connection, body: &[u8], parser: Parser) -> Tally {
    let (params, n_rows) = match parser {
        Parser::SerdeJson => params_by_serde_json(body),
        Parser::Core => {
            let prepared = prepare(body, BodyFormat::Json, Rules::default()).expect("a valid body");
            assert_eq!(prepared.n_rejected, 0);
            (prepared.params, prepared.n_rows)
        }
    };
    run(connection, params, n_rows)
}

/// Runs the product's batch in one transaction.
fn run(connection: &mut Connection, params: Vec<String>, n_rows: usize) -> Tally {
    let transaction = connection.transaction().expect("a transaction");
    let results: Results = batch(params, n_rows)
        .iter()
        .map(|statement| {
            let mut prepared = transaction.prepare_cached(statement.sql).expect("SQL");
            let returns_counts = prepared.column_count() > 0;
            let mut rows = prepared
                .query(params_from_iter(&statement.params))
                .expect("rows");
            let mut found = Vec::new();
            while let Some(row) = rows.next().expect("a row or none") {
                if returns_counts {
                    found.push(ResultRow {
                        inserted: row.get(0).expect("a count"),
                        updated: row.get(1).expect("a count"),
                        unchanged: row.get(2).expect("a count"),
                        ..ResultRow::default()
                    });
                }
            }
            found
        })
        .collect();
    transaction.commit().expect("a commit");
    Tally::of_ingest(&results, n_rows as u64).expect("counts")
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    items: Vec<Posting<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posting<'a> {
    #[serde(borrow)]
    external_id: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Option<Cow<'a, str>>,
    company_id: Option<u64>,
    #[serde(borrow, default)]
    location: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    salary: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    job_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    work_mode: Option<Cow<'a, str>>,
    category_id: Option<u64>,
    is_featured: Option<bool>,
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
}

type Row<'a> = (
    &'a str,
    &'a str,
    u64,
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
    &'a str,
    u64,
    u8,
    &'a str,
    Option<&'a str>,
);

impl Posting<'_> {
    fn row(&self) -> Row<'_> {
        (
            &self.external_id,
            text(self.title.as_deref(), MAX_TITLE_CHARS).unwrap_or_default(),
            self.company_id.unwrap_or(1).max(1),
            text(self.location.as_deref(), MAX_LOCATION_CHARS),
            text(self.salary.as_deref(), MAX_SALARY_CHARS),
            text(self.job_type.as_deref(), MAX_LABEL_CHARS).unwrap_or("Full-time"),
            text(self.work_mode.as_deref(), MAX_LABEL_CHARS).unwrap_or("On-site"),
            self.category_id.unwrap_or(1).max(1),
            u8::from(self.is_featured.unwrap_or_default()),
            text(self.source.as_deref(), MAX_LABEL_CHARS).unwrap_or("manual"),
            text(self.description.as_deref(), MAX_DESCRIPTION_BYTES),
        )
    }
}

/// The checks of a text; a benchmark's postings pass them.
fn text(value: Option<&str>, limit: usize) -> Option<&str> {
    let value = value.filter(|text| !text.is_empty())?;
    assert!(!value.contains('\0'));
    assert!(value.len() <= limit || value.chars().count() <= limit);
    Some(value)
}

/// The parameters and the number of rows.
pub fn params_by_serde_json(body: &[u8]) -> (Vec<String>, usize) {
    let body: Body<'_> = serde_json::from_slice(body).expect("a valid body");
    // The last of each key stands.
    let mut last_by_key = HashMap::with_capacity(body.items.len());
    for (index, posting) in body.items.iter().enumerate() {
        assert!(posting.external_id.len() <= MAX_EXTERNAL_ID_CHARS);
        last_by_key.insert(posting.external_id.as_ref(), index);
    }
    let mut params: Vec<Vec<u8>> = Vec::new();
    for (index, posting) in body.items.iter().enumerate() {
        if last_by_key[posting.external_id.as_ref()] != index {
            continue;
        }
        if params
            .last()
            .is_none_or(|param| param.len() > TARGET_PARAM_BYTES - 40_000)
        {
            params.push(Vec::with_capacity(TARGET_PARAM_BYTES));
        }
        let param = params.last_mut().expect("one was pushed");
        param.push(if param.is_empty() { b'[' } else { b',' });
        serde_json::to_writer(param, &posting.row()).expect("memory takes all bytes");
    }
    let params = params.into_iter().map(|mut param| {
        param.push(b']');
        String::from_utf8(param).expect("JSON is UTF-8")
    });
    (params.collect(), last_by_key.len())
}
