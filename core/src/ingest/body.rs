//! The three forms of a body: `{"items":[…]}`, `[…]` and NDJSON.

use std::borrow::Cow;
use std::str::Utf8Error;

use super::diagnosis::{self, Diagnosis, Fault};
use super::ignored::Ignored;
use super::posting::{RawPosting, Report, item_finding, write_values};
use super::rejects::{ItemSpan, Rejects};
use super::rows::{Dropped, Param, Row, Rows};
use super::rules::Rules;
use super::source::Sources;
use crate::field::Field;
use crate::finding::{
    Finding, FindingCode, Findings, IgnoredField, ItemName, ItemPosition, ListedFindings,
};
use crate::json::{Scanner, SyntaxError};
use crate::limits::{MAX_ITEMS, MAX_KEPT_REJECTS, MAX_ROWS_BYTES};
use crate::media::{BYTE_ORDER_MARK, BodyFormat};
use crate::options::OnError;

/// The postings of a request, validated and ready for the upsert.
#[derive(Debug, Default)]
pub struct Prepared {
    /// The rows to upsert, in the format that `sql::upsert` documents.
    pub params: Vec<Param>,
    /// The rows of all `params`, in order.
    pub(super) rows: Vec<Row>,
    pub n_received: usize,
    /// Postings to upsert: the rows in `params`.
    pub n_rows: usize,
    /// Valid postings superseded by a later one with the same source and id.
    pub n_duplicates: usize,
    /// Postings with at least one error.
    pub n_rejected: usize,
    pub errors: Findings,
    pub warnings: Findings,
    /// Keys that are not fields.
    pub ignored_fields: Vec<IgnoredField>,
    /// The first line of NDJSON that is not JSON.
    pub first_bad_line: Option<Diagnosis>,
    /// The source of all accepted postings, if they share one.
    pub source: Option<String>,
    /// Whether these are ids of stored postings, without rows.
    pub is_ids: bool,
    /// The default source as the inside of a JSON text.
    pub(super) default_source: String,
    /// Of a complete list: JSON of the ids of rejected postings, and how many postings have none.
    pub rejected_ids: Vec<String>,
    pub n_unreadable: usize,
    /// Rejected postings with their reasons, if these are to be kept.
    pub rejects: Rejects,
}

impl Prepared {
    /// A request that lists ids of a source instead of postings.
    pub fn of_ids(n_ids: usize, source: &str) -> Self {
        Self {
            n_received: n_ids,
            source: Some(source.to_owned()),
            is_ids: true,
            ..Self::default()
        }
    }

    /// Total bytes of the parameters.
    pub fn param_bytes(&self) -> usize {
        self.params.iter().map(|param| param.json.len()).sum()
    }

    pub fn findings(&self) -> ListedFindings<'_> {
        ListedFindings::new(&self.errors, &self.warnings, &self.ignored_fields)
    }
}

/// Why a body as a whole is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyError {
    InvalidUtf8(Diagnosis),
    InvalidJson(Diagnosis),
    /// JSON, but without a non-empty array of items; describes what it contains instead.
    ItemsRequired(String),
    TooManyItems,
    /// The rows take more than [`MAX_ROWS_BYTES`].
    RowsTooLong,
}

/// Validates a body and prepares the rows to write.
pub fn prepare(body: &[u8], format: BodyFormat, rules: Rules<'_>) -> Result<Prepared, BodyError> {
    // JavaScript's `request.json()` skips a byte order mark, too.
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut items = Items::new(body, rules);
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

/// The bytes of a line, and its text if they are UTF-8.
type Line<'l> = (&'l [u8], Result<&'l str, Utf8Error>);

struct Items<'a> {
    body: &'a [u8],
    rules: Rules<'a>,
    rows: Rows,
    report: Report,
    ignored: Ignored<'a>,
    sources: Sources<'a>,
    n_received: usize,
    n_invalid: usize,
    /// The first rejected postings, up to [`MAX_KEPT_REJECTS`].
    rejected: Vec<ItemSpan>,
    first_bad_line: Option<Diagnosis>,
    /// Of a complete list: JSON of the ids of rejected postings, and how many postings have none.
    rejected_ids: Vec<String>,
    n_unreadable: usize,
    /// Whether there was an array of items, or NDJSON.
    has_items: bool,
}

impl<'a> Items<'a> {
    fn new(body: &'a [u8], rules: Rules<'a>) -> Self {
        let errors = match rules.keep_rejects {
            true => Findings::for_rejects(),
            false => Findings::default(),
        };
        Self {
            body,
            rules,
            rows: Rows::new(body.len(), rules),
            report: Report {
                errors,
                warnings: Findings::default(),
            },
            ignored: Ignored::default(),
            sources: Sources::new(rules.sources),
            n_received: 0,
            n_invalid: 0,
            rejected: Vec::new(),
            first_bad_line: None,
            rejected_ids: Vec::new(),
            n_unreadable: 0,
            has_items: false,
        }
    }

    fn read_document(&mut self) -> Result<(), BodyError> {
        let body = self.body;
        let text = std::str::from_utf8(body)
            .map_err(|error| BodyError::InvalidUtf8(diagnosis::of_document(body, error.into())))?;
        let mut scanner = Scanner::new(text);
        if scanner.peek().is_none() {
            // An empty body.
            return Ok(());
        }
        self.document(&mut scanner).map_err(|error| match error {
            ReadError::TooManyItems => BodyError::TooManyItems,
            ReadError::Syntax(error) => {
                BodyError::InvalidJson(diagnosis::of_document(body, error.into()))
            }
        })
    }

    fn document(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ReadError> {
        if scanner.peek() == Some(b'[') {
            self.array(scanner)?;
        } else if scanner.take(b'{') {
            let mut more = !scanner.take(b'}');
            while more {
                if scanner.key()?.decode() == "items" {
                    // The last of several `items` wins, as in JavaScript.
                    *self = Self::new(self.body, self.rules);
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

    /// Reads the items if an array comes next; skips any other value.
    fn array(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ReadError> {
        if !scanner.take(b'[') {
            scanner.value()?;
            return Ok(());
        }
        self.has_items = true;
        let mut more = !scanner.take(b']');
        while more {
            let position = self.next_position(None)?;
            scanner.peek();
            let start = scanner.offset();
            let posting = self.posting(scanner)?;
            let end = scanner.offset();
            self.add(
                ItemSpan {
                    position,
                    start,
                    end,
                },
                posting,
            );
            more = scanner.another_element()?;
        }
        Ok(())
    }

    fn read_lines(&mut self) -> Result<(), BodyError> {
        let body = self.body;
        self.has_items = true;
        // Splitting a str at newlines is faster than splitting bytes.
        match std::str::from_utf8(body) {
            Ok(text) => {
                let lines = text.split('\n');
                self.lines(&mut lines.map(|line| (line.as_bytes(), Ok(line))))?;
            }
            // Lines that are UTF-8 are still read.
            Err(_) => {
                let lines = body.split(|byte| *byte == b'\n');
                self.lines(&mut lines.map(|line| (line, std::str::from_utf8(line))))?;
            }
        }
        let is_refused_alone = self.n_received == 1 && self.n_invalid == 1;
        if self.first_bad_line.is_none() && !is_refused_alone {
            return Ok(());
        }
        match diagnosis::of_lines(body) {
            None => Ok(()),
            Some(diagnosis) if std::str::from_utf8(body).is_ok() => {
                Err(BodyError::InvalidJson(diagnosis))
            }
            Some(diagnosis) => Err(BodyError::InvalidUtf8(diagnosis)),
        }
    }

    fn lines(&mut self, lines: &mut dyn Iterator<Item = Line<'a>>) -> Result<(), BodyError> {
        let mut start = 0;
        for (number, (line, text)) in lines.enumerate() {
            let end = start + line.len();
            let mut scanner = Scanner::new(text.unwrap_or_default());
            if text.is_err() || scanner.peek().is_some() {
                let position = self.next_position(Some(number + 1));
                let position = position.map_err(|_| BodyError::TooManyItems)?;
                let span = ItemSpan {
                    position,
                    start,
                    end,
                };
                let posting = text.map_err(Fault::from).and_then(|_| {
                    let posting = self.posting(&mut scanner)?;
                    scanner.end()?;
                    Ok(posting)
                });
                match posting {
                    Ok(posting) => self.add(span, posting),
                    Err(fault) => self.bad_line(line, span, fault),
                }
            }
            start = end + 1;
        }
        Ok(())
    }

    fn bad_line(&mut self, line: &[u8], span: ItemSpan, fault: Fault) {
        let diagnosis = || diagnosis::of_line(line, fault, span.position);
        self.reject(span, None);
        let finding = || diagnosis().finding(span.position);
        self.report.errors.add(FindingCode::InvalidJson, finding);
        self.first_bad_line.get_or_insert_with(diagnosis);
    }

    fn next_position(&mut self, line: Option<usize>) -> Result<ItemPosition, ReadError> {
        if self.n_received == MAX_ITEMS {
            return Err(ReadError::TooManyItems);
        }
        let index = self.n_received;
        self.n_received += 1;
        Ok(ItemPosition { index, line })
    }

    /// `id` is the JSON of the posting's id, if it is readable.
    fn reject(&mut self, span: ItemSpan, id: Option<String>) {
        self.n_invalid += 1;
        if self.rejected.len() < MAX_KEPT_REJECTS {
            self.rejected.push(span);
        }
        match id {
            _ if !self.rules.is_list => {}
            Some(id) => self.rejected_ids.push(id),
            None => self.n_unreadable += 1,
        }
    }

    fn add(&mut self, span: ItemSpan, posting: Result<RawPosting<'_>, &'static str>) {
        let (rules, report, sources) = (self.rules, &mut self.report, &mut self.sources);
        let mut id = None;
        let is_accepted = match posting {
            Ok(posting) => {
                let is_accepted = self.rows.add(span, |row| {
                    write_values(&posting, span.position, rules, sources, report, row)
                });
                if rules.is_list && !is_accepted {
                    id = posting.id_json();
                }
                is_accepted
            }
            Err(found) => {
                report.errors.add(FindingCode::WrongType, || {
                    let rest = format_args!("is {found}, expected an object");
                    item_finding(span.position, FindingCode::WrongType, rest)
                });
                false
            }
        };
        if !is_accepted {
            self.reject(span, id);
        }
    }

    fn finish(self) -> Result<Prepared, BodyError> {
        // A complete list may be empty.
        if self.n_received == 0 && !(self.rules.is_list && self.has_items) {
            return Err(BodyError::ItemsRequired(diagnosis::without_items(
                self.body,
            )));
        }
        let finished = self.rows.finish();
        let rows_bytes: usize = finished.params.iter().map(|param| param.json.len()).sum();
        if rows_bytes > MAX_ROWS_BYTES {
            return Err(BodyError::RowsTooLong);
        }
        let mut warnings = self.report.warnings;
        let mut dropped = Findings::default();
        for posting in &finished.dropped {
            dropped.add(FindingCode::Duplicate, || dropped_finding(posting));
        }
        warnings.merge(dropped);
        let errors = self.report.errors;
        let rejects = match self.rules.keep_rejects {
            true => {
                let keeps_items = self.rules.on_error == OnError::Skip;
                Rejects::of_body(
                    self.body,
                    &self.rejected,
                    &errors,
                    self.n_invalid,
                    keeps_items,
                )
            }
            false => Rejects::default(),
        };
        Ok(Prepared {
            params: finished.params,
            n_rows: finished.rows.len(),
            rows: finished.rows,
            n_received: self.n_received,
            n_duplicates: finished.n_duplicates,
            n_rejected: self.n_invalid,
            errors,
            warnings,
            ignored_fields: self.ignored.finish(),
            first_bad_line: self.first_bad_line,
            rejected_ids: self.rejected_ids,
            n_unreadable: self.n_unreadable,
            is_ids: false,
            default_source: self.sources.default_json(),
            source: self.sources.uniform(),
            rejects,
        })
    }

    /// Reads the next posting's fields; the inner error is the JSON type found instead of an
    /// object.
    fn posting(
        &mut self,
        scanner: &mut Scanner<'a>,
    ) -> Result<Result<RawPosting<'a>, &'static str>, SyntaxError> {
        if !scanner.take(b'{') {
            return Ok(Err(scanner.value()?.kind_name()));
        }
        let mut posting = RawPosting::new();
        let mut more = !scanner.take(b'}');
        while more {
            let key = scanner.key()?;
            let value = scanner.value()?;
            posting.set(key, value, self.rules.unknown, &mut self.ignored);
            more = scanner.another_member()?;
        }
        Ok(Ok(posting))
    }
}

/// The text that a row's id is the JSON of.
fn text_of(id_json: &str) -> Option<String> {
    Scanner::new(id_json).value().ok()?.as_text()
}

fn dropped_finding(dropped: &Dropped) -> Finding {
    let ItemPosition { index, line } = dropped.span.position;
    let (this, kept) = (ItemName(index), ItemName(dropped.kept_index));
    Finding {
        index,
        line,
        external_id: text_of(&dropped.id_json),
        field: Some(Cow::Borrowed(Field::ExternalId.spec().json_name)),
        code: FindingCode::Duplicate,
        message: format!("{this}.externalId is repeated by {kept}, which differs and was kept"),
    }
}
