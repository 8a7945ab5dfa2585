//! The three forms of a body: `{"items":[…]}`, `[…]` and NDJSON.

use std::fmt;

use super::posting::{RawPosting, Report, collision_finding, item_finding, write_row};
use super::rows::Rows;
use crate::field::Field;
use crate::finding::{Code, Findings, Place};
use crate::json::{Position, Scanner, SyntaxError, position_of};
use crate::limits::MAX_ITEMS;
use crate::media::BodyFormat;

/// A request's postings, checked and ready to be upserted.
#[derive(Debug)]
pub struct Prepared {
    /// JSON arrays of rows in the order of `FIELDS`; see `sql::upsert`.
    pub params: Vec<String>,
    /// Postings in the request.
    pub n_received: usize,
    /// Postings to be upserted: rows in `params`.
    pub n_rows: usize,
    /// Valid postings in whose place a later one of the same id stands.
    pub n_duplicates: usize,
    /// Postings with at least one error.
    pub n_rejected: usize,
    pub errors: Findings,
    pub warnings: Findings,
    /// The first line of NDJSON that does not parse.
    pub first_bad_line: Option<Misplaced>,
}

/// What is wrong with the JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            message,
        } = self;
        write!(f, "line {line}, column {column}: {message}")
    }
}

/// Why a body as a whole cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    /// Not UTF-8.
    InvalidUtf8(Misplaced),
    /// Not JSON.
    InvalidJson(Misplaced),
    /// JSON, but without a non-empty array of items.
    ItemsRequired,
    /// More than [`MAX_ITEMS`] postings.
    TooManyItems,
}

/// Checks a body and prepares what is to be written.
pub fn prepare(body: &[u8], format: BodyFormat) -> Result<Prepared, BodyError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let Position { line, column } = position_of(body, error.valid_up_to());
        BodyError::InvalidUtf8(Misplaced {
            line,
            column,
            message: "the byte there is not UTF-8".to_owned(),
        })
    })?;
    // JavaScript's `request.json()` passes over a byte order mark, too.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut items = Items::new(text.len());
    match format {
        BodyFormat::Json => items.read_document(text)?,
        BodyFormat::Ndjson => items.read_lines(text)?,
    }
    items.finish()
}

enum ReadError {
    Syntax(SyntaxError),
    TooManyItems,
}

impl From<SyntaxError> for ReadError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

struct Items {
    rows: Rows,
    report: Report,
    n_received: usize,
    n_invalid: usize,
    first_bad_line: Option<Misplaced>,
    text_bytes: usize,
}

impl Items {
    fn new(text_bytes: usize) -> Self {
        Self {
            rows: Rows::new(text_bytes),
            report: Report::default(),
            n_received: 0,
            n_invalid: 0,
            first_bad_line: None,
            text_bytes,
        }
    }

    fn read_document(&mut self, text: &str) -> Result<(), BodyError> {
        let mut scanner = Scanner::new(text);
        if scanner.peek().is_none() {
            return Err(BodyError::ItemsRequired);
        }
        self.document(&mut scanner).map_err(|error| match error {
            ReadError::TooManyItems => BodyError::TooManyItems,
            ReadError::Syntax(error) => {
                let Position { line, column } = position_of(text.as_bytes(), error.offset);
                BodyError::InvalidJson(Misplaced {
                    line,
                    column,
                    message: error.to_string(),
                })
            }
        })
    }

    fn document(&mut self, scanner: &mut Scanner<'_>) -> Result<(), ReadError> {
        if scanner.peek() == Some(b'[') {
            self.array(scanner)?;
        } else if scanner.take(b'{') {
            let mut more = !scanner.take(b'}');
            while more {
                if scanner.key()?.decode() == "items" {
                    // Of a key that comes twice the last value counts, as in JavaScript.
                    *self = Self::new(self.text_bytes);
                    self.array(scanner)?;
                } else {
                    scanner.value()?;
                }
                more = scanner.another_member()?;
            }
        } else {
            scanner.value()?;
        }
        Ok(scanner.end()?)
    }

    /// The items, if an array is next; any other value is passed over.
    fn array(&mut self, scanner: &mut Scanner<'_>) -> Result<(), ReadError> {
        if !scanner.take(b'[') {
            scanner.value()?;
            return Ok(());
        }
        let mut more = !scanner.take(b']');
        while more {
            self.item(scanner, None)?;
            more = scanner.another_element()?;
        }
        Ok(())
    }

    fn read_lines(&mut self, text: &str) -> Result<(), BodyError> {
        for (number, line) in text.split('\n').enumerate() {
            let mut scanner = Scanner::new(line);
            if scanner.peek().is_none() {
                continue;
            }
            match self.line(&mut scanner, number + 1) {
                Ok(()) => {}
                Err(ReadError::TooManyItems) => return Err(BodyError::TooManyItems),
                Err(ReadError::Syntax(error)) => self.bad_line(line, number + 1, error),
            }
        }
        Ok(())
    }

    fn line(&mut self, scanner: &mut Scanner<'_>, number: usize) -> Result<(), ReadError> {
        let place = self.next_place(Some(number))?;
        let posting = raw_posting(scanner)?;
        scanner.end()?;
        self.add(place, posting);
        Ok(())
    }

    fn bad_line(&mut self, line: &str, number: usize, error: SyntaxError) {
        let place = Place {
            index: self.n_received - 1,
            line: Some(number),
        };
        let misplaced = Misplaced {
            line: number,
            column: position_of(line.as_bytes(), error.offset).column,
            message: error.to_string(),
        };
        self.n_invalid += 1;
        self.report.errors.add(|| {
            let rest = format_args!("does not parse: {misplaced}");
            item_finding(place, Code::InvalidJson, rest)
        });
        self.first_bad_line.get_or_insert(misplaced);
    }

    fn item(&mut self, scanner: &mut Scanner<'_>, line: Option<usize>) -> Result<(), ReadError> {
        let place = self.next_place(line)?;
        let posting = raw_posting(scanner)?;
        self.add(place, posting);
        Ok(())
    }

    fn next_place(&mut self, line: Option<usize>) -> Result<Place, ReadError> {
        if self.n_received == MAX_ITEMS {
            return Err(ReadError::TooManyItems);
        }
        let index = self.n_received;
        self.n_received += 1;
        Ok(Place { index, line })
    }

    fn add(&mut self, place: Place, posting: Result<RawPosting<'_>, &'static str>) {
        let report = &mut self.report;
        let n_invalid = &mut self.n_invalid;
        match posting {
            Ok(posting) => self.rows.add(place, |row| {
                let key = write_row(&posting, place, report, row);
                *n_invalid += usize::from(key.is_none());
                key
            }),
            Err(found) => {
                *n_invalid += 1;
                report.errors.add(|| {
                    let rest = format_args!("is {found}, expected an object");
                    item_finding(place, Code::WrongType, rest)
                });
            }
        }
    }

    fn finish(self) -> Result<Prepared, BodyError> {
        if self.n_received == 0 {
            return Err(BodyError::ItemsRequired);
        }
        let finished = self.rows.finish();
        let mut collisions = Findings::default();
        for collision in &finished.collisions {
            collisions.add(|| {
                collision_finding(collision.place, &collision.key_json, collision.other_index)
            });
        }
        let mut errors = self.report.errors;
        errors.merge(collisions);
        Ok(Prepared {
            params: finished.params,
            n_received: self.n_received,
            n_rows: finished.n_rows,
            n_duplicates: finished.n_duplicates,
            n_rejected: self.n_invalid + finished.collisions.len(),
            errors,
            warnings: self.report.warnings,
            first_bad_line: self.first_bad_line,
        })
    }
}

/// The fields of the posting that is next, or what is there instead of an object.
fn raw_posting<'a>(
    scanner: &mut Scanner<'a>,
) -> Result<Result<RawPosting<'a>, &'static str>, SyntaxError> {
    if !scanner.take(b'{') {
        return Ok(Err(scanner.value()?.kind_name()));
    }
    let mut posting = RawPosting::default();
    let mut more = !scanner.take(b'}');
    while more {
        let key = scanner.key()?;
        let field = if key.has_escapes {
            Field::from_json_name(key.decode().as_bytes())
        } else {
            Field::from_json_name(key.raw.as_bytes())
        };
        let value = scanner.value()?;
        if let Some(field) = field {
            posting.set(field, value);
        }
        more = scanner.another_member()?;
    }
    Ok(Ok(posting))
}
