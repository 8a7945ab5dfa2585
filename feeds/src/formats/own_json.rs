//! The product's own fields as JSON: a list, `items`, or NDJSON; of any size.

use std::borrow::Cow;
use std::io::{BufRead, Cursor, Read};

use crate::claim::Claim;
use crate::document::Envelope;
use crate::error::Error;
use crate::format::{Company, Format, IdScope, Spec};
use crate::frames::{Frames, MAX_ROW_BYTES};
use crate::own_posting::OwnFields;
use crate::repair::repair;
use crate::rows::Rows;

pub(crate) static SPEC: Spec = Spec {
    format: Format::Json,
    title: "Own JSON and NDJSON",
    call: "a file with the fields of `POST /jobs/ingest`: a list, `{\"items\":[…]}`, or one object per line",
    marks: "JSON objects with `externalId` (or `external_id`)",
    id_scope: IdScope::Source,
    company: Company::Sometimes,
    completeness: "declared by the caller, whose own list it is; a row that cannot be read makes it incomplete",
    parameters: None,
    fields: &[
        (
            "all",
            "the field of the same name, as written; the Worker's rules apply",
        ),
        ("source", "the caller's, if given"),
        ("companyName", "the caller's, if the row has none"),
    ],
    lost: "nothing",
    guessed: "nothing. Rows with the same id are not merged: the Worker keeps the last",
};

/// Bytes of the first line examined to distinguish NDJSON from a single document.
const MAX_HEAD_BYTES: u64 = 1 << 20;

pub(crate) fn read(mut input: impl BufRead, rows: &mut Rows<'_>) -> Result<Claim, Error> {
    let mut n_marked: u64 = 0;
    let mut head = Vec::new();
    while head.trim_ascii().is_empty() {
        head.clear();
        if (&mut input)
            .take(MAX_HEAD_BYTES)
            .read_until(b'\n', &mut head)?
            == 0
        {
            return Err(Error::Empty {
                format: Format::Json,
                expected: SPEC.marks,
            });
        }
    }
    if head.trim_ascii_start().starts_with(b"<") {
        return Err(Error::MarksMissing {
            format: Format::Json,
            expected: SPEC.marks,
            found: "markup (XML or HTML)".to_owned(),
        });
    }
    let is_line = head.ends_with(b"\n") || (head.len() as u64) < MAX_HEAD_BYTES;
    let mut take = |bytes: &[u8]| -> Result<(), Error> {
        n_marked += u64::from(row(bytes, rows)?);
        Ok(())
    };
    let mut input = Cursor::new(head.clone()).chain(input);
    if is_line && is_ndjson(&head) {
        let mut line = Vec::new();
        loop {
            line.clear();
            let n_bytes = (&mut input)
                .take(MAX_ROW_BYTES as u64)
                .read_until(b'\n', &mut line)?;
            if n_bytes == 0 {
                break;
            }
            if n_bytes == MAX_ROW_BYTES && !line.ends_with(b"\n") {
                return Err(Error::RowTooLarge {
                    index: rows.findings.n_rows,
                    limit_bytes: MAX_ROW_BYTES,
                });
            }
            if !line.trim_ascii().is_empty() {
                n_marked += u64::from(row(&line, rows)?);
            }
        }
    } else {
        Frames::new(input).postings(&mut take)?;
    }
    if n_marked == 0 && rows.findings.n_rows > 0 {
        return Err(Error::MarksMissing {
            format: Format::Json,
            expected: SPEC.marks,
            found: "rows without an id".to_owned(),
        });
    }
    Ok(Claim::Full("the file is the caller's own list"))
}

/// Whether a first line is a row rather than the beginning of a document.
fn is_ndjson(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    match Envelope::parse(&line) {
        Ok(envelope @ Envelope::Object(_)) => envelope.raw("items").is_none(),
        Ok(_) => false,
        // An object that continues on the next line is not NDJSON; a malformed one may be.
        Err(problem) => {
            !problem.is_eof() && line.trim_start().starts_with('{') && !line.contains("\"items\"")
        }
    }
}

/// Adds a row. Returns whether it has an id.
fn row(bytes: &[u8], rows: &mut Rows<'_>) -> Result<bool, Error> {
    // `from_utf8_lossy` takes several times as long to see that all bytes are valid.
    let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    let problem = match Envelope::parse(&text) {
        Ok(envelope) => return posting(envelope, rows),
        Err(problem) => problem,
    };
    if let Some(repaired) = repair(&text)
        && let Ok(envelope) = Envelope::parse(&repaired)
    {
        rows.repaired(&problem);
        return posting(envelope, rows);
    }
    rows.unreadable(&problem.to_string());
    Ok(false)
}

fn posting(envelope: Envelope<'_>, rows: &mut Rows<'_>) -> Result<bool, Error> {
    let Envelope::Object(fields) = envelope else {
        rows.unreadable("not an object");
        return Ok(false);
    };
    let fields = OwnFields(fields);
    let has_id = fields.get("externalId", "external_id").is_some();
    rows.add_own(fields)?;
    Ok(has_id)
}
