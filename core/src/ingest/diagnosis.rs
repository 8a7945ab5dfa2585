//! Diagnoses a body that cannot be read: what is wrong, and in which posting and field.
//!
//! Runs only after reading has failed and reads the text again up to the fault, so that reading a
//! valid body does not have to keep track of names.

use std::fmt;
use std::str::Utf8Error;

use super::rejects::trim;
use crate::finding::{Finding, FindingCode, ItemName, ItemPosition};
use crate::gzip;
use crate::json::{Expected, Raw, RawString, Scanner, SyntaxError, position_of};

/// Maximum length of a key or word in a message.
const MAX_EXCERPT_CHARS: usize = 40;

/// What is wrong with the JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    pub line: usize,
    pub column: usize,
    /// Starts with the posting and the field if the fault is inside one.
    pub message: String,
}

impl Diagnosis {
    /// The finding for a line of NDJSON.
    pub fn finding(&self, item: ItemPosition) -> Finding {
        Finding {
            index: item.index,
            line: item.line,
            external_id: None,
            field: None,
            code: FindingCode::InvalidJson,
            message: self.to_string(),
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(f, "{message} (line {line}, column {column})")
    }
}

/// What stopped the reading of a text.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    Syntax(SyntaxError),
    NotUtf8(Utf8Error),
}

impl From<SyntaxError> for Fault {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

impl From<Utf8Error> for Fault {
    fn from(error: Utf8Error) -> Self {
        Self::NotUtf8(error)
    }
}
pub fn of_document(body: &[u8], fault: Fault) -> Diagnosis {
    other_format(body).unwrap_or_else(|| diagnose(body, fault, None))
}
pub fn of_line(line: &[u8], fault: Fault, item: ItemPosition) -> Diagnosis {
    diagnose(line, fault, Some(item))
}

/// Explains why a body as a whole is not NDJSON, regardless of its single lines.
pub fn of_lines(body: &[u8]) -> Option<Diagnosis> {
    other_format(body).or_else(|| {
        let text = trim(std::str::from_utf8(body).ok()?);
        let mut walk = Walk::new(text, None);
        let is_document = walk.document().is_ok() && (walk.has_items || text.contains('\n'));
        is_document
            .then(|| at_start("this is one JSON document, not NDJSON: send it as application/json"))
    })
}

/// Describes what a body contains instead of postings.
pub fn without_items(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let mut scanner = Scanner::new(text);
    match scanner.peek() {
        None => "the body is empty".to_owned(),
        Some(b'[') => "the array is empty".to_owned(),
        // The body has already been read as JSON.
        Some(b'{') => in_object(&mut scanner).unwrap_or_default(),
        Some(_) => {
            let kind = scanner.value().map_or("", |value| value.kind_name());
            format!("the body is {kind}")
        }
    }
}

fn in_object(scanner: &mut Scanner<'_>) -> Result<String, SyntaxError> {
    let (mut items, mut other_array, mut is_posting) = (None, None, false);
    let mut more = scanner.take(b'{') && !scanner.take(b'}');
    while more {
        let key = scanner.key()?;
        let value = scanner.value()?;
        match key.decode().as_ref() {
            "items" => items = Some(value),
            "externalId" | "external_id" => is_posting = true,
            _ if matches!(value, Raw::Array(_)) => other_array = Some(key),
            _ => {}
        }
        more = scanner.another_member()?;
    }
    Ok(match (items, other_array) {
        (Some(Raw::Array(_)), _) => "`items` is empty".to_owned(),
        (Some(value), _) => format!("`items` is {}, expected an array", value.kind_name()),
        _ if is_posting => "the body is a single posting".to_owned(),
        (None, Some(key)) => format!("there is no `items`; `{}` is an array", excerpt(key.raw)),
        (None, None) => "there is no `items`".to_owned(),
    })
}

/// Recognises formats other than JSON in UTF-8 by their first bytes.
fn other_format(body: &[u8]) -> Option<Diagnosis> {
    let message = match body {
        _ if body.starts_with(&gzip::MAGIC) => {
            "this is gzip: compress it once, and send Content-Encoding: gzip"
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, ..] | [_, 0, ..] => {
            "this is UTF-16 or binary: send the text as UTF-8"
        }
        _ if body.trim_ascii_start().starts_with(b"<") => "this is HTML or XML, not JSON",
        _ => return None,
    };
    Some(at_start(message))
}

fn at_start(message: &str) -> Diagnosis {
    Diagnosis {
        line: 1,
        column: 1,
        message: message.to_owned(),
    }
}

/// `item` is the position of a line of NDJSON; `bytes` are that line.
fn diagnose(bytes: &[u8], fault: Fault, item: Option<ItemPosition>) -> Diagnosis {
    let offset = match fault {
        Fault::Syntax(error) => error.offset,
        Fault::NotUtf8(error) => error.valid_up_to(),
    };
    let valid = match fault {
        Fault::Syntax(_) => bytes,
        Fault::NotUtf8(_) => bytes.get(..offset).unwrap_or_default(),
    };
    let text = std::str::from_utf8(valid).unwrap_or_default();
    let mut walk = Walk::new(text, item);
    let stopped = match item {
        Some(_) => walk.item(),
        None => walk.document(),
    };
    // A second fault may precede a byte that is not UTF-8; nothing beyond it can be attributed to a
    // name.
    let is_another = |error: SyntaxError| {
        let rest = text.get(error.offset..).unwrap_or_default();
        error.offset != offset && rest != first_word(rest)
    };
    let path = match stopped.is_err_and(is_another) {
        true => Path::of(item),
        false => walk.path,
    };
    let why = match fault {
        Fault::NotUtf8(error) => match error.error_len() {
            None => "a character is cut off".to_owned(),
            Some(_) => {
                let byte = bytes.get(offset).copied().unwrap_or_default();
                format!("the byte 0x{byte:02X} is not UTF-8")
            }
        },
        Fault::Syntax(error) => explain(text, error, item.is_some()),
    };
    let position = position_of(bytes, offset);
    let line = item.and_then(|item| item.line);
    Diagnosis {
        line: line.unwrap_or(position.line),
        column: position.column,
        message: format!("{path}{why}"),
    }
}

/// Tracks the posting and field that the scanner has reached.
struct Walk<'a> {
    scanner: Scanner<'a>,
    path: Path<'a>,
    has_items: bool,
}

#[derive(Clone, Copy, Default)]
struct Path<'a> {
    index: Option<usize>,
    field: Option<RawString<'a>>,
}

impl Path<'_> {
    fn of(item: Option<ItemPosition>) -> Self {
        Self {
            index: item.map(|item| item.index),
            field: None,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field.map(|key| excerpt(key.raw));
        match (self.index.map(ItemName), field) {
            (None, None) => Ok(()),
            (None, Some(field)) => write!(f, "{field}: "),
            (Some(item), None) => write!(f, "{item}: "),
            (Some(item), Some(field)) => write!(f, "{item}.{field}: "),
        }
    }
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, item: Option<ItemPosition>) -> Self {
        Self {
            scanner: Scanner::new(text),
            path: Path::of(item),
            has_items: false,
        }
    }

    fn document(&mut self) -> Result<(), SyntaxError> {
        match self.scanner.peek() {
            Some(b'[') => self.array()?,
            Some(b'{') => self.object(true)?,
            _ => _ = self.scanner.value()?,
        }
        self.path = Path::default();
        self.scanner.end()
    }

    fn array(&mut self) -> Result<(), SyntaxError> {
        self.has_items = true;
        let mut index = 0;
        let mut more = self.scanner.take(b'[') && !self.scanner.take(b']');
        while more {
            // A trailing comma belongs to the posting before it.
            if !matches!(self.scanner.peek(), None | Some(b']')) {
                self.path.index = Some(index);
                self.path.field = None;
            }
            self.item()?;
            index += 1;
            more = self.scanner.another_element()?;
        }
        Ok(())
    }

    fn item(&mut self) -> Result<(), SyntaxError> {
        match self.scanner.peek() {
            Some(b'{') => self.object(false),
            _ => self.scanner.value().map(|_| ()),
        }
    }

    fn object(&mut self, may_have_items: bool) -> Result<(), SyntaxError> {
        let mut more = self.scanner.take(b'{') && !self.scanner.take(b'}');
        while more {
            if self.scanner.peek() != Some(b'}') {
                self.path.field = None;
            }
            let key = self.scanner.key()?;
            self.path.field = Some(key);
            if may_have_items && self.scanner.peek() == Some(b'[') && key.decode() == "items" {
                self.path.field = None;
                self.array()?;
                self.path.index = None;
                self.path.field = Some(key);
            } else {
                self.scanner.value()?;
            }
            more = self.scanner.another_member()?;
        }
        self.path.field = None;
        Ok(())
    }
}

/// Describes the broken rule, and what the author probably meant.
fn explain(text: &str, error: SyntaxError, is_line: bool) -> String {
    let (before, rest) = text.split_at_checked(error.offset).unwrap_or((text, ""));
    let before = before.trim_ascii_end();
    let word = first_word(rest);
    let is_value = error.expected == Expected::Value;
    let is_cut_word = || {
        ["true", "false", "null"]
            .iter()
            .any(|it| it.starts_with(word))
    };
    if rest.is_empty() || is_value && rest == word && is_cut_word() {
        return match is_line {
            true => "the line ends within its posting; send each posting on one line",
            false => "the body was cut off, its JSON does not end",
        }
        .to_owned();
    }
    let first = rest.chars().next().unwrap_or_default();
    let fix = match (error.expected, first) {
        (Expected::Escape | Expected::HexDigit | Expected::Colon, _) => return error.to_string(),
        (Expected::NoControl, '\n' | '\r') => "a line break in a string has to be written as \\n",
        (Expected::NoControl, _) => {
            let code = u32::from(first);
            return format!("U+{code:04X} in a string has to be written as \\u{code:04x}");
        }
        (_, '/') if rest.starts_with("//") || rest.starts_with("/*") => "JSON has no comments",
        (_, '#') => "JSON has no comments",
        (_, '\'') => "JSON takes double quotes, not single quotes",
        (_, '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | '«' | '»') => {
            return format!("`{first}` is not a JSON quote, use `\"`");
        }
        (Expected::Value, ']') | (Expected::Key, '}') if before.ends_with(',') => {
            return format!("trailing comma before `{first}`");
        }
        (Expected::End, '{') if !is_line => {
            "a second JSON document follows: send NDJSON as application/x-ndjson"
        }
        (Expected::CommaOrArrayEnd | Expected::CommaOrObjectEnd, '"' | '{' | '[') => {
            return format!("missing comma before `{first}`");
        }
        (Expected::CommaOrArrayEnd | Expected::CommaOrObjectEnd, _)
            if before.ends_with('"') && !word.is_empty() =>
        {
            return format!("{error}: a quote in a string has to be written as \\\"");
        }
        (Expected::Key, _) if !word.is_empty() => {
            return format!("key `{}` needs double quotes", excerpt(word));
        }
        (Expected::Value | Expected::Digit, _) if !word.is_empty() => {
            return not_a_value(before, word);
        }
        _ => return error.to_string(),
    };
    fix.to_owned()
}

fn not_a_value(before: &str, word: &str) -> String {
    let sign = if before.ends_with('-') { "-" } else { "" };
    let fix = match word.to_ascii_lowercase().as_str() {
        "nan" | "infinity" | "inf" | "undefined" | "none" | "nil" | "null" => "send null",
        "true" => "send true",
        "false" => "send false",
        _ => "a text needs double quotes",
    };
    format!("{sign}{} is not JSON, {fix}", excerpt(word))
}

fn first_word(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The beginning of a text.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX_EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
