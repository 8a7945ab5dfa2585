//! Puts the complete list of each source, so that what it does not have is closed.

use std::collections::HashSet;

use jobs_ingest_core::iso_time::iso_time;
use serde::Deserialize;

use super::api::{Api, field, list_body, list_entry_bytes, refused};
use super::error::Error;
use super::index::Indexed;
use super::inputs::Input;
use super::progress::Progress;
use super::rejects::{Rejected, Rejects};
use super::scan::{Group, Scan};
use super::send::{Ordinals, Plan, each_different, send};
use super::summary::{Summary, Withheld};

/// How often a list is put while the Worker lacks some of its postings: others may write, too.
const MAX_ROUNDS: usize = 5;

/// Rounds after which hashes are omitted: the Worker has accepted the postings, but their rows have no
/// or other hashes, because the board edits them or the Worker is of another version.
const ROUNDS_WITH_HASHES: usize = 2;

/// `closing` of an answer.
#[derive(Debug, Deserialize)]
struct Closing {
    closed: u64,
    reopened: u64,
    withheld: Option<WithheldByWorker>,
}

#[derive(Debug, Deserialize)]
struct WithheldByWorker {
    code: String,
    detail: String,
}

/// The lists of a push.
pub struct Lists<'p> {
    api: &'p Api,
    inputs: &'p [Input],
    plan: &'p Plan,
    observed_ms: f64,
    /// Postings that the Worker rejected.
    rejected: HashSet<u32>,
}

impl<'p> Lists<'p> {
    pub fn new(api: &'p Api, inputs: &'p [Input], plan: &'p Plan, observed_ms: f64) -> Self {
        Self {
            api,
            inputs,
            plan,
            observed_ms,
            rejected: HashSet::new(),
        }
    }

    pub fn put_all(
        &mut self,
        scan: &Scan,
        summary: &mut Summary,
        rejects: &mut Rejects,
    ) -> Result<(), Error> {
        for (source, group) in &scan.groups {
            let withheld = match &group.gap {
                Some(gap) => Some(("list_incomplete".to_owned(), gap.clone())),
                None => self.put(source, group, summary, rejects)?,
            };
            summary
                .withheld
                .extend(withheld.map(|(code, detail)| Withheld {
                    source: source.clone(),
                    code,
                    detail,
                }));
        }
        Ok(())
    }

    /// Returns code and detail if closing was withheld.
    fn put(
        &mut self,
        source: &str,
        group: &Group,
        summary: &mut Summary,
        rejects: &mut Rejects,
    ) -> Result<Option<(String, String)>, Error> {
        let mut unlisted = Ordinals::default();
        if self.api.dry_run {
            // A list that names postings not stored yet would be refused.
            let ids = group.index.iter().map(without_hash);
            each_different(self.api, source, ids, &mut |entry| {
                unlisted.insert(entry.ordinal);
            })?;
        }
        let observed_at = iso_time(self.observed_ms);
        for round in 1.. {
            let is_rejected = |ordinal| self.rejected.contains(&ordinal);
            let has_hashes = !self.api.dry_run && round <= ROUNDS_WITH_HASHES;
            let entries = || {
                let entries = group.index.iter();
                let listed = entries.filter(|entry| {
                    let is_new_reject = self.plan.unstored_rejects.contains(entry.ordinal);
                    !is_new_reject && !unlisted.contains(entry.ordinal)
                });
                listed.map(|entry| match has_hashes && !is_rejected(entry.ordinal) {
                    true => entry,
                    false => without_hash(entry),
                })
            };
            let Some(body) = fitting(self.api, entries) else {
                let detail = format!(
                    "{} ids exceed one request (at most {} ids and {} bytes)",
                    group.index.len(),
                    self.api.limits.ids,
                    self.api.limits.list_bytes
                );
                return Ok(Some(("list_too_large".to_owned(), detail)));
            };
            let allow_empty = self.api.dry_run && group.index.len() > 0;
            let answer = self
                .api
                .put_list(source, &observed_at, allow_empty, &body)?;
            if answer.status != 409 {
                let closing: Closing = field(&answer, "snapshot", "closing")?;
                summary.closed += closing.closed;
                summary.reopened += closing.reopened;
                let withheld = closing.withheld;
                return Ok(withheld.map(|withheld| (withheld.code, withheld.detail)));
            }
            if round == MAX_ROUNDS {
                return Err(refused("snapshot", &answer));
            }
            let positions: Vec<usize> = field(&answer, "snapshot", "positions")?;
            let positions: HashSet<usize> = positions.into_iter().collect();
            let lacking = entries().enumerate();
            let lacking = lacking.filter(|(position, _)| positions.contains(position));
            let lacking: Vec<u32> = lacking.map(|(_, entry)| entry.ordinal).collect();
            let mut missing = Ordinals::default();
            for ordinal in lacking {
                match is_rejected(ordinal) {
                    true => unlisted.insert(ordinal),
                    false => missing.insert(ordinal),
                }
            }
            let progress = Progress::new(missing.len());
            let sent = send(self.api, self.inputs, &missing, Some(source), &progress)?;
            summary.add_again(&sent);
            self.note_rejected(&sent.rejected);
            rejects.extend(sent.rejected);
        }
        Ok(None)
    }

    pub fn note_rejected(&mut self, rejected: &[Rejected]) {
        self.rejected
            .extend(rejected.iter().map(|posting| posting.ordinal));
    }
}

fn without_hash(entry: Indexed<'_>) -> Indexed<'_> {
    Indexed {
        hash: None,
        ..entry
    }
}

/// The body with hashes, or, if that is too long, without. `None` if neither fits.
fn fitting<'i, I: Iterator<Item = Indexed<'i>>>(
    api: &Api,
    entries: impl Fn() -> I,
) -> Option<String> {
    if entries().count() > api.limits.ids {
        return None;
    }
    let fits = |n_bytes: usize| n_bytes <= api.limits.list_bytes;
    if fits(
        2 + entries()
            .map(|entry| list_entry_bytes(&entry))
            .sum::<usize>(),
    ) {
        return Some(list_body(entries()));
    }
    let body = list_body(entries().map(without_hash));
    fits(body.len()).then_some(body)
}
