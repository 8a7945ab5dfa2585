//! The floor: what the same work costs without Workers and D1. A native program, SQLite in the same
//! process, the same statements, the settings of workerd's SQLite.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use jobs_ingest_core::ingest::{DEFAULT_SOURCE, Param};
use jobs_ingest_core::limits::{
    MAX_DESCRIPTION_BYTES, MAX_EXTERNAL_ID_CHARS, MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS,
    MAX_LOCATION_CHARS, MAX_NAME_CHARS, MAX_URL_CHARS, TARGET_PARAM_BYTES,
};
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::result_row::{ColumnValue, ResultRow, Results};
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::batch::batch;

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
pub fn ingest(connection: &mut Connection, body: &[u8]) -> Tally {
    let (params, n_rows) = params_by_serde_json(body);
    run(connection, params, n_rows)
}

/// Runs the product's batch in one transaction.
fn run(connection: &mut Connection, params: Vec<Param>, n_rows: usize) -> Tally {
    let transaction = connection.transaction().expect("a transaction");
    let results: Results = batch(params, n_rows)
        .iter()
        .map(|statement| {
            let mut prepared = transaction.prepare_cached(&statement.sql).expect("SQL");
            let returns_counts = prepared.column_count() > 0;
            let mut rows = prepared
                .query(params_from_iter(&statement.params))
                .expect("rows");
            let mut found = Vec::new();
            while let Some(row) = rows.next().expect("a row or none") {
                if returns_counts {
                    let count = |index, column: &str| {
                        (
                            column.to_owned(),
                            ColumnValue::Number(row.get(index).expect("a count")),
                        )
                    };
                    let counts = [
                        count(0, "inserted"),
                        count(1, "updated"),
                        count(2, "unchanged"),
                    ];
                    found.push(ResultRow::from_iter(counts));
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

type Text<'a> = Option<Cow<'a, str>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posting<'a> {
    #[serde(borrow, default)]
    source: Text<'a>,
    #[serde(borrow)]
    external_id: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Text<'a>,
    is_featured: Option<bool>,
    company_id: Option<u64>,
    category_id: Option<u64>,
    #[serde(borrow, default)]
    job_type: Text<'a>,
    #[serde(borrow, default)]
    work_mode: Text<'a>,
    #[serde(borrow, default)]
    location: Text<'a>,
    #[serde(borrow, default)]
    salary: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    url: Text<'a>,
    #[serde(borrow, default)]
    apply_url: Text<'a>,
    #[serde(borrow, default)]
    company_name: Text<'a>,
    #[serde(borrow, default)]
    posted_at: Text<'a>,
    #[serde(borrow, default)]
    valid_through: Text<'a>,
    #[serde(borrow, default)]
    department: Text<'a>,
    #[serde(borrow, default)]
    country: Text<'a>,
    #[serde(borrow, default)]
    region: Text<'a>,
    #[serde(borrow, default)]
    locality: Text<'a>,
    #[serde(borrow, default)]
    language: Text<'a>,
    salary_min: Option<f64>,
    salary_max: Option<f64>,
    #[serde(borrow, default)]
    salary_currency: Text<'a>,
    #[serde(borrow, default)]
    salary_period: Text<'a>,
    #[serde(borrow, default)]
    extra: Option<&'a RawValue>,
}

/// A value of a row.
#[derive(Serialize)]
#[serde(untagged)]
enum Cell<'a> {
    Null,
    Text(&'a str),
    Integer(u64),
    Real(f64),
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl Posting<'_> {
    fn key(&self) -> (&str, &str) {
        let source = self.source.as_deref().unwrap_or(DEFAULT_SOURCE);
        (source, &self.external_id)
    }

    /// What [`jobs_ingest_core::sql`] takes as a row, without a hash and the nulls at its end.
    fn row(&self) -> Vec<Cell<'_>> {
        let reference = |id: Option<u64>| Cell::Integer(id.unwrap_or(1).max(1));
        let amount = |amount: Option<f64>| match amount {
            Some(amount) if amount >= 0.0 => Cell::Real(amount),
            Some(amount) => panic!("{amount} is not an amount"),
            None => Cell::Null,
        };
        let mut row = vec![
            Cell::Null,
            text(&self.source, MAX_LABEL_CHARS),
            Cell::Text(&self.external_id),
            Cell::Text(checked(&self.title, MAX_NAME_CHARS).unwrap_or_default()),
            Cell::Integer(self.is_featured.unwrap_or_default().into()),
            reference(self.company_id),
            reference(self.category_id),
            Cell::Text(checked(&self.job_type, MAX_LABEL_CHARS).unwrap_or("Full-time")),
            Cell::Text(checked(&self.work_mode, MAX_LABEL_CHARS).unwrap_or("On-site")),
            text(&self.location, MAX_LOCATION_CHARS),
            text(&self.salary, MAX_NAME_CHARS),
            text(&self.description, MAX_DESCRIPTION_BYTES),
            text(&self.url, MAX_URL_CHARS),
            text(&self.apply_url, MAX_URL_CHARS),
            text(&self.company_name, MAX_NAME_CHARS),
            text(&self.posted_at, MAX_LABEL_CHARS),
            text(&self.valid_through, MAX_LABEL_CHARS),
            text(&self.department, MAX_NAME_CHARS),
            text(&self.country, MAX_LABEL_CHARS),
            text(&self.region, MAX_NAME_CHARS),
            text(&self.locality, MAX_NAME_CHARS),
            text(&self.language, MAX_LANGUAGE_CHARS),
            amount(self.salary_min),
            amount(self.salary_max),
            text(&self.salary_currency, MAX_LABEL_CHARS),
            text(&self.salary_period, MAX_LABEL_CHARS),
            self.extra.map(RawValue::get).into(),
        ];
        while let Some(Cell::Null) = row.last() {
            row.pop();
        }
        row
    }
}

/// The text, if it passes its checks.
fn text<'a>(value: &'a Text<'_>, limit: usize) -> Cell<'a> {
    checked(value, limit).into()
}

/// The checks of a text; a benchmark's postings pass them.
fn checked<'a>(value: &'a Text<'_>, limit: usize) -> Option<&'a str> {
    let value = value.as_deref().filter(|text| !text.is_empty())?;
    assert!(!value.contains('\0'));
    assert!(value.len() <= limit || value.chars().count() <= limit);
    Some(value)
}

/// The parameters and the number of rows.
pub fn params_by_serde_json(body: &[u8]) -> (Vec<Param>, usize) {
    let body: Body<'_> = serde_json::from_slice(body).expect("a valid body");
    // The last posting of each key wins.
    let mut last_by_key = HashMap::with_capacity(body.items.len());
    for (index, posting) in body.items.iter().enumerate() {
        assert!(posting.external_id.len() <= MAX_EXTERNAL_ID_CHARS);
        last_by_key.insert(posting.key(), index);
    }
    let mut params: Vec<(Vec<u8>, usize)> = Vec::new();
    for (index, posting) in body.items.iter().enumerate() {
        if last_by_key[&posting.key()] != index {
            continue;
        }
        if params
            .last()
            .is_none_or(|(json, _)| json.len() > TARGET_PARAM_BYTES - 40_000)
        {
            params.push((Vec::with_capacity(TARGET_PARAM_BYTES), 0));
        }
        let (json, n_fields) = params.last_mut().expect("one was pushed");
        json.push(if json.is_empty() { b'[' } else { b',' });
        let row = posting.row();
        *n_fields = row.len().saturating_sub(1).max(*n_fields);
        serde_json::to_writer(json, &row).expect("memory takes all bytes");
    }
    let params = params.into_iter().map(|(mut json, n_fields)| {
        json.push(b']');
        let json = String::from_utf8(json).expect("JSON is UTF-8");
        Param { json, n_fields }
    });
    (params.collect(), last_by_key.len())
}

#[cfg(test)]
mod tests {
    use jobs_ingest_core::ingest::{Rules, prepare};
    use jobs_ingest_core::media::BodyFormat;
    use serde_json::Value;

    use super::*;
    use crate::workload::{Feed, Ids, Kind};

    /// The values of all rows, and those of the longest.
    fn values(params: &[Param]) -> (Vec<Vec<Value>>, usize) {
        let rows =
            |param: &Param| -> Vec<Vec<Value>> { serde_json::from_str(&param.json).expect("rows") };
        let mut rows: Vec<Vec<Value>> = params.iter().flat_map(rows).collect();
        let as_real = |value: &mut Value| {
            if let Some(number) = value.as_f64() {
                *value = number.into();
            }
        };
        for row in &mut rows {
            // The floor computes no hashes.
            row[0] = Value::Null;
            row.iter_mut().for_each(as_real);
        }
        let n_fields = params.iter().map(|param| param.n_fields).max();
        (rows, n_fields.expect("parameters"))
    }

    #[test]
    fn rows_are_those_of_core() {
        for kind in [Kind::Small, Kind::Real, Kind::AllFields] {
            let feed = Feed {
                kind,
                n_postings: 50,
                ids: Ids::Client(1),
                version: 1,
                is_repost: false,
            };
            let body = feed.body();
            let prepared = prepare(&body, BodyFormat::Json, Rules::default()).expect("a body");
            let (params, n_rows) = params_by_serde_json(&body);
            assert_eq!(n_rows, prepared.n_rows);
            assert_eq!(values(&params), values(&prepared.params), "{kind:?}");
        }
    }
}
