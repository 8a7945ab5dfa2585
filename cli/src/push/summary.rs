//! What a push did, for people and machines.

use std::io::Write as _;
use std::path::PathBuf;

use d1_migrate::exit::Exit;
use serde::Serialize;

use super::api::Api;
use super::counted::counted;
use super::scan::Scan;
use super::send::{Plan, Sent};

#[derive(Debug, Default, Serialize)]
pub struct Summary {
    pub postings: u64,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub rejected: u64,
    pub closed: u64,
    pub reopened: u64,
    pub withheld: Vec<Withheld>,
    pub bytes_sent: u64,
    pub bytes_saved: u64,
    pub dry_run: bool,
    pub rejects_file: Option<PathBuf>,
}

/// A list that did not close what it does not have.
#[derive(Debug, Serialize)]
pub struct Withheld {
    pub source: String,
    /// A code of the Worker, or `list_incomplete` or `list_too_large`, which never reach it.
    pub code: String,
    pub detail: String,
}

impl Summary {
    pub fn of_scan(scan: &Scan, plan: &Plan, dry_run: bool) -> Self {
        Self {
            unchanged: scan.n_unique().saturating_sub(plan.n_to_send()),
            postings: scan.n_postings,
            duplicates: scan.n_duplicates,
            rejected: scan.n_rejected,
            dry_run,
            ..Self::default()
        }
    }

    pub fn add(&mut self, sent: &Sent) {
        self.inserted += sent.inserted;
        self.updated += sent.updated;
        self.unchanged += sent.unchanged;
        self.rejected += sent.n_rejected;
        self.reopened += sent.reopened;
    }

    /// Adds postings that were sent once more because the Worker lacked them when it got the list.
    /// They were counted before.
    pub fn add_again(&mut self, sent: &Sent) {
        self.reopened += sent.reopened;
    }

    /// `n_json_bytes` are those of the whole input.
    pub fn count_bytes(&mut self, api: &Api, n_json_bytes: u64) {
        self.bytes_sent = api.bytes_sent();
        self.bytes_saved = n_json_bytes.saturating_sub(self.bytes_sent);
    }

    pub fn exit(&self) -> Exit {
        match self.rejected == 0 && self.withheld.is_empty() {
            true => Exit::Ok,
            false => Exit::Different,
        }
    }

    /// A closed stdout does not change the exit status.
    pub fn print(&self, as_json: bool) {
        let text = match as_json {
            // A plain struct: serialisation cannot fail.
            true => serde_json::to_string(self).unwrap_or_default() + "\n",
            false => self.text(),
        };
        let _ = std::io::stdout().write_all(text.as_bytes());
        for withheld in &self.withheld {
            let Withheld { source, detail, .. } = withheld;
            eprintln!("warning: closing postings of {source} was withheld: {detail}");
        }
        if let Some(path) = &self.rejects_file {
            let path = path.display();
            eprintln!("hint: fix the rejected postings in {path} and push it with --format json");
        }
    }

    fn text(&self) -> String {
        let mut text = match self.dry_run {
            true => format!(
                "{}, dry run: nothing was written\n",
                counted(self.postings, "posting")
            ),
            false => format!("{}\n", counted(self.postings, "posting")),
        };
        for (name, n) in [
            ("inserted", self.inserted),
            ("updated", self.updated),
            ("unchanged", self.unchanged),
            ("duplicates", self.duplicates),
            ("rejected", self.rejected),
            ("closed", self.closed),
            ("reopened", self.reopened),
            ("withheld", self.withheld.len() as u64),
            ("bytes sent", self.bytes_sent),
            ("bytes saved", self.bytes_saved),
        ] {
            text.push_str(&format!("{name:<12} {n:>12}\n"));
        }
        text
    }
}
