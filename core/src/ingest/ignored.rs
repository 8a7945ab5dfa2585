//! Keys that are not fields: counted, and reported with the field that was probably meant.

use std::borrow::Cow;

use crate::field::FIELDS;
use crate::finding::IgnoredField;
use crate::json::RawString;
use crate::limits::MAX_IGNORED_FIELDS;

/// The first [`MAX_IGNORED_FIELDS`] keys of a request that are not fields.
#[derive(Debug, Default)]
pub struct Ignored<'a> {
    keys: Vec<(RawString<'a>, usize)>,
    /// Where to look first: the postings of a feed usually share one key order.
    next: usize,
}

impl<'a> Ignored<'a> {
    pub fn add(&mut self, key: RawString<'a>) {
        if self.count_at(self.next, key) {
            return;
        }
        let found = self.keys.iter().position(|(known, _)| known.raw == key.raw);
        let position = match found {
            Some(position) => position,
            None if self.keys.len() < MAX_IGNORED_FIELDS => {
                self.keys.push((key, 0));
                self.keys.len() - 1
            }
            None => return,
        };
        self.count_at(position, key);
    }

    /// Counts the key if it is the one at this position.
    fn count_at(&mut self, position: usize, key: RawString<'a>) -> bool {
        match self.keys.get_mut(position) {
            Some((known, count)) if known.raw == key.raw => {
                *count += 1;
                self.next = (position + 1) % self.keys.len();
                true
            }
            _ => false,
        }
    }

    pub fn finish(self) -> Vec<IgnoredField> {
        let field = |(key, count)| {
            let name = name(key);
            IgnoredField {
                did_you_mean: suggestion(&name).map(Cow::Borrowed),
                name,
                count,
            }
        };
        self.keys.into_iter().map(field).collect()
    }
}

/// The beginning of a key, for a response: control characters become U+FFFD.
pub fn name(key: RawString<'_>) -> String {
    const MAX_CHARS: usize = 40;
    let key = key.decode();
    let mut chars = key.chars();
    let shown = |c: char| match c.is_control() {
        true => char::REPLACEMENT_CHARACTER,
        false => c,
    };
    let mut name: String = chars.by_ref().take(MAX_CHARS).map(shown).collect();
    if chars.next().is_some() {
        name.push('…');
    }
    name
}

/// Suggests the field that a name probably stands for: same letters and digits, a name that feeds
/// use, or an edit distance of at most two.
pub fn suggestion(name: &str) -> Option<&'static str> {
    let normal = normalised(name);
    let is_same = |field: &str| normalised(field) == normal;
    FIELDS
        .iter()
        .find(|spec| is_same(spec.json_name) || spec.also_called.contains(&normal.as_str()))
        .or_else(|| {
            let distance = |field: &str| edit_distance(&normalised(field), &normal);
            FIELDS
                .iter()
                .map(|spec| (distance(spec.json_name), spec))
                // Two letters are most of a short name.
                .filter(|(distance, spec)| *distance <= 2 && spec.json_name.len() >= 3 * distance)
                .min_by_key(|(distance, _)| *distance)
                .map(|(_, spec)| spec)
        })
        .map(|spec| spec.json_name)
}

fn normalised(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Levenshtein distance: letters to insert, remove or replace.
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (n_before, x) in a.bytes().enumerate() {
        let mut diagonal = n_before;
        let mut left = n_before + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let above = *cell;
            let replaced = diagonal + usize::from(x != y);
            left = replaced.min(above + 1).min(left + 1);
            *cell = left;
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        for (name, meant) in [
            ("job_title", Some("title")),
            ("Title", Some("title")),
            ("externalid", Some("externalId")),
            ("external-id", Some("externalId")),
            ("descripton", Some("description")),
            ("tittle", Some("title")),
            ("employmentType", Some("jobType")),
            ("hiring_organization", Some("companyName")),
            ("ur", Some("url")),
            ("uq", None),
            ("internal_job_id", None),
            ("\u{1f600}", None),
            ("", None),
        ] {
            assert_eq!(suggestion(name), meant, "{name}");
        }
    }

    #[test]
    fn names_are_shortened_and_cleaned() {
        let shown = |key: &str| name(RawString::escaped(key));
        assert_eq!(shown("t\\u0069tle"), "title");
        assert_eq!(
            shown("\\u0000a\\n\u{7f}\\ud83d"),
            "\u{fffd}a\u{fffd}\u{fffd}\u{fffd}"
        );
        assert_eq!(shown(&"é".repeat(40)), "é".repeat(40));
        assert_eq!(shown(&"é".repeat(41)), format!("{}…", "é".repeat(40)));
    }

    #[test]
    fn distances() {
        for (a, b, distance) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("title", "tilte", 2),
        ] {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }

    #[test]
    fn counts_the_first_keys_only() {
        let keys: Vec<String> = (0..=MAX_IGNORED_FIELDS)
            .map(|n| format!("key{n}"))
            .collect();
        let mut ignored = Ignored::default();
        for _ in 0..2 {
            for key in &keys {
                ignored.add(RawString::plain(key));
            }
        }
        ignored.add(RawString::plain("key1"));
        let fields = ignored.finish();
        assert_eq!(fields.len(), MAX_IGNORED_FIELDS);
        assert_eq!((fields[0].count, fields[1].count), (2, 3));
        assert_eq!(fields[1].name, "key1");
    }
}
