//! A source's stored postings beside a list of it, as the database compares them.

use crate::json::member;
use crate::limits::TARGET_PARAM_BYTES;
use crate::result_row::ResultRow;

/// Rows of the table `jobs`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rowids {
    pub n: u64,
    /// JSON arrays of their ids, each short enough for a parameter.
    pub params: Vec<String>,
}

impl Rowids {
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Adds `n` rows whose ids are a JSON array.
    pub fn add(&mut self, n: u64, ids: &str) {
        self.n += n;
        self.append(ids);
    }

    /// Adds the rows of another group.
    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        for ids in &other.params {
            self.append(ids);
        }
    }

    /// Joins an array to the last one, if that stays short enough.
    fn append(&mut self, ids: &str) {
        if ids == "[]" {
            return;
        }
        let fits = |last: &&mut String| last.len() + ids.len() <= TARGET_PARAM_BYTES;
        match self.params.last_mut().filter(fits) {
            Some(last) => {
                last.pop();
                last.push(',');
                last.push_str(ids.strip_prefix('[').unwrap_or(ids));
            }
            None => self.params.push(ids.to_owned()),
        }
    }
}

/// The last complete list of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastList {
    pub observed_at: String,
    pub run_id: String,
}

impl LastList {
    fn of_json(json: &str) -> Option<Self> {
        Some(Self {
            observed_at: member(json, "observed_at")?.as_text()?,
            run_id: member(json, "run_id")?.as_text()?,
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Open postings of the source, listed or not.
    pub n_open: u64,
    /// Open, not listed, and marked missing, but too recently or by a later list.
    pub n_waiting: u64,
    /// Open, not listed, and marked missing long enough ago.
    pub due: Rowids,
    /// Open, not listed, and not marked missing.
    pub fresh: Rowids,
    /// Listed and closed.
    pub reopened: Rowids,
    /// Listed, open, and marked missing.
    pub relisted: Rowids,
    pub last: Option<LastList>,
    /// Positions of listed postings that are not stored as listed; the first of them as a JSON array. Unless it is
    /// empty, `n_open`, `reopened` and `relisted` lack these postings.
    pub unstored: Rowids,
}

impl Compared {
    /// `None` if the rows are not those of the statement.
    pub fn of_rows(rows: &[ResultRow]) -> Option<Self> {
        let mut compared = Self::default();
        // Stored rows that are listed, and open ones that are not but have been written since the list was fetched.
        let (mut n_listed, mut n_newer) = (0, 0);
        for row in rows {
            let n = row.number("n")?;
            let ids = row.text("ids");
            let group = match row.text("kind")? {
                "listed" => {
                    n_listed = n;
                    continue;
                }
                "newer" => {
                    n_newer = n;
                    continue;
                }
                "closed" => continue,
                "waiting" => {
                    compared.n_waiting = n;
                    continue;
                }
                "last" => {
                    compared.last = Some(LastList::of_json(ids?)?);
                    continue;
                }
                "due" => &mut compared.due,
                "fresh" => &mut compared.fresh,
                "reopened" => &mut compared.reopened,
                "relisted" => &mut compared.relisted,
                "unstored" => &mut compared.unstored,
                _ => return None,
            };
            group.add(n, ids?);
        }
        let n_not_listed = n_newer + compared.n_waiting + compared.due.n + compared.fresh.n;
        // Listed rows that the list reopens are not open.
        compared.n_open = (n_listed + n_not_listed).checked_sub(compared.reopened.n)?;
        Some(compared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_joined_while_they_fit_a_parameter() {
        let mut rowids = Rowids::default();
        rowids.add(2, "[1,2]");
        rowids.add(0, "[]");
        rowids.add(1, "[3]");
        assert_eq!(
            (rowids.n, rowids.params.as_slice()),
            (3, &["[1,2,3]".to_owned()][..])
        );
        let mut after_none = Rowids::default();
        after_none.add(0, "[]");
        after_none.add(2, "[1,2]");
        assert_eq!(after_none.params, ["[1,2]"]);
        let long = format!("[{}]", "9".repeat(TARGET_PARAM_BYTES - 8));
        rowids.add(1, &long);
        assert_eq!(rowids.params, ["[1,2,3]".to_owned(), long]);
    }
}
