//! Runs: one for each request that wrote, or would have if its postings had been valid.

use serde::Serialize;

use crate::json::with_members;
use crate::limits::{DEFAULT_PAGE_RUNS, MAX_PAGE_RUNS};
use crate::list::Closing;
use crate::query::{SOURCE_EXPECTED, is_source};
use crate::result_row::ResultRow;

/// A row of `ingest_runs` as returned by `GET /runs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    pub id: String,
    /// The source of all accepted postings, if they share one.
    pub source: Option<String>,
    pub status: u16,
    pub received: u64,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub rejected: u64,
    /// Bytes of the body after decompression.
    pub body_bytes: u64,
    pub duration_ms: u64,
    pub started_at: String,
    pub finished_at: String,
    pub closed: u64,
    pub reopened: u64,
    /// Of a request that closes postings: JSON of what it left as it was, a [`crate::list::Remainder`].
    #[serde(skip)]
    pub closing: Option<String>,
}

impl Run {
    /// `None` if the row has not the columns of a run.
    pub fn of_row(row: &ResultRow) -> Option<Self> {
        Some(Self {
            id: row.string("id")?,
            source: row.string("source"),
            status: row.number("status")?.try_into().ok()?,
            received: row.number("received")?,
            inserted: row.number("inserted")?,
            updated: row.number("updated")?,
            unchanged: row.number("unchanged")?,
            duplicates: row.number("duplicates")?,
            rejected: row.number("rejected")?,
            body_bytes: row.number("body_bytes")?,
            duration_ms: row.number("duration_ms")?,
            started_at: row.string("started_at")?,
            finished_at: row.string("finished_at")?,
            closed: row.number("closed")?,
            reopened: row.number("reopened")?,
            closing: row.string("closing"),
        })
    }

    /// The `closing` of the run's answer.
    pub fn closing(&self) -> Option<Closing> {
        let remainder = self.closing.clone()?;
        Some(Closing::new(self.closed, self.reopened, remainder))
    }

    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        let members = serde_json::to_string(self).unwrap_or_default();
        let closing = self.closing.as_deref().unwrap_or("null");
        with_members(members, &format!(r#"{{"closing":{closing}}}"#))
    }
}

/// What is known about a run before its batch.
#[derive(Debug, Clone, Serialize)]
pub struct NewRun<'a> {
    pub token_name: &'a str,
    pub id: &'a str,
    pub source: Option<&'a str>,
    pub status: u16,
    pub received: usize,
    pub duplicates: usize,
    pub rejected: usize,
    pub body_bytes: usize,
    pub started_at: &'a str,
    /// Postings to upsert.
    pub rows: u64,
    /// Of a list of ids: postings that it reopens.
    pub updated: u64,
    /// Those of the rows that are not sent because they are unchanged.
    pub unsent: u64,
    /// What had been written when those were looked up, and by the batch before the run.
    pub written: Option<Written>,
    /// JSON of a [`crate::list::Remainder`]; of a complete list.
    pub closing: Option<String>,
    /// The run of the last complete list of the source when this one was compared, empty if there is
    /// none; of a complete list.
    pub list_before: Option<String>,
}

/// What the database's connection had written at a moment. If it is the same later, nobody has written in between:
/// SQLite counts all rows that a connection inserts, updates and deletes, also by triggers and in transactions that
/// are rolled back, and a database of D1 has one connection.
///
/// The connection of a restarted database counts from 0. In the time of one request it would have to write as many
/// rows as the connection before it had ever written, the last new one with the same rowid. A connection that has
/// inserted nothing, with rowid 0, is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Written {
    pub total_changes: u64,
    pub last_rowid: u64,
}

impl Written {
    /// `None` if the row does not have it, or nothing was inserted yet.
    pub fn of_row(row: &ResultRow) -> Option<Self> {
        Some(Self {
            total_changes: row.number("total_changes")?,
            last_rowid: row.number("last_rowid").filter(|rowid| *rowid > 0)?,
        })
    }
}

impl NewRun<'_> {
    /// The parameter of the statements about the run.
    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A page of runs, newest first.
#[derive(Debug)]
pub struct RunsPage {
    runs: Vec<Run>,
    /// Start of the next page; null on the last.
    next_cursor: Option<String>,
}

impl RunsPage {
    /// Builds a page. `runs` contains one more than fits if there is a next page.
    pub fn new(mut runs: Vec<Run>, limit: usize) -> Self {
        let has_more = runs.len() > limit;
        runs.truncate(limit);
        Self {
            next_cursor: runs.last().filter(|_| has_more).map(|run| run.id.clone()),
            runs,
        }
    }

    pub fn to_json(&self) -> String {
        let runs = self.runs.iter().map(Run::to_json);
        page_json("runs", runs, self.next_cursor.as_deref())
    }
}

/// The response body of a page of objects that are JSON.
pub(crate) fn page_json(
    name: &str,
    objects: impl Iterator<Item = String>,
    next_cursor: Option<&str>,
) -> String {
    let objects: Vec<String> = objects.collect();
    // A text or null: serialisation cannot fail.
    let next_cursor = serde_json::to_string(&next_cursor).unwrap_or_default();
    let objects = objects.join(",");
    format!(r#"{{"{name}":[{objects}],"next_cursor":{next_cursor}}}"#)
}

/// The requested page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    pub limit: usize,
    /// Only runs before this id, by default greater than any id; or sources after this name.
    pub cursor: String,
}

impl PageQuery {
    /// Parses the decoded name and value pairs of a query for sources, which are sorted by name. The
    /// error is a message.
    pub fn of_sources(pairs: Vec<(String, String)>) -> Result<Self, String> {
        let mut page = Self::starting_at("");
        let source = |text: &str| is_source(text).then(|| text.to_owned());
        for (name, value) in pairs {
            if !page.set(&name, &value, "a source", source)? {
                return Err(unknown_option(&name, "limit and cursor"));
            }
        }
        Ok(page)
    }

    fn starting_at(cursor: &str) -> Self {
        Self {
            limit: DEFAULT_PAGE_RUNS,
            cursor: cursor.to_owned(),
        }
    }

    /// Returns whether the option is one of a page.
    fn set(
        &mut self,
        name: &str,
        value: &str,
        expected: &str,
        cursor: fn(&str) -> Option<String>,
    ) -> Result<bool, String> {
        match name {
            "limit" => {
                let limit = value.parse().ok();
                let limit = limit.filter(|limit| (1..=MAX_PAGE_RUNS).contains(limit));
                self.limit = limit
                    .ok_or_else(|| format!("limit is {value:?}, expected 1 to {MAX_PAGE_RUNS}"))?;
            }
            "cursor" => {
                self.cursor = cursor(value)
                    .ok_or_else(|| format!("cursor is {value:?}, expected {expected}"))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A page of runs, and which of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsQuery {
    pub page: PageQuery,
    /// Only runs of this source; all if empty.
    pub source: String,
    /// Only runs with this status; all if empty.
    pub status: String,
}

/// The statuses that a run may have.
const STATUSES: [&str; 4] = ["200", "207", "400", "422"];

impl RunsQuery {
    /// Parses the decoded name and value pairs of a query. The error is a message.
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self, String> {
        let mut query = Self {
            page: PageQuery::starting_at("~"),
            source: String::new(),
            status: String::new(),
        };
        for (name, value) in pairs {
            match name.as_str() {
                "source" if is_source(&value) => query.source = value,
                "source" => {
                    return Err(format!("source is {value:?}, expected {SOURCE_EXPECTED}"));
                }
                "status" if STATUSES.contains(&value.as_str()) => query.status = value,
                "status" => {
                    let [rest @ .., last] = STATUSES;
                    let rest = rest.join(", ");
                    return Err(format!("status is {value:?}, expected {rest} or {last}"));
                }
                _ if query.page.set(&name, &value, "a run's id", run_id)? => {}
                _ => return Err(unknown_option(&name, "limit, cursor, source and status")),
            }
        }
        Ok(query)
    }
}

fn unknown_option(name: &str, names: &str) -> String {
    format!("unknown option {name:?}; the options are {names}")
}

/// Returns a run id in its stored form: some libraries write UUIDs in upper case.
pub fn run_id(text: &str) -> Option<String> {
    let is_id = text.len() == 36 && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result_row::ColumnValue;

    fn runs_query(pairs: &[(&str, &str)]) -> Result<RunsQuery, String> {
        let pairs = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        RunsQuery::from_pairs(pairs.collect())
    }

    fn query(pairs: &[(&str, &str)]) -> Result<PageQuery, String> {
        runs_query(pairs).map(|query| query.page)
    }

    #[test]
    fn runs_are_selected_by_source_and_status() {
        let all = runs_query(&[]).unwrap();
        assert_eq!((all.source, all.status), Default::default());
        let some = runs_query(&[("source", "a&b"), ("status", "422")]).unwrap();
        assert_eq!((&*some.source, &*some.status), ("a&b", "422"));
        let message = |pairs: &[(&str, &str)]| runs_query(pairs).expect_err("an error");
        insta::assert_snapshot!(message(&[("status", "500")]), @r#"status is "500", expected 200, 207, 400 or 422"#);
        insta::assert_snapshot!(message(&[("source", "")]), @r#"source is "", expected 1 to 100 characters without U+0000"#);
        insta::assert_snapshot!(message(&[("from", "x")]), @r#"unknown option "from"; the options are limit, cursor, source and status"#);
    }

    #[test]
    fn pages_have_1_to_200_runs() {
        assert_eq!(query(&[]).map(|query| query.limit), Ok(50));
        assert_eq!(query(&[("limit", "1")]).map(|query| query.limit), Ok(1));
        assert_eq!(query(&[("limit", "200")]).map(|query| query.limit), Ok(200));
        for limit in ["0", "201", "x", "-1", ""] {
            assert!(query(&[("limit", limit)]).is_err(), "{limit}");
        }
        assert!(query(&[("cursor", "x")]).is_err());
        assert!(query(&[("page", "2")]).is_err());
    }

    #[test]
    fn accepts_ids_in_any_case() {
        let id = "01a203e2-b490-7593-bace-b9296b512fb6";
        for text in [id, &id.to_uppercase()] {
            assert_eq!(run_id(text).as_deref(), Some(id));
            let cursor = query(&[("cursor", text)]).map(|query| query.cursor);
            assert_eq!(cursor.as_deref(), Ok(id));
        }
        for text in [
            "",
            id.trim_start_matches('0'),
            &id.replace('f', "g"),
            &id.replace('-', "_"),
        ] {
            assert_eq!(run_id(text), None, "{text}");
        }
    }

    #[test]
    fn connection_without_an_insert_is_not_accepted() {
        let row = |last_rowid: f64| {
            let columns = [("total_changes", 3.0), ("last_rowid", last_rowid)];
            let columns = columns.map(|(name, n)| (name.to_owned(), ColumnValue::of_double(n)));
            ResultRow::from_iter(columns)
        };
        let written = Written {
            total_changes: 3,
            last_rowid: 1,
        };
        assert_eq!(Written::of_row(&row(1.0)), Some(written));
        assert_eq!(Written::of_row(&row(0.0)), None);
        assert_eq!(Written::of_row(&row(-1.0)), None);
    }

    #[test]
    fn cursor_is_the_last_run_of_a_full_page() {
        let runs = |ids: &[&str]| -> Vec<Run> {
            let run = |id: &&str| Run {
                id: (*id).to_owned(),
                ..Run::default()
            };
            ids.iter().map(run).collect()
        };
        let page = RunsPage::new(runs(&["c", "b", "a"]), 2);
        assert_eq!(
            (page.runs.len(), page.next_cursor.as_deref()),
            (2, Some("b"))
        );
        assert_eq!(RunsPage::new(runs(&["b", "a"]), 2).next_cursor, None);
        assert_eq!(RunsPage::new(runs(&[]), 2).next_cursor, None);
    }
}
