//! One posting: its raw values checked by the rules of its fields and written as a row.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::rows::Key;
use super::source::Sources;
use crate::field::{DEFAULT_SOURCE, FIELDS, Field, FieldSpec, Kind, Text, TextLimit};
use crate::finding::{Code, Finding, Findings, ItemName, Place};
use crate::json::{NotText, Raw, RawString, is_integer_literal, js_string};
use crate::limits::{MAX_EXTERNAL_ID_CHARS, MAX_REFERENCE_ID};

/// The raw values of a posting's fields. `None` is missing; of a key that comes twice the last
/// value counts, as in JavaScript.
#[derive(Debug, Default, Clone, Copy)]
pub struct RawPosting<'a> {
    values: [Option<Raw<'a>>; FIELDS.len()],
}

impl<'a> RawPosting<'a> {
    pub fn set(&mut self, field: Field, value: Raw<'a>) {
        if let Some(slot) = self.values.get_mut(field as usize) {
            *slot = Some(value);
        }
    }

    fn get(&self, field: Field) -> Option<Raw<'a>> {
        self.values.get(field as usize).copied().flatten()
    }
}

/// What was found about the postings of a request.
#[derive(Debug, Default)]
pub struct Report {
    pub errors: Findings,
    pub warnings: Findings,
}

/// Writes the posting's row and returns its key; `None` when any field is an error, all of which
/// are reported.
pub fn write_row(
    posting: &RawPosting<'_>,
    place: Place,
    sources: &mut Sources<'_>,
    companies: Option<&[u64]>,
    report: &mut Report,
    row: &mut String,
) -> Option<Key> {
    let id = ExternalId::read(posting.get(Field::ExternalId));
    let mut writer = RowWriter {
        row,
        place,
        external_id: id.as_ref().ok().map(|id| id.text.as_ref()),
        report,
        is_valid: true,
    };
    writer.row.push('[');
    let mut key_bytes = 0;
    match &id {
        Ok(id) => key_bytes = writer.key(id),
        Err(problem) => writer.error(Field::ExternalId, problem),
    }
    for spec in FIELDS {
        let value = posting.get(spec.field);
        match spec.kind {
            Kind::Key => continue,
            Kind::Text(rules) => writer.text(spec.field, rules, value),
            Kind::Reference => {
                let allowed = companies.filter(|_| spec.field == Field::CompanyId);
                writer.reference(spec.field, value, allowed);
            }
            Kind::Flag => writer.flag(spec.field, value),
        }
    }
    let raw_source = raw_source(posting);
    let source = raw_source.map_or(Cow::Borrowed(DEFAULT_SOURCE), |string| string.decode());
    if !sources.allow(&source) {
        let excerpt = raw_source.map_or(DEFAULT_SOURCE, |string| string.raw);
        writer.error(
            Field::Source,
            &Problem::SourceNotAllowed(Excerpt::Text(excerpt)),
        );
        return None;
    }
    writer.row.push(']');
    if !writer.is_valid {
        return None;
    }
    sources.note(&source);
    let whole_id = id.ok()?.whole;
    Some(Key {
        json_bytes: key_bytes,
        whole_id,
    })
}

/// The finding about a posting as a whole.
pub fn item_finding(place: Place, code: Code, rest: impl fmt::Display) -> Finding {
    Finding {
        index: place.index,
        line: place.line,
        external_id: None,
        field: None,
        code,
        message: format!("{} {rest}", ItemName(place.index)),
    }
}

/// The finding about an id that another one became equal to.
pub fn collision_finding(place: Place, key_json: &str, other_index: usize) -> Finding {
    let problem = Problem::IdCollision { other_index };
    // The key was written by this module, so it is the inside of a JSON string.
    let external_id = serde_json::from_str(&format!("\"{key_json}\"")).ok();
    problem.finding(Field::ExternalId, place, external_id)
}

/// The source that the posting's row will have, unless that is the default. A value that is no text has
/// been reported.
fn raw_source<'a>(posting: &RawPosting<'a>) -> Option<RawString<'a>> {
    match posting.get(Field::Source) {
        Some(Raw::String(string)) if !string.raw.is_empty() => Some(string),
        _ => None,
    }
}

/// Why a field's value is not accepted, or not as it is.
#[derive(Debug)]
enum Problem<'a> {
    Missing(&'static str),
    WrongType(Raw<'a>, &'static str),
    TooLong {
        found: usize,
        unit: &'static str,
        limit: usize,
    },
    Truncated {
        found: usize,
        limit: usize,
    },
    NotText(NotText),
    NotFinite(Excerpt<'a>),
    OutOfRange(Excerpt<'a>),
    NotAnInteger(Excerpt<'a>),
    NotAFlag(Excerpt<'a>),
    IdCollision {
        other_index: usize,
    },
    SourceNotAllowed(Excerpt<'a>),
    CompanyNotAllowed(u64),
}

impl Problem<'_> {
    fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::Missing,
            Self::WrongType(..) => Code::WrongType,
            Self::TooLong { .. } => Code::TooLong,
            Self::Truncated { .. } => Code::Truncated,
            Self::NotText(NotText::Nul) => Code::NulCharacter,
            Self::NotText(NotText::LoneSurrogate(_)) => Code::LoneSurrogate,
            Self::NotFinite(_) | Self::OutOfRange(_) => Code::OutOfRange,
            Self::NotAnInteger(_) => Code::NotAnInteger,
            Self::NotAFlag(_) => Code::InvalidValue,
            Self::IdCollision { .. } => Code::IdCollision,
            Self::SourceNotAllowed(_) => Code::SourceNotAllowed,
            Self::CompanyNotAllowed(_) => Code::CompanyNotAllowed,
        }
    }

    fn finding(&self, field: Field, place: Place, external_id: Option<String>) -> Finding {
        let name = FIELDS
            .get(field as usize)
            .map(|spec: &FieldSpec| spec.json_name)
            .unwrap_or_default();
        Finding {
            index: place.index,
            line: place.line,
            external_id,
            field: Some(Cow::Borrowed(name)),
            code: self.code(),
            message: format!("{}.{name} {self}", ItemName(place.index)),
        }
    }
}

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(how) => write!(f, "is {how}"),
            Self::WrongType(found, expected) => {
                write!(f, "is {}, expected {expected}", found.kind_name())
            }
            Self::TooLong { found, unit, limit } => {
                write!(f, "is {found} {unit}, the limit is {limit}")
            }
            Self::Truncated { found, limit } => {
                write!(f, "is {found} characters, cut to {limit}")
            }
            Self::NotText(NotText::Nul) => f.write_str("contains U+0000"),
            Self::NotText(NotText::LoneSurrogate(half)) => {
                write!(f, "contains \\u{half:04x} without its other half")
            }
            Self::NotFinite(literal) => {
                write!(f, "is {literal}, beyond the largest number")
            }
            Self::OutOfRange(found) => {
                write!(f, "is {found}, expected 1 to {MAX_REFERENCE_ID}")
            }
            Self::NotAnInteger(found) => write!(f, "is {found}, expected an integer"),
            Self::NotAFlag(found) => {
                write!(f, "is {found}, expected true, false, 0 or 1")
            }
            Self::IdCollision { other_index } => write!(
                f,
                "becomes equal to that of {} when cut to {MAX_EXTERNAL_ID_CHARS} characters",
                ItemName(*other_index)
            ),
            Self::SourceNotAllowed(source) => {
                write!(f, "is {source}, which this token may not post")
            }
            Self::CompanyNotAllowed(id) => write!(f, "is {id}, which this token may not post"),
        }
    }
}

/// The beginning of a found value, for a message.
#[derive(Debug, Clone, Copy)]
enum Excerpt<'a> {
    Number(&'a str),
    /// The inside of a JSON string, which stays as it was sent.
    Text(&'a str),
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 40;
        let (quote, text) = match self {
            Self::Number(literal) => ("", literal),
            Self::Text(raw) => ("\"", raw),
        };
        f.write_str(quote)?;
        let mut chars = text.chars();
        for c in chars.by_ref().take(MAX_CHARS) {
            f.write_char(c)?;
        }
        f.write_str(chars.next().map_or("", |_| "…"))?;
        f.write_str(quote)
    }
}

/// An `externalId` as it will be stored.
struct ExternalId<'a> {
    text: Cow<'a, str>,
    /// The whole id and its characters, when `text` is only its beginning.
    whole: Option<Box<str>>,
}

impl<'a> ExternalId<'a> {
    fn read(value: Option<Raw<'a>>) -> Result<Self, Problem<'a>> {
        let text = match value {
            None => return Err(Problem::Missing("missing")),
            Some(Raw::Null) => return Err(Problem::Missing("null")),
            Some(Raw::String(string)) => {
                string.check_text().map_err(Problem::NotText)?;
                trim(string.decode())
            }
            Some(Raw::Number(literal)) => number_text(literal)?,
            Some(other) => return Err(Problem::WrongType(other, "a string or a number")),
        };
        if text.is_empty() {
            return Err(Problem::Missing("empty"));
        }
        let Some((cut_at, _)) = text.char_indices().nth(MAX_EXTERNAL_ID_CHARS) else {
            return Ok(Self { text, whole: None });
        };
        // Trimmed once more, so that an id which is sent back as it was stored stays what it is.
        let cut = text
            .get(..cut_at)
            .unwrap_or_default()
            .trim_end_matches(is_blank);
        Ok(Self {
            text: Cow::Owned(cut.to_owned()),
            whole: Some(text.into()),
        })
    }
}

/// White space around an id: Unicode's, and the byte order mark that JavaScript's `trim` removes.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_blank).to_owned()),
    }
}

fn number_text(literal: &str) -> Result<Cow<'_, str>, Problem<'_>> {
    js_string(literal).ok_or(Problem::NotFinite(Excerpt::Number(literal)))
}

struct RowWriter<'r> {
    row: &'r mut String,
    place: Place,
    external_id: Option<&'r str>,
    report: &'r mut Report,
    is_valid: bool,
}

impl RowWriter<'_> {
    fn error(&mut self, field: Field, problem: &Problem<'_>) {
        self.is_valid = false;
        let (place, id) = (self.place, self.external_id);
        self.report
            .errors
            .add(|| problem.finding(field, place, id.map(str::to_owned)));
    }

    fn warning(&mut self, field: Field, problem: &Problem<'_>) {
        let (place, id) = (self.place, self.external_id);
        self.report
            .warnings
            .add(|| problem.finding(field, place, id.map(str::to_owned)));
    }

    /// Writes the key and returns its bytes between the quotes.
    fn key(&mut self, id: &ExternalId<'_>) -> usize {
        if let Some(whole) = &id.whole {
            let truncated = Problem::Truncated {
                found: whole.chars().count(),
                limit: MAX_EXTERNAL_ID_CHARS,
            };
            self.warning(Field::ExternalId, &truncated);
        }
        self.row.push('"');
        let start = self.row.len();
        push_escaped(self.row, &id.text);
        let key_bytes = self.row.len() - start;
        self.row.push('"');
        key_bytes
    }

    fn text(&mut self, field: Field, rules: Text, value: Option<Raw<'_>>) {
        self.row.push(',');
        match value {
            None | Some(Raw::Null) => self.row.push_str(rules.default_json),
            Some(Raw::String(string)) if string.raw.is_empty() => {
                self.row.push_str(rules.default_json);
            }
            Some(Raw::String(string)) => match string.check_text() {
                Ok(()) => self.string(field, rules.limit, string),
                Err(not_text) => self.error(field, &Problem::NotText(not_text)),
            },
            Some(Raw::Number(literal)) if rules.accepts_number => match number_text(literal) {
                Ok(text) => self.string(
                    field,
                    rules.limit,
                    RawString {
                        raw: &text,
                        has_escapes: false,
                        has_unicode_escapes: false,
                    },
                ),
                Err(problem) => self.error(field, &problem),
            },
            Some(other) => {
                let expected = match rules.accepts_number {
                    true => "a string or a number",
                    false => "a string",
                };
                self.error(field, &Problem::WrongType(other, expected));
            }
        }
    }

    /// Copies a string as it stands in the body, or its beginning.
    fn string(&mut self, field: Field, limit: TextLimit, string: RawString<'_>) {
        let mut raw = string.raw;
        match limit {
            // A decoded text is never longer than the raw one: most need no counting.
            TextLimit::CharsCut(limit) if raw.len() > limit => {
                let found = string.n_chars();
                if found > limit {
                    raw = string.raw_prefix(limit);
                    self.warning(field, &Problem::Truncated { found, limit });
                }
            }
            TextLimit::Chars(limit) if raw.len() > limit => {
                let found = string.n_chars();
                if found > limit {
                    let unit = "characters";
                    self.error(field, &Problem::TooLong { found, unit, limit });
                }
            }
            TextLimit::Bytes(limit) if raw.len() > limit => {
                let found = string.decoded_bytes();
                if found > limit {
                    let unit = "bytes of UTF-8";
                    self.error(field, &Problem::TooLong { found, unit, limit });
                }
            }
            _ => {}
        }
        if self.is_valid {
            self.row.push('"');
            self.row.push_str(raw);
            self.row.push('"');
        }
    }

    /// `allowed` are the ids that the token may post; a token of one id posts to it by default.
    fn reference(&mut self, field: Field, value: Option<Raw<'_>>, allowed: Option<&[u64]>) {
        let id = match value {
            None | Some(Raw::Null) => Ok(0),
            Some(Raw::Number(literal)) => integer(literal, Excerpt::Number),
            Some(Raw::String(string)) if string.raw.is_empty() => Ok(0),
            Some(Raw::String(string)) if is_integer_text(string.raw) => {
                integer(string.raw, Excerpt::Text)
            }
            Some(Raw::String(string)) => Err(Problem::NotAnInteger(Excerpt::Text(string.raw))),
            Some(other) => Err(Problem::WrongType(other, "an integer or its text")),
        };
        match id {
            Ok(id) => {
                let id = match (id, allowed) {
                    // 0 is how the old clients say "none".
                    (0, Some([only])) => *only,
                    _ => id.max(1),
                };
                match allowed.is_none_or(|allowed| allowed.contains(&id)) {
                    true => {
                        let _ = write!(self.row, ",{id}");
                    }
                    false => self.error(field, &Problem::CompanyNotAllowed(id)),
                }
            }
            Err(problem) => self.error(field, &problem),
        }
    }

    fn flag(&mut self, field: Field, value: Option<Raw<'_>>) {
        let flag = match value {
            None | Some(Raw::Null) => Ok(false),
            Some(Raw::Bool(flag)) => Ok(flag),
            Some(Raw::Number(literal)) => match literal.parse::<f64>() {
                Ok(0.0) => Ok(false),
                Ok(1.0) => Ok(true),
                _ => Err(Problem::NotAFlag(Excerpt::Number(literal))),
            },
            Some(Raw::String(string)) => match string.decode().as_ref() {
                "" | "false" => Ok(false),
                "true" => Ok(true),
                _ => Err(Problem::NotAFlag(Excerpt::Text(string.raw))),
            },
            Some(other) => Err(Problem::WrongType(other, "true, false, 0 or 1")),
        };
        match flag {
            Ok(flag) => self.row.push_str(if flag { ",1" } else { ",0" }),
            Err(problem) => self.error(field, &problem),
        }
    }
}

fn is_integer_text(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The value of a number's literal, 0 to [`MAX_REFERENCE_ID`]; `excerpt` is how a message shows it.
fn integer<'a>(literal: &'a str, excerpt: fn(&'a str) -> Excerpt<'a>) -> Result<u64, Problem<'a>> {
    let value = if is_integer_literal(literal) {
        // Only one with more digits than 128 bits hold does not parse.
        literal.parse::<i128>().unwrap_or(i128::MAX)
    } else {
        match literal.parse::<f64>() {
            // The cast saturates, and what it saturates to is out of range.
            Ok(value) if value.fract() == 0.0 || value.is_infinite() => value as i128,
            _ => return Err(Problem::NotAnInteger(excerpt(literal))),
        }
    };
    match u64::try_from(value) {
        Ok(id) if id <= MAX_REFERENCE_ID => Ok(id),
        _ => Err(Problem::OutOfRange(excerpt(literal))),
    }
}

/// Appends a text as the inside of a JSON string, in one form only, so that two keys are equal
/// exactly when their JSON is, and the shortest, so that none is longer than what was sent.
fn push_escaped(json: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{8}' => json.push_str("\\b"),
            '\t' => json.push_str("\\t"),
            '\n' => json.push_str("\\n"),
            '\u{c}' => json.push_str("\\f"),
            '\r' => json.push_str("\\r"),
            '\0'..='\u{1f}' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            _ => json.push(c),
        }
    }
}
