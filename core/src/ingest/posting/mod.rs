//! One posting: validates its raw values by the rules of its fields and writes it as a row.

mod amount;
mod codes;
mod id;
mod language;
mod stated;
mod text;
mod time;
mod url;
mod violation;
mod whole;
mod writer;

use std::borrow::Cow;
use std::fmt::{self, Write as _};

pub(crate) use self::id::ExternalId;
use self::stated::Stated;
pub(crate) use self::time::{EXPECTED as TIME_EXPECTED, time_millis};
use self::violation::{Excerpt, Violation};
pub use self::writer::Report;
use self::writer::Writer;
use super::ignored::{self, Ignored};
use super::rows::RowKey;
use super::rules::Rules;
use super::source::Sources;
use crate::field::{FIELDS, Field, FieldSpec, KEEP_JSON, Kind, N_FIELDS};
use crate::finding::{Finding, FindingCode, ItemName, ItemPosition};
use crate::json::{Raw, RawString, push_json};
use crate::limits::{MAX_IGNORED_FIELDS, MAX_LABEL_CHARS};
use crate::options::{Missing, Unknown};

/// The raw values of a posting's fields; `None` means not mentioned. The last of repeated keys
/// wins, as in JavaScript.
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

    /// Stores a member of the posting. A key that is not a field goes to `ignored` or is an error.
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

    /// JSON of the id, if it is acceptable.
    pub fn id_json(&self) -> Option<String> {
        let mut json = String::new();
        let id = ExternalId::read(self.get(Field::ExternalId)).ok()?;
        id.write(&mut json);
        Some(json)
    }

    /// The number of fields up to the last one that is mentioned.
    fn n_mentioned(&self) -> usize {
        let last = self.values.iter().rposition(Option::is_some);
        last.map_or(0, |last| last + 1)
    }

    fn get(&self, field: Field) -> Option<Raw<'a>> {
        self.values.get(field as usize).copied().flatten()
    }
}

/// Writes the posting's values, separated by commas, and returns their key. Returns `None` if any
/// field is invalid; all errors are reported.
pub fn write_values(
    posting: &RawPosting<'_>,
    position: ItemPosition,
    rules: Rules<'_>,
    sources: &mut Sources<'_>,
    report: &mut Report,
    row: &mut String,
) -> Option<RowKey> {
    let start = row.len();
    let id = ExternalId::read(posting.get(Field::ExternalId));
    let mut writer = Writer {
        row,
        position,
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
    // Trailing values that state nothing are omitted.
    let (mut n_fields, mut end) = (KEY_FIELDS, writer.row.len());
    let n_relevant = posting.n_mentioned().max(FIELDS_WITH_DEFAULTS);
    for (index, spec) in FIELDS.iter().enumerate().take(n_relevant).skip(KEY_FIELDS) {
        writer.row.push(',');
        let value_start = writer.row.len();
        let mut stated = writer.value(spec, posting.get(spec.field));
        if spec.field == Field::CompanyId
            && let Some(allowed) = rules.companies
        {
            stated = writer.company(allowed, stated, value_start, rules);
        }
        let json = match (stated, rules.missing) {
            (Stated::Value, _) => "",
            (Stated::Absent, Missing::Keep) => KEEP_JSON,
            (Stated::Absent | Stated::Null, _) => spec.default_json(rules.defaults),
        };
        writer.row.push_str(json);
        let is_needed = match (stated, rules.missing) {
            (Stated::Absent, Missing::Keep) => false,
            (Stated::Absent | Stated::Null, Missing::Default) => json != "null",
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

/// The first fields, after which each is null by default.
#[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
const FIELDS_WITH_DEFAULTS: usize = {
    let mut n_fields = N_FIELDS;
    while FIELDS[n_fields - 1].legacy_json.is_none()
        && matches!(FIELDS[n_fields - 1].default_json.as_bytes(), b"null")
    {
        n_fields -= 1;
    }
    n_fields
};

/// Builds a finding about a whole posting.
pub fn item_finding(position: ItemPosition, code: FindingCode, rest: impl fmt::Display) -> Finding {
    Finding {
        index: position.index,
        line: position.line,
        external_id: None,
        field: None,
        code,
        message: format!("{} {rest}", ItemName(position.index)),
    }
}

impl Writer<'_> {
    fn unknown_field(&mut self, key: RawString<'_>) {
        self.is_valid = false;
        let (position, id) = (self.position, self.external_id);
        // Suggestions are slow to compute, so only listed findings get one.
        self.report.errors.add(FindingCode::UnknownField, || {
            let name = ignored::name(key);
            let violation = Violation::Unknown(ignored::suggestion(&name));
            violation.finding(Cow::Owned(name), position, id)
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
            false => push_json(self.row, &source),
        }
        source
    }

    /// Restricts a posting to the companies that its token may post. Returns what the field states
    /// after that: a token for a single company posts to it by default.
    fn company(
        &mut self,
        allowed: &[u64],
        stated: Stated,
        value_start: usize,
        rules: Rules<'_>,
    ) -> Stated {
        let id_of = |json: &str| json.parse::<u64>().ok();
        let id = match (stated, allowed) {
            (Stated::Value, _) => self.row.get(value_start..).and_then(id_of),
            (_, [only]) => {
                let _ = write!(self.row, "{only}");
                return Stated::Value;
            }
            // This would keep the stored company, whichever it is.
            (Stated::Absent, _) if rules.missing == Missing::Keep => None,
            _ => id_of(Field::CompanyId.spec().default_json(rules.defaults)),
        };
        // A value that is not an id has already been reported.
        let is_reported = stated == Stated::Value && id.is_none();
        if !is_reported && !id.is_some_and(|id| allowed.contains(&id)) {
            self.error(Field::CompanyId, &Violation::CompanyNotAllowed(id));
        }
        stated
    }

    /// Writes the value of a field other than source and id, if it has one.
    fn value(&mut self, spec: &FieldSpec, value: Option<Raw<'_>>) -> Stated {
        let is_text = matches!(
            spec.kind,
            Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
        );
        let value = match value {
            None => return Stated::Absent,
            Some(Raw::Bool(false)) if spec.kind != Kind::Flag => return Stated::Absent,
            Some(Raw::Null) => return Stated::Null,
            Some(Raw::String(string)) if string.raw.is_empty() => return Stated::Null,
            Some(Raw::String(string)) if !is_text && string.is_blank() => return Stated::Null,
            Some(value) => value,
        };
        let stated = match spec.kind {
            // Already written.
            Kind::Source | Kind::Id => return Stated::Absent,
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
        stated.unwrap_or_else(|violation| {
            self.error(spec.field, &violation);
            Stated::Value
        })
    }
}
