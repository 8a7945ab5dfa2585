//! A posting in the product's own fields, in the order and spelling of its sender.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::Serializer;
use serde_json::value::{RawValue, to_raw_value};

use crate::document::Envelope;

/// A posting in the product's own fields: the JSON of an object.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct OwnPosting {
    json: Box<RawValue>,
}

impl OwnPosting {
    pub(crate) fn into_json(self) -> Box<str> {
        self.json.into()
    }

    pub(crate) fn json(&self) -> &str {
        self.json.get()
    }

    /// The source: a text, or the digits of a number; empty and null count as missing.
    pub(crate) fn source(&self) -> Option<Cow<'_, str>> {
        let envelope = Envelope::parse(self.json()).ok()?;
        let raw = envelope.raw("source")?.get();
        if raw.starts_with('"') {
            let text: String = serde_json::from_str(raw).ok()?;
            return (!text.is_empty()).then_some(Cow::Owned(text));
        }
        let is_number = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        is_number.then_some(Cow::Borrowed(raw))
    }
}

/// The fields of a row of a file, which become a posting.
pub(crate) struct OwnFields<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> OwnFields<'a> {
    /// The field under either of two spellings; the last of several.
    pub fn get(&self, name: &str, other_name: &str) -> Option<&'a RawValue> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name || key == other_name)
            .map(|(_, value)| *value)
    }

    /// Replaces the field, or appends it.
    pub fn set(&mut self, name: &'a str, other_name: &str, value: &'a RawValue) {
        self.0.retain(|(key, _)| key != name && key != other_name);
        self.0.push((Cow::Borrowed(name), value));
    }

    pub fn to_posting(&self) -> OwnPosting {
        // Texts and JSON: serialisation cannot fail.
        let json = to_raw_value(self).unwrap_or_default();
        OwnPosting { json }
    }
}

impl Serialize for OwnFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
