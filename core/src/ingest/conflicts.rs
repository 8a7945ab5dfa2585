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
                let place = row.position.and_then(|position| places.get(position));
                let Some(place) = place.copied() else {
                    continue;
                };
                self.left_out.resize(self.n_received, false);
                match self.left_out.get_mut(place.index) {
                    Some(is_left_out) if !*is_left_out => *is_left_out = true,
                    _ => continue,
                }
                self.n_rejected += 1;
                self.n_rows -= 1;
                let error = finding(place, row.external_id.clone());
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
        self.left_out.iter().filter(|is_it| **is_it).count()
    }

    /// JSON array of their positions in a parameter whose rows stood at these places. Ids would not do:
    /// of thousands the list would be longer than what D1 takes as one value.
    pub fn left_out_json(&self, places: &[Place]) -> String {
        let mut json = String::from("[");
        for (position, place) in places.iter().enumerate() {
            if self.left_out.get(place.index) == Some(&true) {
                if json.len() > 1 {
                    json.push(',');
                }
                json.push_str(&position.to_string());
            }
        }
        json.push(']');
        json
    }
}

fn finding(place: Place, external_id: Option<String>) -> Finding {
    Finding {
        index: place.index,
        line: place.line,
        external_id,
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
