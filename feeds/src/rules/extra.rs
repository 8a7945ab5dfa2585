//! `extra`: facts with selected keys only, never "everything else".

use serde_json::{Map, Value};

use crate::json::Json;
use crate::posting::MAX_EXTRA_BYTES;
use crate::rules::people;

/// Adds a text under this key, if there is one.
pub fn put(extra: &mut Map<String, Value>, key: &str, text: Option<impl Into<String>>) {
    if let Some(text) = text {
        extra.insert(key.to_owned(), Value::String(text.into()));
    }
}

/// Adds a sorted list of distinct texts, if there are any.
pub fn put_list(extra: &mut Map<String, Value>, key: &str, mut texts: Vec<String>) {
    texts.sort_unstable();
    texts.dedup();
    if !texts.is_empty() {
        let texts = texts.into_iter().map(Value::String).collect();
        extra.insert(key.to_owned(), Value::Array(texts));
    }
}

/// Adds the named values of a custom part of a feed, except empty and personal ones.
pub fn put_named<'j>(
    extra: &mut Map<String, Value>,
    key: &str,
    named: impl IntoIterator<Item = (&'j str, &'j Json<'j>)>,
) {
    let mut object = Map::new();
    for (name, value) in named {
        let Some(value) = plain(value) else { continue };
        if !people::is_personal(name, &value.to_string()) {
            object.insert(name.to_owned(), value);
        }
    }
    if !object.is_empty() {
        extra.insert(key.to_owned(), Value::Object(object));
    }
}

/// A text, number, flag, or list of these. Objects are excluded because they may describe people.
fn plain(value: &Json<'_>) -> Option<Value> {
    match value {
        Json::Bool(flag) => Some(Value::Bool(*flag)),
        Json::Int(number) => i64::try_from(*number).ok().map(Value::from),
        Json::Float(number) => serde_json::Number::from_f64(*number).map(Value::Number),
        Json::Text(_) => value.text().map(Value::from),
        Json::List(items) => {
            let mut texts: Vec<&str> = items.iter().filter_map(Json::text).collect();
            texts.sort_unstable();
            texts.dedup();
            (!texts.is_empty()).then(|| Value::from(texts))
        }
        Json::Null | Json::Object(_) => None,
    }
}

/// A tag without its counter: "Development (515)" becomes "Development".
pub fn tag(text: &str) -> String {
    let text = text.trim();
    let name = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
        .filter(|(_, counter)| {
            !counter.is_empty() && counter.bytes().all(|byte| byte.is_ascii_digit())
        })
        .map_or(text, |(name, _)| name);
    name.trim().to_owned()
}

/// Removes the largest parts until the rest fits the limit. Returns their keys.
pub fn fit(extra: &mut Map<String, Value>) -> Vec<String> {
    let mut dropped = Vec::new();
    let mut parts: Vec<(usize, String)> = extra
        .iter()
        .map(|(key, value)| {
            (
                json_bytes(value) + json_bytes(&Value::from(key.as_str())) + 2,
                key.clone(),
            )
        })
        .collect();
    parts.sort_unstable();
    let mut n_bytes: usize = 2 + parts.iter().map(|(n_bytes, _)| n_bytes).sum::<usize>();
    while n_bytes > MAX_EXTRA_BYTES {
        let Some((largest, key)) = parts.pop() else {
            break;
        };
        n_bytes -= largest;
        extra.remove(&key);
        dropped.push(key);
    }
    dropped
}

fn json_bytes(value: &Value) -> usize {
    value.to_string().len()
}
