//! The first pass: hashes of all rows, what is rejected, and whether the list is complete.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jobs_ingest_core::options::Missing;
use jobs_ingest_core::query::is_source;
use jobs_ingest_feeds::Findings;

use super::error::Error;
use super::index::Index;
use super::inputs::{Input, gap};
use super::row::{Row, missing_of};

#[derive(Debug, Default)]
pub struct Scan {
    pub groups: BTreeMap<String, Group>,
    pub n_postings: u64,
    pub n_rejected: u64,
    pub n_duplicates: u64,
    /// All postings as JSON.
    pub n_json_bytes: u64,
    /// Reports of the mapping, by input.
    pub findings: Vec<(String, Findings)>,
}

/// The postings of a source.
#[derive(Debug, Default)]
pub struct Group {
    pub index: Index,
    pub missing: Missing,
    /// Why its list is not known to be complete.
    pub gap: Option<String>,
}

/// Reads all inputs once; passes each row to `inspect`.
pub fn scan(inputs: &[Input], inspect: &mut dyn FnMut(&Row)) -> Result<Scan, Error> {
    let mut scan = Scan::default();
    for input in inputs {
        scan.input(input, inspect)?;
    }
    for group in scan.groups.values_mut() {
        scan.n_duplicates += group.index.finish();
    }
    Ok(scan)
}

impl Scan {
    fn input(&mut self, input: &Input, inspect: &mut dyn FnMut(&Row)) -> Result<(), Error> {
        let missing = missing_of(input.request.format);
        // Source and number of its postings without a readable id.
        let mut n_unreadable: BTreeMap<String, u64> = BTreeMap::new();
        let mut n_without_source = 0_u64;
        n_unreadable.extend(input.source().map(|source| (source, 0)));
        let mut failure = None;
        let summaries = input.each(&mut |item| {
            let row = Row::new(&item, missing);
            inspect(&row);
            match self.add(&row, missing) {
                Ok(true) => {
                    let has_id = row.id.is_some();
                    match n_unreadable.get_mut(&row.source) {
                        Some(n) => *n += u64::from(!has_id),
                        None => {
                            n_unreadable.insert(row.source, u64::from(!has_id));
                        }
                    }
                }
                Ok(false) => n_without_source += 1,
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        let of_list = summaries
            .iter()
            .find_map(|summary| gap(&summary.completeness));
        for (source, n) in n_unreadable {
            let unreadable = match (n, n_without_source) {
                (0, 0) => None,
                (0, n) => Some(format!(
                    "{} without a valid source",
                    super::counted::counted(n, "posting")
                )),
                (n, _) => Some(format!(
                    "{} without a readable id",
                    super::counted::counted(n, "posting")
                )),
            };
            let group = self.groups.entry(source).or_default();
            group.missing = missing;
            group.gap = group.gap.take().or_else(|| of_list.clone()).or(unreadable);
        }
        for summary in summaries {
            self.findings.push((input.name.clone(), summary.findings));
        }
        Ok(())
    }

    /// Adds a row. Returns false if its source is not one.
    fn add(&mut self, row: &Row, missing: Missing) -> Result<bool, Error> {
        let ordinal = u32::try_from(self.n_postings).map_err(|_| Error::TooManyPostings)?;
        self.n_postings += 1;
        self.n_rejected += u64::from(row.is_rejected());
        self.n_json_bytes += row.json.len() as u64;
        if !is_source(&row.source) {
            return Ok(false);
        }
        if !self.groups.contains_key(&row.source) {
            let group = Group {
                missing,
                ..Group::default()
            };
            self.groups.insert(row.source.clone(), group);
        }
        let Some(group) = self.groups.get_mut(&row.source) else {
            return Ok(false);
        };
        if group.missing != missing {
            return Err(Error::MixedSource {
                source_name: row.source.clone(),
            });
        }
        if let Some(id) = &row.id {
            group.index.push(id, row.hash, ordinal);
        }
        Ok(true)
    }

    /// The source of all postings, if they share one.
    pub fn only_source(&self) -> Option<&str> {
        let mut sources = self.groups.keys();
        let first = sources.next()?;
        sources.next().is_none().then_some(first)
    }

    /// Number of valid postings with different ids.
    pub fn n_unique(&self) -> u64 {
        self.groups
            .values()
            .map(|group| group.index.n_valid())
            .sum()
    }

    /// One line for each kind of warning of the mapping.
    pub fn warnings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, findings) in &self.findings {
            for (code, n) in &findings.n_warnings {
                let example = findings
                    .warnings
                    .iter()
                    .find(|warning| warning.code == *code);
                let example = example.map_or("", |warning| warning.message.as_str());
                lines.push(format!("{name}: {} ({n}): {example}", code.name()));
            }
        }
        lines
    }
}
