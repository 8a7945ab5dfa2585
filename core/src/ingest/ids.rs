//! A body that lists ids: a JSON array or NDJSON of ids, or of objects with an id and a hash.

use std::borrow::Cow;
use std::fmt;

use super::diagnosis::Diagnosis;
use super::posting::ExternalId;
use crate::content_hash::CONTENT_HASH_CHARS;
use crate::json::{Raw, Scanner, SyntaxError, escaped, position_of};
use crate::limits::MAX_LISTED_IDS;
use crate::list::{IdList, NO_HASH};
use crate::media::{BYTE_ORDER_MARK, BodyFormat};

/// Why a list of ids cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdListError {
    InvalidUtf8(Diagnosis),
    InvalidJson(Diagnosis),
    /// JSON, but not an array; what was found.
    NotAList(&'static str),
    TooManyIds,
    /// An entry that is not an id: its position, and the rest of the message.
    InvalidId {
        index: usize,
        rest: String,
    },
}

impl fmt::Display for IdListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUtf8(diagnosis) | Self::InvalidJson(diagnosis) => diagnosis.fmt(f),
            Self::NotAList(found) => write!(
                f,
                "the body is {found}, expected a JSON array of ids, or NDJSON with Content-Type \
                 application/x-ndjson"
            ),
            Self::TooManyIds => write!(f, "the list holds more than {MAX_LISTED_IDS} ids"),
            Self::InvalidId { index, rest } => write!(f, "ids[{index}]{rest}"),
        }
    }
}

/// Reads a list of ids. An entry is an id (a string or a number, by the rules of `externalId`) or an
/// object with `externalId` and optionally `hash`.
pub fn read_ids(body: &[u8], format: BodyFormat) -> Result<IdList, IdListError> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|error| {
        let message = "a byte that is not UTF-8".to_owned();
        IdListError::InvalidUtf8(diagnosis(body, error.valid_up_to(), message))
    })?;
    let mut list = IdList::default();
    match format {
        BodyFormat::Json => read_array(text, &mut list)?,
        BodyFormat::Ndjson => read_lines(text, &mut list)?,
    }
    Ok(list.finish())
}

fn diagnosis(body: &[u8], offset: usize, message: String) -> Diagnosis {
    let position = position_of(body, offset);
    Diagnosis {
        line: position.line,
        column: position.column,
        message,
    }
}

fn read_array(text: &str, list: &mut IdList) -> Result<(), IdListError> {
    let syntax = |error: SyntaxError| {
        let message = error.to_string();
        IdListError::InvalidJson(diagnosis(text.as_bytes(), error.offset, message))
    };
    let mut scanner = Scanner::new(text);
    if scanner.peek().is_none() {
        return Err(IdListError::NotAList("empty"));
    }
    if !scanner.take(b'[') {
        let value = scanner.value().map_err(syntax)?;
        scanner.end().map_err(syntax)?;
        return Err(IdListError::NotAList(value.kind_name()));
    }
    let mut more = !scanner.take(b']');
    while more {
        let entry = Entry::read(&mut scanner).map_err(syntax)?;
        entry.add_to(list)?;
        more = scanner.another_element().map_err(syntax)?;
    }
    scanner.end().map_err(syntax)
}

fn read_lines(text: &str, list: &mut IdList) -> Result<(), IdListError> {
    for (number, line) in text.split('\n').enumerate() {
        let mut scanner = Scanner::new(line);
        if scanner.peek().is_none() {
            continue;
        }
        let entry = Entry::read(&mut scanner);
        let entry = entry.and_then(|entry| scanner.end().map(|()| entry));
        let entry = entry.map_err(|error| {
            let found = diagnosis(line.as_bytes(), error.offset, error.to_string());
            IdListError::InvalidJson(Diagnosis {
                line: number + 1,
                ..found
            })
        })?;
        entry.add_to(list)?;
    }
    Ok(())
}

/// An entry whose grammar has been checked.
enum Entry<'a> {
    /// Its id and hash. Other members are ignored.
    Object(Option<Raw<'a>>, Option<Raw<'a>>),
    Other(Raw<'a>),
}

impl<'a> Entry<'a> {
    fn read(scanner: &mut Scanner<'a>) -> Result<Self, SyntaxError> {
        if !scanner.take(b'{') {
            return scanner.value().map(Self::Other);
        }
        let (mut id, mut hash) = (None, None);
        let mut more = !scanner.take(b'}');
        while more {
            // Told by its bytes if it is written as most programs do.
            let key = if scanner.take_text("\"externalId\":") {
                Cow::Borrowed("externalId")
            } else if scanner.take_text("\"hash\":") {
                Cow::Borrowed("hash")
            } else {
                scanner.key()?.decode()
            };
            let value = scanner.value()?;
            match &*key {
                "externalId" | "external_id" => id = Some(value),
                "hash" => hash = Some(value),
                _ => {}
            }
            more = scanner.another_member()?;
        }
        Ok(Self::Object(id, hash))
    }

    fn add_to(self, list: &mut IdList) -> Result<(), IdListError> {
        let index = list.n_ids;
        if index == MAX_LISTED_IDS {
            return Err(IdListError::TooManyIds);
        }
        let invalid = |rest: String| IdListError::InvalidId { index, rest };
        let (id, hash) = match self {
            Self::Object(id, hash) => {
                let hash = hash_of(hash).map_err(invalid)?;
                let id = ExternalId::read(id);
                let id = id.map_err(|error| invalid(format!(".externalId {error}")))?;
                (id, hash)
            }
            Self::Other(entry @ (Raw::String(_) | Raw::Number(_))) => {
                let id = ExternalId::read(Some(entry));
                (id.map_err(|error| invalid(format!(" {error}")))?, None)
            }
            Self::Other(other) => {
                let found = other.kind_name();
                return Err(invalid(format!(
                    " is {found}, expected an id, or an object with externalId"
                )));
            }
        };
        list.has_hashes |= hash.is_some();
        list.push(hash.as_deref().unwrap_or(NO_HASH), &escaped(id.text()));
        Ok(())
    }
}

/// The hash of a `content_hash`, which may hold an earlier one after it.
fn hash_of(value: Option<Raw<'_>>) -> Result<Option<Cow<'_, str>>, String> {
    let text = match value {
        None | Some(Raw::Null) => return Ok(None),
        Some(Raw::String(text)) => text.decode(),
        Some(other) => return Err(format!(".hash is {}, expected a string", other.kind_name())),
    };
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_hash = |text: &str| text.len() == CONTENT_HASH_CHARS && text.bytes().all(is_char);
    let is_pair = |text: &str| {
        let pair = text.split_once(' ');
        pair.is_some_and(|(hash, earlier)| is_hash(hash) && is_hash(earlier))
    };
    if !is_hash(&text) && !is_pair(&text) {
        return Err(format!(
            ".hash is not {CONTENT_HASH_CHARS} letters, digits, - and _"
        ));
    }
    Ok(Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..CONTENT_HASH_CHARS).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(CONTENT_HASH_CHARS);
            Cow::Owned(text)
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::TARGET_PARAM_BYTES;

    fn json(body: &str) -> Result<IdList, String> {
        read_ids(body.as_bytes(), BodyFormat::Json).map_err(|error| error.to_string())
    }

    #[test]
    fn ids_are_read_by_the_rules_of_a_posting() {
        let list = json(
            r#"["a", 25, " b ", {"externalId":"c\u00e9","hash":"AAAAAAAAAAA BBBBBBBBBBB","x":1}, {"externalId":7}]"#,
        );
        let list = list.unwrap();
        assert_eq!(
            list.params,
            [r#"["...........a","...........25","...........b","AAAAAAAAAAAcé","...........7"]"#]
        );
        assert_eq!((list.n_ids, list.has_hashes), (5, true));
        let lines = read_ids(
            b"\"a\"\n\n25\r\n{\"externalId\":\"b\"}\n",
            BodyFormat::Ndjson,
        )
        .unwrap();
        assert_eq!(lines.n_ids, 3);
        assert!(!lines.has_hashes);
        assert_eq!(json("[]"), Ok(IdList::default()));
        assert_eq!(read_ids(b"", BodyFormat::Ndjson), Ok(IdList::default()));
    }

    #[test]
    fn what_is_not_an_id_is_named() {
        let message = |body: &str| json(body).expect_err("an error");
        insta::assert_snapshot!(message(r#"["a",null]"#), @"ids[1] is null, expected an id, or an object with externalId");
        insta::assert_snapshot!(message(r#"[""]"#), @"ids[0] is empty");
        insta::assert_snapshot!(message(r#"[{}]"#), @"ids[0].externalId is missing");
        insta::assert_snapshot!(message(r#"[{"externalId":"a","hash":"x"}]"#), @"ids[0].hash is not 11 letters, digits, - and _");
        insta::assert_snapshot!(message(r#"[{"externalId":"a","hash":"AAAAAAAAAAA AAAA"}]"#), @"ids[0].hash is not 11 letters, digits, - and _");
        insta::assert_snapshot!(message(r#"[{"externalId":"a","hash":1}]"#), @"ids[0].hash is a number, expected a string");
        insta::assert_snapshot!(message(r#"{"ids":[]}"#), @"the body is an object, expected a JSON array of ids, or NDJSON with Content-Type application/x-ndjson");
        insta::assert_snapshot!(message(""), @"the body is empty, expected a JSON array of ids, or NDJSON with Content-Type application/x-ndjson");
        assert!(message("[1").contains("line 1"));
    }

    #[test]
    fn a_list_has_at_most_so_many_ids() {
        let list = |n: usize| format!("[{}0]", "0,".repeat(n - 1));
        assert_eq!(json(&list(MAX_LISTED_IDS)).unwrap().n_ids, MAX_LISTED_IDS);
        assert!(json(&list(MAX_LISTED_IDS + 1)).is_err());
    }

    #[test]
    fn parameters_are_cut_between_ids() {
        let id = "x".repeat(500);
        let n = 2 * TARGET_PARAM_BYTES / 514;
        let body = format!("[{}]", vec![format!("\"{id}\""); n].join(","));
        let list = json(&body).unwrap();
        assert!(
            list.params
                .iter()
                .all(|param| param.len() <= TARGET_PARAM_BYTES)
        );
        let counts = list
            .params
            .iter()
            .map(|param| serde_json::from_str::<Vec<String>>(param).unwrap().len());
        let counts: Vec<usize> = counts.collect();
        assert_eq!(counts.iter().sum::<usize>(), n);
        assert_eq!(list.starts[0], 0);
        assert_eq!(list.starts[1], counts[0]);
    }
}
