//! A source as `GET /sources` shows it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::list::Withheld;
use crate::run::PageQuery;

/// A row of the result of [`crate::sql::list::list_sources`].
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SourceRow {
    source: String,
    open: Option<u64>,
    closed: Option<u64>,
    missing: Option<u64>,
    observed_at: Option<String>,
    run_id: Option<String>,
    listed: Option<u64>,
    received: Option<u64>,
    unchanged: Option<u64>,
    withheld: Option<String>,
}

/// A source: its postings and its last complete list.
#[derive(Debug, Clone, Serialize)]
pub struct SourceStatus {
    pub source: String,
    open: u64,
    closed: u64,
    /// Open postings that the last complete list does not have.
    missing: u64,
    last_list: Option<ListStatus>,
    /// Why the newest list did not close everything that it does not have.
    withheld: Option<Withheld>,
}

#[derive(Debug, Clone, Serialize)]
struct ListStatus {
    observed_at: String,
    listed: u64,
    run_id: String,
    /// Share of its postings that had not changed; null of a list of ids, and once its run has been
    /// removed.
    unchanged_share: Option<Box<RawValue>>,
}

impl SourceStatus {
    /// `None` for a name that has neither postings nor lists.
    pub fn of_row(row: SourceRow) -> Option<Self> {
        let is_known = row.open.is_some() || row.observed_at.is_some() || row.withheld.is_some();
        let share = row.received.zip(row.unchanged);
        let share = share.filter(|(received, _)| *received > 0);
        let last_list = match (row.observed_at, row.run_id, row.listed) {
            (Some(observed_at), Some(run_id), Some(listed)) => Some(ListStatus {
                observed_at,
                listed,
                run_id,
                unchanged_share: share.and_then(|(received, unchanged)| {
                    let thousandths = (unchanged * 1_000 + received / 2) / received;
                    let (whole, fraction) = (thousandths / 1_000, thousandths % 1_000);
                    // As text: printing an f64 takes 10 KB of tables.
                    RawValue::from_string(format!("{whole}.{fraction:03}")).ok()
                }),
            }),
            _ => None,
        };
        let withheld = row
            .withheld
            .and_then(|json| serde_json::from_str(&json).ok());
        is_known.then_some(Self {
            source: row.source,
            open: row.open.unwrap_or_default(),
            closed: row.closed.unwrap_or_default(),
            missing: row.missing.unwrap_or_default(),
            last_list,
            withheld,
        })
    }
}

/// A page of sources, by name.
#[derive(Debug, Serialize)]
pub struct SourcesPage {
    sources: Vec<SourceStatus>,
    /// The last source of a page that is not the last; null on the last.
    next_cursor: Option<String>,
}

impl SourcesPage {
    /// Builds a page. `rows` contains one more than fits if there is a next page.
    pub fn new(rows: Vec<SourceRow>, query: &PageQuery) -> Self {
        let has_more = rows.len() > query.limit;
        let rows = rows.get(..query.limit).unwrap_or(&rows);
        // A token may name sources that do not exist yet: they are left out, but the page ends after them.
        let last = rows.last().filter(|_| has_more);
        Self {
            next_cursor: last.map(|row| row.source.clone()),
            sources: rows
                .iter()
                .cloned()
                .filter_map(SourceStatus::of_row)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(source: &str, open: Option<u64>) -> SourceRow {
        SourceRow {
            source: source.to_owned(),
            open,
            ..SourceRow::default()
        }
    }

    #[test]
    fn page_of_sources_that_do_not_exist_has_a_next_one() {
        let query = PageQuery {
            limit: 2,
            cursor: String::new(),
        };
        let rows = vec![row("a", None), row("b", None), row("c", Some(1))];
        let page = SourcesPage::new(rows, &query);
        assert!(page.sources.is_empty());
        assert_eq!(page.next_cursor.as_deref(), Some("b"));
        let last = SourcesPage::new(vec![row("c", Some(1))], &query);
        assert_eq!((last.sources.len(), last.next_cursor), (1, None));
    }
}
