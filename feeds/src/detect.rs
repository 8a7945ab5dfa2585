//! Detects the format of a body, if its marks match exactly one.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::Error;
use crate::format::{self, Format};
use crate::json::Key;
use crate::own_fields;
use crate::rules::letters;
use crate::xml::{self, Part};

/// Bytes examined: the first rows contain the marks.
const MAX_HEAD_BYTES: usize = 1 << 20;

/// Detects the format from the beginning of a body.
///
/// # Errors
///
/// [`Error::Unrecognised`] if the body has the marks of no format, or of several.
pub fn detect(body: &[u8]) -> Result<Format, Error> {
    let head = body.get(..MAX_HEAD_BYTES).unwrap_or(body);
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let found = if head.starts_with('<') {
        of_markup(head)
    } else if head.starts_with(['{', '[']) {
        of_json(head)
    } else {
        of_heading(head)
    };
    found.map_err(|found| Error::Unrecognised {
        found,
        names: format::names(),
    })
}

fn of_markup(head: &str) -> Result<Format, String> {
    let start: String = head
        .chars()
        .take(14)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_page = start.starts_with("<!doctype html") || start.starts_with("<html");
    if is_page {
        let has_posting = head.contains("JobPosting")
            && head.to_ascii_lowercase().contains("application/ld+json");
        return has_posting
            .then_some(Format::JobPosting)
            .ok_or_else(|| "an HTML page without a JobPosting".to_owned());
    }
    let mut root = String::new();
    let mut row_names = BTreeSet::new();
    let mut has_id_attribute = false;
    // The head is cut at an arbitrary byte; what precedes the cut is enough.
    let _ = xml::read(head.as_bytes(), "job", |part| {
        match part {
            Part::Root(element) => root = element.name,
            Part::Row(job) => {
                has_id_attribute |= job.attribute("id").is_some();
                row_names.extend(job.children().map(|child| child.name.clone()));
            }
            Part::Other(_) => {}
        }
        Ok(())
    });
    let has = |names: &[&str]| names.iter().any(|name| row_names.contains(*name));
    let marks = [
        (Format::Talent, has(&["dateposted", "isremote"])),
        (Format::Jora, has(&["listed_date", "closing_date"])),
        (
            Format::Jobrapido,
            has(&["reference_id", "publishdate", "expirydate"]),
        ),
        (Format::Indeed, has(&["referencenumber"]) && has(&["date"])),
    ];
    let mut matching = marks.iter().filter(|(_, matches)| *matches);
    match (root.as_str(), matching.next(), matching.next()) {
        ("workzag-jobs", _, _) => Ok(Format::Personio),
        ("jobs", None, None) if has_id_attribute && has(&["link"]) => Ok(Format::Jooble),
        ("source", Some((format, _)), None) => Ok(*format),
        _ => Err(format!("XML with the root `{root:.40}`")),
    }
}

fn of_json(head: &str) -> Result<Format, String> {
    let paths = paths(head);
    let has = |path: &str| paths.contains(path);
    let any = |list: &str, fields: &[&str]| {
        fields
            .iter()
            .all(|field| paths.contains(&format!("{list}{field}")))
    };
    let marks = [
        (Format::Greenhouse, any("jobs[].", &["absolute_url", "id"])),
        (
            Format::Lever,
            any("[].", &["hostedUrl", "text", "categories"]),
        ),
        (
            Format::Ashby,
            any("jobs[].", &["jobUrl", "isListed"]) || has("apiVersion") && has("jobs[].jobUrl"),
        ),
        (Format::Recruitee, any("offers[].", &["careers_url"])),
        (
            Format::Workable,
            has("name") && any("jobs[].", &["shortcode"]),
        ),
        (Format::SmartRecruiters, has("content") && has("totalFound")),
        (Format::Teamtailor, any("items[].", &["_jobposting"])),
        (
            Format::JobPosting,
            head.contains("JobPosting")
                && ["@type", "[].@type", "@graph[].@type"]
                    .iter()
                    .any(|path| has(path)),
        ),
        (
            Format::Json,
            ["externalId", "external_id"].iter().any(|id| {
                ["", "[].", "items[]."]
                    .iter()
                    .any(|list| has(&format!("{list}{id}")))
            }),
        ),
    ];
    let mut matching = marks.iter().filter(|(_, matches)| *matches);
    match (matching.next(), matching.next()) {
        (Some((format, _)), None) => Ok(*format),
        (None, _) => {
            let keys: Vec<&str> = paths.iter().take(8).map(String::as_str).collect();
            Err(format!("JSON with {}", keys.join(", ")))
        }
        (Some((one, _)), Some((other, _))) => Err(format!("the marks of {one} and of {other}")),
    }
}

fn of_heading(head: &str) -> Result<Format, String> {
    let heading = head.lines().next().unwrap_or_default();
    let has_id = heading
        .split([',', ';', '\t', '|'])
        .any(|name| own_fields::of_heading(name).is_some_and(|field| field.name == "externalId"));
    has_id
        .then_some(Format::Csv)
        .ok_or_else(|| match letters(heading).is_empty() {
            true => "no text".to_owned(),
            false => format!("text that begins with {heading:.60?}"),
        })
}

/// The keys of a JSON text with their paths (`jobs[].id`), up to where it is cut.
fn paths(text: &str) -> BTreeSet<String> {
    let paths = RefCell::new(BTreeSet::new());
    let recorder = Recorder {
        path: String::new(),
        depth: 0,
        paths: &paths,
    };
    // An error is the cut, or text after the first value, as in NDJSON.
    let _ = recorder.deserialize(&mut serde_json::Deserializer::from_str(text));
    paths.into_inner()
}

/// Records the keys of the upper levels.
struct Recorder<'p> {
    path: String,
    depth: usize,
    paths: &'p RefCell<BTreeSet<String>>,
}

/// Deepest level whose keys are recorded: `{"jobs":[{"id":…` has three.
const MAX_PATH_DEPTH: usize = 4;

impl<'de> DeserializeSeed<'de> for Recorder<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.depth >= MAX_PATH_DEPTH {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Recorder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let next = || Recorder {
            path: format!("{}[].", self.path.strip_suffix('.').unwrap_or(&self.path)),
            depth: self.depth + 1,
            paths: self.paths,
        };
        while seq.next_element_seed(next())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // No known format has a document with a million different keys.
        const MAX_PATHS: usize = 4_096;
        while let Some(key) = map.next_key_seed(Key)? {
            let path = format!("{}{key}", self.path);
            if self.paths.borrow().len() < MAX_PATHS {
                self.paths.borrow_mut().insert(path.clone());
            }
            map.next_value_seed(Recorder {
                path: format!("{path}."),
                depth: self.depth + 1,
                paths: self.paths,
            })?;
        }
        Ok(())
    }
}
