//! The product's own fields as CSV or TSV with a header.

use std::borrow::Cow;
use std::io::{BufRead, Cursor, Read};

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::claim::Claim;
use crate::error::Error;
use crate::findings::WarningCode;
use crate::format::{Company, Format, IdScope, Spec};
use crate::own_fields::{self, Kind, OwnField};
use crate::own_posting::OwnFields;
use crate::posting::Amount;
use crate::rows::Rows;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Csv,
    title: "Own CSV and TSV",
    call: "a file whose header has the fields of `POST /jobs/ingest`, as `externalId`, `external_id` or \"External ID\"; separated by comma, semicolon, tab or `|`",
    marks: "a header with `externalId` (or `external_id`)",
    id_scope: IdScope::Source,
    company: Company::Sometimes,
    completeness: "declared by the caller, whose own list it is; a row that cannot be read makes it incomplete",
    parameters: None,
    fields: &[
        (
            "all",
            "the column of the same name; empty, NaN, NaT, None, `<NA>` and null are null, True and False flags, 12.0 the integer 12",
        ),
        ("source", "the caller's, if given"),
        ("companyName", "the caller's, if the row has none"),
    ],
    lost: "columns without a field of their name",
    guessed: "the separator, from the header. Rows with the same id are not merged: the Worker keeps the last. An id in scientific notation (1.2E+11) has lost digits, and its row is refused",
};

/// Longest header.
const MAX_HEAD_BYTES: u64 = 1 << 20;

/// Index columns written by pandas.
fn is_index(heading: &str) -> bool {
    heading.trim().is_empty() || heading.starts_with("Unnamed: ")
}

pub(crate) fn read(mut input: impl BufRead, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let mut head = Vec::new();
    (&mut input)
        .take(MAX_HEAD_BYTES)
        .read_until(b'\n', &mut head)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(&head))
        .flexible(true)
        .has_headers(false)
        .from_reader(Cursor::new(head).chain(input));
    let mut record = StringRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(Error::Empty {
            format: Format::Csv,
            expected: SPEC.marks,
        });
    }
    let columns = columns(&record, rows)?;
    while next(&mut reader, &mut record)? {
        let has_more = record
            .iter()
            .skip(columns.len())
            .any(|cell| !cell.is_empty());
        if record.len() < columns.len() || has_more {
            rows.unreadable(&format!(
                "{} cells in a table of {} columns",
                record.len(),
                columns.len()
            ));
            continue;
        }
        match fields(&columns, &record, rows) {
            Ok(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| (Cow::Borrowed(*name), &**value));
                rows.add_own(OwnFields(fields.collect()))?;
            }
            Err(problem) => rows.unreadable(&problem),
        }
    }
    Ok(Claim::Full("the file is the caller's own list"))
}

fn next(reader: &mut csv::Reader<impl Read>, record: &mut StringRecord) -> Result<bool, Error> {
    reader
        .read_record(record)
        .map_err(|problem| match problem.kind() {
            csv::ErrorKind::Io(io) => Error::Read(std::io::Error::new(io.kind(), io.to_string())),
            _ => Error::Syntax {
                syntax: "CSV",
                problem: problem.to_string(),
            },
        })
}

/// The most frequent separator in the header.
fn separator(head: &[u8]) -> u8 {
    let mut best = (0, b',');
    for candidate in [b',', b'\t', b';', b'|'] {
        let n = memchr::memchr_iter(candidate, head).count();
        if n > best.0 {
            best = (n, candidate);
        }
    }
    best.1
}

fn columns(
    heading: &StringRecord,
    rows: &mut Rows<'_>,
) -> Result<Vec<Option<&'static OwnField>>, Error> {
    let mut columns = Vec::new();
    for (index, name) in heading.iter().enumerate() {
        let field = own_fields::of_heading(name);
        let is_repeated = field.is_some_and(|field| {
            columns
                .iter()
                .flatten()
                .any(|other: &&OwnField| other.name == field.name)
        });
        if is_repeated || (field.is_none() && !is_index(name)) {
            rows.findings.warn(WarningCode::Ignored, None, || {
                format!(
                    "column {} ({name:.60?}) is not a field or repeats one; ignored",
                    index + 1
                )
            });
        }
        columns.push(field.filter(|_| !is_repeated));
    }
    let has_id = columns.iter().flatten().any(|field| field.kind == Kind::Id);
    if !has_id {
        let names: Vec<&str> = heading.iter().take(8).collect();
        return Err(Error::MarksMissing {
            format: Format::Csv,
            expected: SPEC.marks,
            found: format!("the columns {:.200}", names.join(", ")),
        });
    }
    Ok(columns)
}

fn fields(
    columns: &[Option<&'static OwnField>],
    record: &StringRecord,
    rows: &mut Rows<'_>,
) -> Result<Vec<(&'static str, Box<RawValue>)>, String> {
    let mut fields = Vec::new();
    for (column, cell) in columns.iter().zip(record) {
        let Some(field) = column else { continue };
        let value = match value(field.kind, cell) {
            Ok(value) => value,
            Err(problem) if field.kind == Kind::Id => return Err(problem),
            Err(problem) => {
                rows.warn_row(WarningCode::Ignored, &format!("{} {problem}", field.name));
                continue;
            }
        };
        let raw = match value {
            Cell::Value(value) => to_raw_value(&value),
            Cell::Amount(amount) => to_raw_value(&amount),
            Cell::Raw(raw) => Ok(raw),
        };
        fields.push((field.name, raw.map_err(|problem| problem.to_string())?));
    }
    Ok(fields)
}

enum Cell {
    Value(Value),
    Amount(Amount),
    Raw(Box<RawValue>),
}

/// The JSON of a cell. A value that does not look like its kind is kept as text, so that the Worker
/// reports it.
fn value(kind: Kind, cell: &str) -> Result<Cell, String> {
    let text = cell.trim();
    if matches!(
        text,
        "" | "NaN" | "nan" | "NaT" | "None" | "<NA>" | "null" | "NULL"
    ) {
        return Ok(Cell::Value(Value::Null));
    }
    Ok(match kind {
        Kind::Text => Cell::Value(Value::from(cell)),
        Kind::Id if is_scientific(text) => {
            return Err(format!(
                "the id {text:.40} is in scientific notation and has lost digits"
            ));
        }
        Kind::Id => Cell::Value(Value::from(without_zero_fraction(text))),
        Kind::Integer => match without_zero_fraction(text).parse::<i64>() {
            Ok(number) => Cell::Value(Value::from(number)),
            Err(_) => Cell::Value(Value::from(text)),
        },
        Kind::Flag => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "1.0" => Cell::Value(Value::Bool(true)),
            "false" | "no" | "0" | "0.0" => Cell::Value(Value::Bool(false)),
            _ => Cell::Value(Value::from(text)),
        },
        Kind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Cell::Amount(Amount(number)),
            _ => Cell::Value(Value::from(text)),
        },
        Kind::Object => match serde_json::from_str::<Box<RawValue>>(text) {
            Ok(raw) if raw.get().starts_with('{') => Cell::Raw(raw),
            _ => return Err("is not a JSON object and was dropped".to_owned()),
        },
    })
}

/// Returns "12.0" as "12": pandas writes integers like this in a column with gaps.
fn without_zero_fraction(text: &str) -> &str {
    match text.split_once('.') {
        Some((integer, zeros))
            if !integer.is_empty()
                && integer.bytes().all(|byte| byte.is_ascii_digit())
                && !zeros.is_empty()
                && zeros.bytes().all(|byte| byte == b'0') =>
        {
            integer
        }
        _ => text,
    }
}

/// Whether an id looks like "1.23457E+11", which spreadsheets produce from long numbers.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    mantissa.contains('.')
        && mantissa
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && exponent
            .strip_prefix('+')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}
