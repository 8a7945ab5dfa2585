//! A source as `GET /sources` shows it.

use serde::Serialize;

use crate::json::with_members;
use crate::result_row::ResultRow;
use crate::run::{PageQuery, page_json};

/// A source: its postings and its last complete list.
#[derive(Debug, Clone, Serialize)]
pub struct SourceStatus {
    source: String,
    open: u64,
    closed: u64,
    /// Open postings that the last complete list does not have.
    pub missing: u64,
    #[serde(skip)]
    last_list: Option<ListStatus>,
    /// Why the newest list did not close everything that it does not have: JSON of a [`crate::list::Withheld`].
    #[serde(skip)]
    withheld: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct ListStatus {
    observed_at: String,
    listed: u64,
    run_id: String,
    /// Thousandths of its postings that had not changed; null of a list of ids, and once its run has been
    /// removed.
    #[serde(skip)]
    unchanged: Option<u64>,
}

impl SourceStatus {
    /// Of a row of [`crate::sql::list::LIST_SOURCES`]. `None` for a name that has neither postings nor lists.
    pub fn of_row(row: &ResultRow) -> Option<Self> {
        let (open, withheld) = (row.number("open"), row.string("withheld"));
        let last_list = ListStatus::of_row(row);
        let is_known = open.is_some() || last_list.is_some() || withheld.is_some();
        Some(Self {
            source: row.string("source").filter(|_| is_known)?,
            open: open.unwrap_or_default(),
            closed: row.number("closed").unwrap_or_default(),
            missing: row.number("missing").unwrap_or_default(),
            last_list,
            withheld,
        })
    }

    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        let members = serde_json::to_string(self).unwrap_or_default();
        let last_list = self.last_list.as_ref().map(ListStatus::to_json);
        let last_list = last_list.as_deref().unwrap_or("null");
        let withheld = self.withheld.as_deref().unwrap_or("null");
        let more = format!(r#"{{"last_list":{last_list},"withheld":{withheld}}}"#);
        with_members(members, &more)
    }

    /// The same of a single source; `postings` is what [`crate::sql::list::SHOW_MISSING`] returns.
    pub fn to_json_with_missing(&self, postings: Option<&str>) -> String {
        let postings = postings.unwrap_or("[]");
        let more = format!(r#"{{"missing_postings":{postings}}}"#);
        with_members(self.to_json(), &more)
    }
}

impl ListStatus {
    fn of_row(row: &ResultRow) -> Option<Self> {
        let share = row.number("received").zip(row.number("unchanged"));
        let share = share.filter(|(received, _)| *received > 0);
        Some(Self {
            observed_at: row.string("observed_at")?,
            listed: row.number("listed")?,
            run_id: row.string("run_id")?,
            unchanged: share
                .map(|(received, unchanged)| (unchanged * 1_000 + received / 2) / received),
        })
    }

    fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        let members = serde_json::to_string(self).unwrap_or_default();
        let share = match self.unchanged {
            Some(unchanged) => format!("{}.{:03}", unchanged / 1_000, unchanged % 1_000),
            None => "null".to_owned(),
        };
        with_members(members, &format!(r#"{{"unchanged_share":{share}}}"#))
    }
}

/// A page of sources, by name.
#[derive(Debug)]
pub struct SourcesPage {
    sources: Vec<SourceStatus>,
    /// The last source of a page that is not the last; null on the last.
    next_cursor: Option<String>,
}

impl SourcesPage {
    /// Builds a page. `rows` contains one more than fits if there is a next page.
    pub fn new(rows: &[ResultRow], query: &PageQuery) -> Self {
        let has_more = rows.len() > query.limit;
        let rows = rows.get(..query.limit).unwrap_or(rows);
        // A token may name sources that do not exist yet: they are left out, but the page ends after them.
        let last = rows.last().filter(|_| has_more);
        Self {
            next_cursor: last.and_then(|row| row.string("source")),
            sources: rows.iter().filter_map(SourceStatus::of_row).collect(),
        }
    }

    pub fn to_json(&self) -> String {
        let sources = self.sources.iter().map(SourceStatus::to_json);
        page_json("sources", sources, self.next_cursor.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result_row::ColumnValue;

    fn row(source: &str, open: Option<u64>) -> ResultRow {
        ResultRow::from_iter([
            ("source".to_owned(), ColumnValue::Text(source.to_owned())),
            (
                "open".to_owned(),
                open.map_or(ColumnValue::Null, ColumnValue::Number),
            ),
        ])
    }

    #[test]
    fn page_of_sources_that_do_not_exist_has_a_next_one() {
        let query = PageQuery {
            limit: 2,
            cursor: String::new(),
        };
        let page = |rows: &[ResultRow]| SourcesPage::new(rows, &query).to_json();
        let not_last = page(&[row("a", None), row("b", None), row("c", Some(1))]);
        assert_eq!(not_last, r#"{"sources":[],"next_cursor":"b"}"#);
        assert_eq!(
            page(&[row("c", Some(1))]),
            r#"{"sources":[{"source":"c","open":1,"closed":0,"missing":0,"last_list":null,"withheld":null}],"next_cursor":null}"#
        );
    }
}
