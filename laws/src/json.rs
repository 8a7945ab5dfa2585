//! JSON read with serde_json in a way that preserves the raw text of values.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// All members of an object in order; keys may repeat.
pub struct Members<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// A value; only strings are decoded.
pub enum Json<'a> {
    Null,
    Bool(bool),
    /// The literal of a number.
    Number(&'a str),
    Text(String),
    /// Including its brackets.
    Array(&'a str),
    /// Including its braces.
    Object(&'a str),
}

impl<'a> Json<'a> {
    /// `None` for a string with a lone surrogate, which a Rust string cannot represent.
    pub fn of(value: &'a RawValue) -> Option<Self> {
        let json = value.get();
        Some(match json.as_bytes().first()? {
            b'n' => Self::Null,
            b't' => Self::Bool(true),
            b'f' => Self::Bool(false),
            b'"' => Self::Text(serde_json::from_str(json).ok()?),
            b'[' => Self::Array(json),
            b'{' => Self::Object(json),
            _ => Self::Number(json),
        })
    }
}
