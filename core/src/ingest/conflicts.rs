//! Postings whose row belongs to a source that the token may not post: found by the database, and
//! then rejected like others.

use std::borrow::Cow;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::body::Prepared;
use crate::field::FIELDS;
use crate::finding::{Code, Finding, Findings, ItemName, Place};
use crate::outcome::ResultRow;

impl Prepared {
    /// Rejects the postings that [`crate::sql::conflicts_batch`] found, a result for each
    /// parameter, unless they have been rejected before. `places` are those of the parameters' rows.
    pub fn reject_conflicts(&mut self, places: &[Vec<Place>], results: &[Vec<ResultRow>]) {
        let mut found = Findings::for_rejects();
        for (places, rows) in places.iter().zip(results) {
            for row in rows {
                let (Some(position), Some(id)) = (row.position, &row.external_id) else {
                    continue;
                };
                let Some(place) = places.get(position).copied() else {
                    continue;
                };
                if !self.left_out.insert(id.clone()) {
                    continue;
                }
                self.n_rejected += 1;
                self.n_rows -= 1;
                let error = finding(place, id);
                if self.keep_rejects {
                    match row.row.as_deref().and_then(item_of_row) {
                        Some(item) => self.rejects.add(place, item, vec![error.clone()]),
                        None => self.rejects.omit(),
                    }
                }
                found.add(|| error);
            }
        }
        self.errors.merge(found);
    }

    /// How many of the rows in `params` are left out.
    pub fn n_left_out(&self) -> usize {
        self.left_out.len()
    }

    /// JSON array of their ids.
    pub fn left_out_json(&self) -> String {
        // Texts only: it cannot fail.
        serde_json::to_string(&self.left_out).unwrap_or_default()
    }
}

fn finding(place: Place, external_id: &str) -> Finding {
    Finding {
        index: place.index,
        line: place.line,
        external_id: Some(external_id.to_owned()),
        field: Some(Cow::Borrowed("externalId")),
        code: Code::SourceConflict,
        message: format!(
            "{}.externalId is that of a posting of another source, which this token may not change",
            ItemName(place.index)
        ),
    }
}

/// A row as the posting that it was made of, defaults filled in.
fn item_of_row(row: &str) -> Option<Box<RawValue>> {
    let values: Vec<Value> = serde_json::from_str(row).ok()?;
    let names = FIELDS.iter().map(|spec| spec.json_name.to_owned());
    let item: Map<String, Value> = names.zip(values).collect();
    to_raw_value(&item).ok()
}
