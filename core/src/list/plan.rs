//! What a complete list closes, and when it does not.
//!
//! Closing a posting that is still open costs its owner applicants, so a list closes only what is safe:
//! it must be whole, not empty, the most recent one, and must not lose too much at once. Of 16 falls
//! above 30 % on record 8 were real and 7 came back in the very next list, so a second list decides.

use serde::Serialize;

use super::compared::{Compared, Rowids};
use super::options::ListOptions;
use crate::iso_time::iso_time;
use crate::limits::SECOND_LIST_MINUTES;

/// A list as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// Postings or ids, including rejected ones.
    pub n_listed: u64,
    /// Those without a readable id.
    pub n_unreadable: u64,
    pub options: ListOptions,
    /// Milliseconds since 1970.
    pub observed_ms: f64,
}

impl Listed {
    pub fn new(n_listed: u64, n_unreadable: u64, options: ListOptions, now_ms: f64) -> Self {
        Self {
            n_listed,
            n_unreadable,
            options,
            observed_ms: options.observed_ms(now_ms),
        }
    }

    /// When the list was fetched, as stored.
    pub fn observed_at(&self) -> String {
        iso_time(self.observed_ms)
    }

    /// Postings that were marked missing at this time or before are due.
    pub fn due_before(&self) -> String {
        iso_time(self.observed_ms - SECOND_LIST_MS)
    }
}

const SECOND_LIST_MS: f64 = SECOND_LIST_MINUTES as f64 * 60_000.0;

/// Why a list did not close what it does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WithheldCode {
    /// A posting of the list has no readable id.
    UnreadableItems,
    /// The list has no postings.
    Empty,
    /// Too many postings are missing for the first time.
    Shrunk,
    /// A later list has been committed.
    Overtaken,
}

/// Why closing was withheld, with the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Withheld {
    pub code: WithheldCode,
    pub detail: String,
    /// Open postings of the source before the list.
    pub open: u64,
    /// Postings that stay open although the list does not have them.
    pub missing: u64,
    /// Of `shrunk`: how many could have been closed at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_close: Option<u64>,
    /// Of `shrunk`: a list fetched from this time on closes what it does not list either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Withheld {
    pub fn is_overtaken(&self) -> bool {
        self.code == WithheldCode::Overtaken
    }
}

/// What a list changes besides its postings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub close: Rowids,
    /// To be marked missing.
    pub mark: Rowids,
    /// Listed postings that are closed or marked missing.
    pub open: Rowids,
    pub n_reopened: u64,
    /// Postings marked missing after the list.
    pub n_missing: u64,
    pub withheld: Option<Withheld>,
    /// Whether this is the source's last complete list from now on.
    pub is_recorded: bool,
}

impl Plan {
    pub fn new(compared: &Compared, listed: &Listed) -> Self {
        let n_marked = compared.n_waiting + compared.due.n;
        let n_absent = n_marked + compared.fresh.n;
        let withheld = |code, detail| Withheld {
            code,
            detail,
            open: compared.n_open,
            missing: n_absent,
            max_close: None,
            until: None,
        };
        let mut open = compared.reopened.clone();
        open.merge(&compared.relisted);
        let mut plan = Self {
            open,
            n_reopened: compared.reopened.n,
            n_missing: n_marked,
            ..Self::default()
        };
        let observed_at = listed.observed_at();
        let later = compared.last.as_ref();
        let later = later.filter(|last| last.observed_at > observed_at);
        let n_fresh = compared.fresh.n;
        let limit = listed.options.max_close.limit(compared.n_open);
        if listed.n_unreadable > 0 {
            let n = listed.n_unreadable;
            let detail = format!("{n} of {} postings have no readable id", listed.n_listed);
            plan.withheld = Some(withheld(WithheldCode::UnreadableItems, detail));
        } else if listed.n_listed == 0 && !listed.options.allow_empty {
            let detail = "the list is empty; send allow_empty=true if the source lists nothing";
            plan.withheld = Some(withheld(WithheldCode::Empty, detail.to_owned()));
        } else if let Some(last) = later {
            let detail = format!(
                "a list fetched at {} has been committed, which is later than {observed_at}",
                last.observed_at
            );
            plan.withheld = Some(withheld(WithheldCode::Overtaken, detail));
        } else {
            plan.is_recorded = true;
            plan.close = compared.due.clone();
            plan.n_missing = compared.n_waiting;
            match n_fresh > limit {
                false => plan.close.merge(&compared.fresh),
                true => {
                    plan.mark = compared.fresh.clone();
                    plan.n_missing += n_fresh;
                    let until = iso_time(listed.observed_ms + SECOND_LIST_MS);
                    let detail = format!(
                        "{n_fresh} of {} open postings are missing for the first time, more than \
                         {limit}; a list fetched at {until} or later closes those it does not have \
                         either",
                        compared.n_open
                    );
                    plan.withheld = Some(Withheld {
                        max_close: Some(limit),
                        until: Some(until),
                        missing: plan.n_missing,
                        ..withheld(WithheldCode::Shrunk, detail)
                    });
                }
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::super::MaxClose;
    use super::super::compared::LastList;
    use super::*;

    const NOW_MS: f64 = 1_795_779_296_789.0;

    fn rowids(n: u64) -> Rowids {
        let ids: Vec<String> = (1..=n).map(|id| id.to_string()).collect();
        let params = match n {
            0 => Vec::new(),
            _ => vec![format!("[{}]", ids.join(","))],
        };
        Rowids { n, params }
    }

    fn compared(n_open: u64, fresh: u64, due: u64, n_waiting: u64) -> Compared {
        Compared {
            n_open,
            n_waiting,
            fresh: rowids(fresh),
            due: rowids(due),
            ..Compared::default()
        }
    }

    fn listed(n_listed: u64, n_unreadable: u64, max_close: &str) -> Listed {
        let max_close = MaxClose::parse(max_close).unwrap_or_default();
        let options = ListOptions {
            max_close,
            ..ListOptions::default()
        };
        Listed::new(n_listed, n_unreadable, options, NOW_MS)
    }

    /// Closed, marked, missing afterwards, code.
    fn outcome(compared: &Compared, listed: &Listed) -> (u64, u64, u64, Option<WithheldCode>) {
        let plan = Plan::new(compared, listed);
        let code = plan.withheld.map(|withheld| withheld.code);
        (plan.close.n, plan.mark.n, plan.n_missing, code)
    }

    #[test]
    fn closes_up_to_the_limit_and_marks_beyond() {
        let of = |n_open, fresh, max_close: &str| {
            outcome(&compared(n_open, fresh, 0, 0), &listed(1, 0, max_close))
        };
        let shrunk = Some(WithheldCode::Shrunk);
        assert_eq!(of(20, 10, ""), (10, 0, 0, None));
        assert_eq!(of(20, 11, ""), (0, 11, 11, shrunk));
        assert_eq!(of(100, 30, ""), (30, 0, 0, None));
        assert_eq!(of(100, 31, ""), (0, 31, 31, shrunk));
        assert_eq!(of(100, 1, "0"), (0, 1, 1, shrunk));
        assert_eq!(of(100, 100, "100%"), (100, 0, 0, None));
        assert_eq!(of(100, 100, "99"), (0, 100, 100, shrunk));
        assert_eq!(of(100, 0, "0"), (0, 0, 0, None));
    }

    #[test]
    fn what_is_due_closes_even_if_more_is_withheld() {
        let of = compared(100, 31, 5, 7);
        let shrunk = Some(WithheldCode::Shrunk);
        assert_eq!(outcome(&of, &listed(1, 0, "")), (5, 31, 38, shrunk));
        let of = compared(100, 3, 60, 7);
        assert_eq!(outcome(&of, &listed(1, 0, "")), (63, 0, 7, None));
    }

    #[test]
    fn nothing_closes_by_a_list_that_is_not_whole_empty_or_overtaken() {
        let of = compared(100, 3, 5, 7);
        let unreadable = Some(WithheldCode::UnreadableItems);
        assert_eq!(outcome(&of, &listed(9, 1, "100%")), (0, 0, 12, unreadable));
        let empty = Some(WithheldCode::Empty);
        assert_eq!(outcome(&of, &listed(0, 0, "100%")), (0, 0, 12, empty));
        let last = |observed_ms: f64| {
            Some(LastList {
                observed_at: iso_time(observed_ms),
                run_id: "r".to_owned(),
            })
        };
        let overtaken = Some(WithheldCode::Overtaken);
        for (observed_ms, code) in [(NOW_MS + 1.0, overtaken), (NOW_MS, None)] {
            let of = Compared {
                last: last(observed_ms),
                ..of.clone()
            };
            let plan = Plan::new(&of, &listed(9, 0, ""));
            assert_eq!(plan.withheld.map(|withheld| withheld.code), code);
            assert_eq!(plan.is_recorded, code.is_none());
        }
    }

    #[test]
    fn an_empty_list_closes_all_if_that_is_allowed() {
        let mut listed = listed(0, 0, "100%");
        listed.options.allow_empty = true;
        let of = compared(8, 8, 0, 0);
        assert_eq!(outcome(&of, &listed), (8, 0, 0, None));
    }

    #[test]
    fn a_time_in_the_future_counts_as_now() {
        let observed = |observed_at_ms| {
            let options = ListOptions {
                observed_at_ms: Some(observed_at_ms),
                ..ListOptions::default()
            };
            Listed::new(1, 0, options, NOW_MS).observed_ms
        };
        assert_eq!(observed(NOW_MS as i64 - 1), NOW_MS - 1.0);
        assert_eq!(observed(NOW_MS as i64 + 1), NOW_MS);
    }
}
