//! Sends the demo feed to a Worker on this machine.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::PATH;
use crate::error::Error;
use crate::progress::{step, tell};
use crate::{http_probe, project};

/// What happens to feeds: requests after the complete lists, so that the console has something to show.
const INCIDENTS: [Incident; 4] = [
    // Some postings have new titles.
    Incident {
        source: "saltbridge",
        query: "&snapshot=complete",
        status: 200,
        change: |list| {
            for posting in list.iter_mut().step_by(7) {
                set(posting, "title", json!("A new title"));
            }
        },
    },
    // Some postings are invalid, and the others are stored.
    Incident {
        source: "brightmoor",
        query: "&on_error=skip",
        status: 207,
        change: |list| {
            for posting in list.iter_mut().step_by(9) {
                set(posting, "url", json!("/jobs/7"));
                set(posting, "salaryMin", json!("60k"));
            }
        },
    },
    // One posting is invalid, so none is stored.
    Incident {
        source: "fernhollow",
        query: "",
        status: 422,
        change: |list| {
            for posting in list.iter_mut().take(1) {
                set(posting, "externalId", Value::Null);
            }
        },
    },
    // Half of the list is missing, so closing is withheld.
    Incident {
        source: "ostvind",
        query: "&snapshot=complete",
        status: 207,
        change: |list| list.truncate(list.len() / 2),
    },
];

struct Incident {
    source: &'static str,
    query: &'static str,
    status: u16,
    change: fn(&mut Vec<Value>),
}

fn set(posting: &mut Value, field: &str, value: Value) {
    if let Some(fields) = posting.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// Posts the feed as the complete list of each source, prints the sum of the counts, and then sends the
/// incidents.
pub fn load(port: u16, token: &str) -> Result<(), Error> {
    let path = project::root().join(PATH);
    let feed = std::fs::read_to_string(&path).map_err(Error::file("read", path))?;
    let mut lists: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in feed.lines() {
        let posting: Value = serde_json::from_str(line).unwrap_or_default();
        let source = posting.get("source").and_then(Value::as_str);
        let source = source.unwrap_or_default().to_owned();
        lists.entry(source).or_default().push(posting);
    }
    let sent = step(&format!("loading {PATH}"), |_| {
        let mut sent = Counts::default();
        for (source, list) in &lists {
            let answer = post(port, token, source, "&snapshot=complete", list)?;
            // Of a second start, a list may lack postings that the Worker has from elsewhere.
            expect(&answer, answer.status == 200 || answer.status == 207)?;
            sent.add(&answer.body);
        }
        for incident in INCIDENTS {
            let mut list = lists.get(incident.source).cloned().unwrap_or_default();
            (incident.change)(&mut list);
            let answer = post(port, token, incident.source, incident.query, &list)?;
            expect(&answer, answer.status == incident.status)?;
        }
        Ok(sent)
    })?;
    tell(format_args!("    {sent}"));
    Ok(())
}

fn post(
    port: u16,
    token: &str,
    source: &str,
    query: &str,
    list: &[Value],
) -> Result<http_probe::Answer, Error> {
    let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let path = format!("/jobs/ingest?source={source}{query}");
    let body = Value::from(list).to_string();
    http_probe::post(port, &path, &headers, body.as_bytes()).map_err(|cause| {
        Error::other(
            format!("cannot post {PATH}: {cause}"),
            "the output above may explain it",
        )
    })
}

fn expect(answer: &http_probe::Answer, is_expected: bool) -> Result<(), Error> {
    match is_expected {
        true => Ok(()),
        false => Err(Error::other(
            format!("{PATH} was answered {}: {}", answer.status, answer.body),
            "the first token of INGEST_TOKENS in .dev.vars has to be one that may post every source",
        )),
    }
}

/// Sums of the counts of answers.
#[derive(Default)]
struct Counts {
    received: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
}

impl Counts {
    fn add(&mut self, body: &str) {
        let answer: Value = serde_json::from_str(body).unwrap_or_default();
        let n = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
        self.received += n("received");
        self.inserted += n("inserted");
        self.updated += n("updated");
        self.unchanged += n("unchanged");
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            received,
            inserted,
            updated,
            unchanged,
        } = self;
        write!(
            f,
            "{received} received, {inserted} inserted, {updated} updated, {unchanged} unchanged"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn sums_the_counts_of_answers() {
        let mut counts = Counts::default();
        for body in [
            r#"{"received":3,"inserted":1,"updated":0,"unchanged":2,"rejected":0}"#,
            r#"{"received":2,"inserted":0,"updated":2,"unchanged":0,"rejected":0}"#,
        ] {
            counts.add(body);
        }
        assert_eq!(
            counts.to_string(),
            "5 received, 1 inserted, 2 updated, 2 unchanged"
        );
    }
}
