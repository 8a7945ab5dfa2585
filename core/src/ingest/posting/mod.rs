//! One posting: its raw values checked by the rules of its fields and written as a row.

mod amount;
mod codes;
mod id;
mod language;
mod text;
mod time;
mod url;
mod violation;
mod whole;

use std::borrow::Cow;
use std::fmt;

use self::id::ExternalId;
use self::violation::{Excerpt, Violation};
use super::Rules;
use super::ignored::{self, Ignored};
use super::rows::RowKey;
use super::source::Sources;
use crate::field::{FIELDS, Field, FieldSpec, Kind, N_FIELDS};
use crate::finding::{Code, Finding, Findings, ItemName, Place};
use crate::json::{Raw, RawString};
use crate::limits::{MAX_IGNORED_FIELDS, MAX_LABEL_CHARS};
use crate::options::{Missing, Unknown};

/// The raw values of a posting's fields. `None` is not mentioned; of a field that comes twice the
/// last value counts, as in JavaScript.
#[derive(Debug)]
pub struct RawPosting<'a> {
    values: [Option<Raw<'a>>; N_FIELDS],
    /// The first keys that are not fields.
    unknown: Vec<RawString<'a>>,
}

impl<'a> RawPosting<'a> {
    pub fn new() -> Self {
        Self {
            values: [None; N_FIELDS],
            unknown: Vec::new(),
        }
    }

    /// Takes a member of the posting; a key that is no field goes to `ignored` or is an error.
    pub fn set(
        &mut self,
        key: RawString<'a>,
        value: Raw<'a>,
        unknown: Unknown,
        ignored: &mut Ignored<'a>,
    ) {
        let field = match key.has_escapes {
            true => Field::from_name(key.decode().as_bytes()),
            false => Field::from_name(key.raw.as_bytes()),
        };
        match field.and_then(|field| self.values.get_mut(field as usize)) {
            Some(slot) => *slot = Some(value),
            None if unknown == Unknown::Ignore => ignored.add(key),
            None if self.unknown.len() < MAX_IGNORED_FIELDS => self.unknown.push(key),
            None => {}
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

/// What a posting says of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Nothing, or what counts as nothing.
    Nothing,
    /// That there is no value: null or an empty text.
    Null,
    /// A value, which stands in the row.
    Value,
}

/// The JSON of a field that keeps its stored value: no field has it as a value.
pub const KEEP_JSON: &str = "false";

/// Writes the posting's values, each with a comma after it but the last, and returns their key;
/// `None` when any field is an error, all of which are reported.
pub fn write_values(
    posting: &RawPosting<'_>,
    place: Place,
    rules: Rules<'_>,
    sources: &mut Sources<'_>,
    report: &mut Report,
    row: &mut String,
) -> Option<RowKey> {
    let start = row.len();
    let id = ExternalId::read(posting.get(Field::ExternalId));
    let mut writer = Writer {
        row,
        place,
        external_id: id.as_ref().ok().map(ExternalId::text),
        report,
        is_valid: true,
    };
    let source = writer.source(posting.get(Field::Source), sources);
    let source_bytes = writer.row.len() - start;
    writer.row.push(',');
    match &id {
        Ok(id) => id.write(writer.row),
        Err(violation) => writer.error(Field::ExternalId, violation),
    }
    let id_bytes = writer.row.len() - start - source_bytes - ",".len();
    // Values at the end that say nothing are left out.
    let (mut n_fields, mut end) = (KEY_FIELDS, writer.row.len());
    for (index, spec) in FIELDS.iter().enumerate().skip(KEY_FIELDS) {
        writer.row.push(',');
        let said = writer.value(spec, posting.get(spec.field));
        let json = match (said, rules.missing) {
            (Said::Value, _) => "",
            (Said::Nothing, Missing::Keep) => KEEP_JSON,
            (Said::Nothing | Said::Null, _) => spec.default_json(rules.defaults),
        };
        writer.row.push_str(json);
        let is_needed = match (said, rules.missing) {
            (Said::Nothing, Missing::Keep) => false,
            (Said::Nothing | Said::Null, Missing::Default) => json != "null",
            _ => true,
        };
        if is_needed {
            (n_fields, end) = (index + 1, writer.row.len());
        }
        if spec.field == Field::Title && json == "\"\"" {
            writer.warning(Field::Title, &Violation::EmptyTitle);
        }
    }
    writer.row.truncate(end);
    for key in &posting.unknown {
        writer.unknown_field(*key);
    }
    if !writer.is_valid {
        return None;
    }
    sources.note(&source);
    Some(RowKey {
        source_bytes,
        id_bytes,
        n_fields,
    })
}

/// The fields of the key come first.
const KEY_FIELDS: usize = Field::ExternalId as usize + 1;

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

struct Writer<'r> {
    row: &'r mut String,
    place: Place,
    external_id: Option<&'r str>,
    report: &'r mut Report,
    is_valid: bool,
}

impl Writer<'_> {
    fn error(&mut self, field: Field, violation: &Violation<'_>) {
        self.is_valid = false;
        let (place, id) = (self.place, self.external_id);
        let name = field.spec().json_name;
        self.report.errors.add(violation.code(), || {
            violation.finding(Cow::Borrowed(name), place, id)
        });
    }

    fn warning(&mut self, field: Field, violation: &Violation<'_>) {
        let (place, id) = (self.place, self.external_id);
        let name = field.spec().json_name;
        self.report.warnings.add(violation.code(), || {
            violation.finding(Cow::Borrowed(name), place, id)
        });
    }

    fn unknown_field(&mut self, key: RawString<'_>) {
        self.is_valid = false;
        let (place, id) = (self.place, self.external_id);
        // A suggestion takes a while: only those that are listed get one.
        self.report.errors.add(Code::UnknownField, || {
            let name = ignored::name(key);
            let violation = Violation::Unknown(ignored::suggestion(&name));
            violation.finding(Cow::Owned(name), place, id)
        });
    }

    /// Writes the source, null for the default one, and returns it.
    fn source<'a>(&mut self, value: Option<Raw<'a>>, sources: &Sources<'_>) -> Cow<'a, str> {
        let found = match value {
            None | Some(Raw::Null | Raw::Bool(false)) => Ok(Cow::Borrowed("")),
            Some(Raw::String(string)) => string
                .check_text()
                .map_err(Violation::NotText)
                .map(|()| string.decode()),
            Some(Raw::Number(literal)) => id::number_text(literal),
            Some(other) => Err(Violation::WrongType(other, "a text or a number")),
        };
        let source = found.unwrap_or_else(|violation| {
            self.error(Field::Source, &violation);
            Cow::Borrowed("")
        });
        let found = source.chars().count();
        if found > MAX_LABEL_CHARS {
            let (unit, limit) = ("characters", MAX_LABEL_CHARS);
            self.error(Field::Source, &Violation::TooLong { found, unit, limit });
        } else if !sources.allows(&source) {
            let excerpt = Excerpt::Text(sources.or_default(&source));
            self.error(Field::Source, &Violation::SourceNotAllowed(excerpt));
        }
        match sources.is_default(&source) {
            true => self.row.push_str("null"),
            false => text::push_json(self.row, &source),
        }
        source
    }

    /// Writes the value of any other field, if it is one.
    fn value(&mut self, spec: &FieldSpec, value: Option<Raw<'_>>) -> Said {
        let is_text = matches!(
            spec.kind,
            Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
        );
        let value = match value {
            None => return Said::Nothing,
            Some(Raw::Bool(false)) if spec.kind != Kind::Flag => return Said::Nothing,
            Some(Raw::Null) => return Said::Null,
            Some(Raw::String(string)) if string.raw.is_empty() => return Said::Null,
            Some(Raw::String(string)) if !is_text && string.is_blank() => return Said::Null,
            Some(value) => value,
        };
        let said = match spec.kind {
            // Written before.
            Kind::Source | Kind::Id => return Said::Nothing,
            Kind::Text { max_chars } => self.text(spec, value, Some(max_chars), false),
            Kind::Texts { max_chars } => self.text(spec, value, Some(max_chars), true),
            Kind::LongText { max_bytes } => self.long_text(spec, value, max_bytes),
            Kind::Reference => whole::reference(self.row, value),
            Kind::Flag => whole::flag(self.row, value),
            Kind::Url => self.url(spec, value),
            Kind::Time => time::write(self.row, value),
            Kind::Country => codes::country(self.row, value),
            Kind::Language => language::write(self.row, value),
            Kind::Amount => amount::write(self.row, value),
            Kind::Currency => codes::currency(self.row, value),
            Kind::Period => codes::period(self.row, value),
            Kind::Object => text::object(self.row, value),
        };
        said.unwrap_or_else(|violation| {
            self.error(spec.field, &violation);
            Said::Value
        })
    }
}
