//! The envelope of a JSON body: locates its rows without parsing them.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::findings::{Findings, WarningCode};
use crate::format::Spec;
use crate::json::{Json, Key};
use crate::repair::repair;

/// The outermost value of a body.
#[derive(Debug)]
pub(crate) enum Envelope<'a> {
    Object(Vec<(Cow<'a, str>, &'a RawValue)>),
    List(Vec<&'a RawValue>),
    Other,
}

impl<'a> Envelope<'a> {
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns a field of an object; the last of several.
    pub fn raw(&self, key: &str) -> Option<&'a RawValue> {
        match self {
            Self::Object(fields) => fields
                .iter()
                .rev()
                .find(|(name, _)| name == key)
                .map(|(_, value)| *value),
            _ => None,
        }
    }

    /// Returns a parsed field, for the small fields of an envelope.
    pub fn get(&self, key: &str) -> Json<'a> {
        self.raw(key)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// Returns the rows in a field that is a list.
    pub fn rows(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        serde_json::from_str(self.raw(key)?.get()).ok()
    }

    /// Describes the envelope in a few words, for messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
            Self::Object(fields) => {
                let keys: Vec<String> = fields
                    .iter()
                    .take(8)
                    .map(|(key, _)| format!("{key:.40}"))
                    .collect();
                format!("an object with {}", keys.join(", "))
            }
            Self::List(items) => match items.first() {
                None => "an empty list".to_owned(),
                Some(first) => match Self::parse(first.get()) {
                    Ok(first @ Self::Object(_)) => format!("a list of {}", first.describe()),
                    _ => "a list".to_owned(),
                },
            },
            Self::Other => "a single value".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Envelope<'de>, E> {
        Ok(Envelope::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Envelope<'de>, E> {
        Ok(Envelope::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Envelope<'de>, E> {
        Ok(Envelope::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Envelope<'de>, E> {
        Ok(Envelope::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Envelope<'de>, E> {
        Ok(Envelope::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Envelope<'de>, E> {
        Ok(Envelope::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Envelope<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Envelope::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            fields.push((key, map.next_value()?));
        }
        Ok(Envelope::Object(fields))
    }
}

/// Decodes the text of a body: UTF-8, or UTF-16 with a byte order mark.
pub(crate) fn text<'b>(
    body: &'b [u8],
    spec: &Spec,
    findings: &mut Findings,
) -> Result<Cow<'b, str>, Error> {
    let (encoding, mark_bytes) = Encoding::for_bom(body).unwrap_or((encoding_rs::UTF_8, 0));
    let body = body.get(mark_bytes..).unwrap_or_default();
    let (text, had_errors) = encoding.decode_without_bom_handling(body);
    if had_errors {
        findings.warn(WarningCode::NotUtf8, None, || {
            format!(
                "the body is not {}: invalid bytes became U+FFFD",
                encoding.name()
            )
        });
    }
    if text.trim().is_empty() {
        return Err(Error::Empty {
            format: spec.format,
            expected: spec.marks,
        });
    }
    Ok(text)
}

/// Parses the envelope of a JSON text, repairing it if necessary, and passes it to `then`.
pub(crate) fn with_envelope<T>(
    text: &str,
    spec: &Spec,
    findings: &mut Findings,
    then: impl FnOnce(&Envelope<'_>, &mut Findings) -> Result<T, Error>,
) -> Result<T, Error> {
    if let Some(found) = is_html(text) {
        return Err(Error::MarksMissing {
            format: spec.format,
            expected: spec.marks,
            found,
        });
    }
    let problem = match Envelope::parse(text) {
        Ok(envelope) => return then(&envelope, findings),
        Err(problem) => problem,
    };
    if problem.is_eof() {
        return Err(Error::CutOff { syntax: "JSON" });
    }
    if let Some(repaired) = repair(text)
        && let Ok(envelope) = Envelope::parse(&repaired)
    {
        findings.warn(WarningCode::JsonRepaired, None, || {
            format!("the body is not JSON ({problem}) and was repaired")
        });
        return then(&envelope, findings);
    }
    Err(Error::Syntax {
        syntax: "JSON",
        problem: problem.to_string(),
    })
}

/// Describes a body that looks like markup, for messages.
pub(crate) fn is_html(text: &str) -> Option<String> {
    let start: String = text.trim_start().chars().take(14).collect();
    let start = start.to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return Some("an HTML page, such as an error page".to_owned());
    }
    start
        .starts_with('<')
        .then(|| "markup (XML or HTML)".to_owned())
}
