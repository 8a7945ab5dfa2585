//! The three forms of a body: `{"items":[…]}`, `[…]` and NDJSON.

use std::fmt;

use super::posting::{RawPosting, Report, collision_finding, item_finding, write_row};
use super::rejects::{ItemSpan, Rejects};
use super::rows::{Collision, Row, Rows};
use super::source::Sources;
use crate::field::Field;
use crate::finding::{Code, Findings, Place};
use crate::json::{Position, Scanner, SyntaxError, position_of};
use crate::limits::{MAX_ITEMS, MAX_KEPT_REJECTS};
use crate::media::BodyFormat;
use crate::outcome::ListedFindings;

/// A request's postings, checked and ready to be upserted.
#[derive(Debug)]
pub struct Prepared {
    /// JSON arrays of rows in the order of `FIELDS`, with the row's hash behind them; see
    /// `sql::upsert`.
    pub params: Vec<String>,
    /// The rows of all `params`, in their order.
    pub(super) rows: Vec<Row>,
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
    /// The source of all accepted postings, when it is the same.
    pub source: Option<String>,
    /// Rejected postings with their reasons, when they are to be kept.
    pub rejects: Rejects,
    pub(super) keep_rejects: bool,
    /// For each posting of the request whether its row is not to be written after all; empty while there
    /// is none. A set would bring its hashing into the wasm.
    pub(super) left_out: Vec<bool>,
}

impl Prepared {
    /// For each of `params`, where its rows stood in the request.
    pub fn places(&self) -> Vec<Vec<Place>> {
        let mut places = Vec::new();
        for row in &self.rows {
            places.resize(places.len().max(row.param + 1), Vec::new());
            if let Some(of_param) = places.get_mut(row.param) {
                of_param.push(row.span.place);
            }
        }
        places
    }

    /// Bytes of all parameters.
    pub fn param_bytes(&self) -> usize {
        self.params.iter().map(String::len).sum()
    }

    pub fn findings(&self) -> ListedFindings<'_> {
        ListedFindings::new(&self.errors, &self.warnings)
    }
}

/// What depends on who posts and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// The sources that may be posted; `None` is all.
    pub sources: Option<&'a [String]>,
    /// The values of `companyId` that may be posted; `None` is all.
    pub companies: Option<&'a [u64]>,
    /// Whether rejected postings are to be kept.
    pub keep_rejects: bool,
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
pub fn prepare(body: &[u8], format: BodyFormat, rules: Rules<'_>) -> Result<Prepared, BodyError> {
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
    let mut items = Items::new(text, rules);
    match format {
        BodyFormat::Json => items.read_document()?,
        BodyFormat::Ndjson => items.read_lines()?,
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

struct Items<'a> {
    text: &'a str,
    rules: Rules<'a>,
    rows: Rows,
    report: Report,
    sources: Sources<'a>,
    n_received: usize,
    n_invalid: usize,
    /// The first of the invalid ones.
    rejected: Vec<ItemSpan>,
    first_bad_line: Option<Misplaced>,
}

impl<'a> Items<'a> {
    fn new(text: &'a str, rules: Rules<'a>) -> Self {
        let errors = match rules.keep_rejects {
            true => Findings::for_rejects(),
            false => Findings::default(),
        };
        Self {
            text,
            rules,
            rows: Rows::new(text.len()),
            report: Report {
                errors,
                warnings: Findings::default(),
            },
            sources: Sources::new(rules.sources),
            n_received: 0,
            n_invalid: 0,
            rejected: Vec::new(),
            first_bad_line: None,
        }
    }

    fn read_document(&mut self) -> Result<(), BodyError> {
        let text = self.text;
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
                    *self = Self::new(self.text, self.rules);
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
            let place = self.next_place(None)?;
            scanner.peek();
            let start = scanner.offset();
            let posting = raw_posting(scanner)?;
            let end = scanner.offset();
            self.add(ItemSpan { place, start, end }, posting);
            more = scanner.another_element()?;
        }
        Ok(())
    }

    fn read_lines(&mut self) -> Result<(), BodyError> {
        let mut start = 0;
        for (number, line) in self.text.split('\n').enumerate() {
            let end = start + line.len();
            let mut scanner = Scanner::new(line);
            if scanner.peek().is_some() {
                let place = self.next_place(Some(number + 1));
                let place = place.map_err(|_| BodyError::TooManyItems)?;
                let span = ItemSpan { place, start, end };
                let posting = raw_posting(&mut scanner);
                match posting.and_then(|posting| scanner.end().map(|()| posting)) {
                    Ok(posting) => self.add(span, posting),
                    Err(error) => self.bad_line(line, span, number + 1, error),
                }
            }
            start = end + 1;
        }
        Ok(())
    }

    fn bad_line(&mut self, line: &str, span: ItemSpan, number: usize, error: SyntaxError) {
        let misplaced = Misplaced {
            line: number,
            column: position_of(line.as_bytes(), error.offset).column,
            message: error.to_string(),
        };
        self.reject(span);
        self.report.errors.add(|| {
            let rest = format_args!("does not parse: {misplaced}");
            item_finding(span.place, Code::InvalidJson, rest)
        });
        self.first_bad_line.get_or_insert(misplaced);
    }

    fn next_place(&mut self, line: Option<usize>) -> Result<Place, ReadError> {
        if self.n_received == MAX_ITEMS {
            return Err(ReadError::TooManyItems);
        }
        let index = self.n_received;
        self.n_received += 1;
        Ok(Place { index, line })
    }

    fn reject(&mut self, span: ItemSpan) {
        self.n_invalid += 1;
        if self.rejected.len() < MAX_KEPT_REJECTS {
            self.rejected.push(span);
        }
    }

    fn add(&mut self, span: ItemSpan, posting: Result<RawPosting<'_>, &'static str>) {
        let (report, sources) = (&mut self.report, &mut self.sources);
        let companies = self.rules.companies;
        let is_accepted = match posting {
            Ok(posting) => self.rows.add(span, |row| {
                write_row(&posting, span.place, sources, companies, report, row)
            }),
            Err(found) => {
                report.errors.add(|| {
                    let rest = format_args!("is {found}, expected an object");
                    item_finding(span.place, Code::WrongType, rest)
                });
                false
            }
        };
        if !is_accepted {
            self.reject(span);
        }
    }

    fn finish(self) -> Result<Prepared, BodyError> {
        if self.n_received == 0 {
            return Err(BodyError::ItemsRequired);
        }
        let finished = self.rows.finish();
        let mut collisions = Findings::for_rejects();
        for collision in &finished.collisions {
            let Collision {
                span,
                other_index,
                key_json,
            } = collision;
            collisions.add(|| collision_finding(span.place, key_json, *other_index));
        }
        let mut errors = self.report.errors;
        errors.merge(collisions);
        let n_rejected = self.n_invalid + finished.collisions.len();
        let rejects = match self.rules.keep_rejects {
            true => {
                let mut spans = self.rejected;
                // Both are in the order of the request, and no more than these can be kept.
                for collision in finished.collisions.iter().take(MAX_KEPT_REJECTS) {
                    let index = collision.span.place.index;
                    let place = spans.partition_point(|span| span.place.index < index);
                    spans.insert(place, collision.span);
                }
                Rejects::of_text(self.text, &spans, &errors, n_rejected)
            }
            false => Rejects::default(),
        };
        Ok(Prepared {
            params: finished.params,
            n_rows: finished.rows.len(),
            rows: finished.rows,
            n_received: self.n_received,
            n_duplicates: finished.n_duplicates,
            n_rejected,
            errors,
            warnings: self.report.warnings,
            first_bad_line: self.first_bad_line,
            source: self.sources.uniform(),
            rejects,
            keep_rejects: self.rules.keep_rejects,
            left_out: Vec::new(),
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
