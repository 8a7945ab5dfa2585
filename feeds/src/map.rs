//! From bodies to postings.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;

use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use url::Url;

use crate::claim::{Claim, completeness};
use crate::document::{self, Envelope};
use crate::error::Error;
use crate::findings::{Completeness, Findings};
use crate::format::Format;
use crate::formats::{
    ashby, greenhouse, indeed, job_posting, lever, own_csv, own_json, personio, recruitee,
    smartrecruiters, teamtailor, workable,
};
use crate::posting::Item;
use crate::request::Request;
use crate::rows::{Rows, Sink, Survey};

/// Bytes per read from a stream.
const BUFFER_BYTES: usize = 256 << 10;

/// Bytes in which an XML declaration is looked for.
const MAX_DECLARATION_BYTES: u64 = 256;

/// The postings of a feed, and the report about them.
#[derive(Debug)]
pub struct Mapped {
    pub postings: Vec<Item>,
    pub completeness: Completeness,
    pub findings: Findings,
}

/// The report about postings that were passed to a sink.
#[derive(Debug)]
pub struct Summary {
    pub completeness: Completeness,
    pub findings: Findings,
}

/// Opens the body again from its beginning.
pub type Open<'o> = dyn FnMut() -> io::Result<Box<dyn Read + 'o>> + 'o;

/// Maps a body in memory.
///
/// # Errors
///
/// Returns no postings for a body that has another format, is truncated or unreadable.
pub fn map(request: &Request, body: &[u8]) -> Result<Mapped, Error> {
    map_pages(request, [body])
}

/// Maps the pages of one list, in any order.
///
/// # Errors
///
/// As [`map`]; an error in one page fails all.
pub fn map_pages<'b>(
    request: &Request,
    pages: impl IntoIterator<Item = &'b [u8]>,
) -> Result<Mapped, Error> {
    let mut postings = Vec::new();
    let mut sink = |item| {
        postings.push(item);
        ControlFlow::Continue(())
    };
    let Summary {
        completeness,
        findings,
    } = hold(request, pages, &mut sink)?;
    Ok(Mapped {
        postings,
        completeness,
        findings,
    })
}

/// Maps a body of any size, posting by posting.
///
/// Formats that stream ([`Format::streams`]) use constant memory, plus about 16 bytes per posting
/// if rows with the same id are merged: such bodies are read twice, first to find the ids that
/// occur more than once. Other formats are read into memory.
///
/// # Errors
///
/// As [`map`], but postings may have been passed to the sink before. [`Error::Stopped`] if the sink
/// stops.
pub fn map_stream(
    request: &Request,
    open: &mut Open<'_>,
    sink: &mut Sink<'_>,
) -> Result<Summary, Error> {
    if !request.format.streams() {
        let mut body = Vec::new();
        open()?.read_to_end(&mut body)?;
        return hold(request, [body.as_slice()], sink);
    }
    let mut rows = Rows::new(request, sink)?;
    if !request.format.is_own() {
        rows = rows.stream(survey(request, open)?);
    }
    let claim = read_stream(&mut rows, open()?)?;
    summary(rows, &[claim])
}

fn survey(request: &Request, open: &mut Open<'_>) -> Result<Survey, Error> {
    let mut nowhere = |_| ControlFlow::Continue(());
    let mut rows = Rows::new(request, &mut nowhere)?.look();
    read_stream(&mut rows, open()?)?;
    Ok(rows.into_survey())
}

fn hold<'b>(
    request: &Request,
    pages: impl IntoIterator<Item = &'b [u8]>,
    sink: &mut Sink<'_>,
) -> Result<Summary, Error> {
    let mut rows = Rows::new(request, sink)?;
    let mut claims = Vec::new();
    for body in pages {
        claims.push(if request.format.streams() {
            read_stream(&mut rows, body)?
        } else {
            read_whole(&mut rows, body)?
        });
    }
    summary(rows, &claims)
}

fn summary(mut rows: Rows<'_>, claims: &[Claim]) -> Result<Summary, Error> {
    rows.finish()?;
    Ok(Summary {
        completeness: completeness(
            rows.request.format.spec(),
            rows.request,
            claims,
            &rows.findings,
        ),
        findings: rows.findings,
    })
}

fn read_whole(rows: &mut Rows<'_>, body: &[u8]) -> Result<Claim, Error> {
    let format = rows.request.format;
    let mut findings = std::mem::take(&mut rows.findings);
    let text = document::text(body, format.spec(), &mut findings)?;
    if format == Format::JobPosting && text.trim_start().starts_with('<') {
        rows.findings = findings;
        return job_posting::read_page(&text, rows);
    }
    document::with_envelope(&text, format.spec(), &mut findings, |envelope, findings| {
        rows.findings = std::mem::take(findings);
        match format {
            Format::Greenhouse => greenhouse::read(envelope, rows),
            Format::Lever => lever::read(envelope, rows),
            Format::Ashby => ashby::read(envelope, rows),
            Format::Recruitee => recruitee::read(envelope, rows),
            Format::Workable => workable::read(envelope, rows),
            Format::SmartRecruiters => smartrecruiters::read(envelope, rows),
            Format::Teamtailor => teamtailor::read(envelope, rows),
            _ => job_posting::read(envelope, rows),
        }
    })
}

fn read_stream<'r>(rows: &mut Rows<'_>, mut input: impl Read + 'r) -> Result<Claim, Error> {
    let format = rows.request.format;
    // A read may return less than a declaration.
    let mut head = Vec::new();
    (&mut input)
        .take(MAX_DECLARATION_BYTES)
        .read_to_end(&mut head)?;
    let encoding = if matches!(format, Format::Csv | Format::Json) {
        encoding_rs::UTF_8
    } else {
        declared_encoding(&head).unwrap_or(encoding_rs::UTF_8)
    };
    // Invalid bytes become U+FFFD; a byte order mark decides the encoding and is removed.
    let decoder = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .bom_override(true)
        .strip_bom(true)
        .build(Cursor::new(head).chain(input));
    let mut input = BufReader::with_capacity(BUFFER_BYTES, decoder);
    match format {
        Format::Csv => own_csv::read(input, rows),
        Format::Json => own_json::read(input, rows),
        format => {
            let start = skip_blanks(&mut input)?;
            let is_markup = start == Some(b'<');
            match start {
                None => Err(Error::Empty {
                    format,
                    expected: format.spec().marks,
                }),
                Some(_) if !is_markup => Err(Error::MarksMissing {
                    format,
                    expected: format.spec().marks,
                    found: "something other than XML".to_owned(),
                }),
                Some(_) if format == Format::Personio => personio::read(input, rows),
                Some(_) => indeed::read(format.spec(), input, rows),
            }
        }
    }
}

/// Skips blanks and returns the next byte without consuming it.
fn skip_blanks(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let chunk = input.fill_buf()?;
        let n_bytes = chunk.len();
        if n_bytes == 0 {
            return Ok(None);
        }
        match chunk.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => {
                let byte = chunk.get(at).copied();
                input.consume(at);
                return Ok(byte);
            }
            None => input.consume(n_bytes),
        }
    }
}

/// The encoding named in an XML declaration.
fn declared_encoding(start: &[u8]) -> Option<&'static Encoding> {
    // It is ASCII in every encoding that it can name.
    let start = start.trim_ascii_start();
    let end = memchr::memchr(b'>', start)?;
    let declaration = std::str::from_utf8(start.get(..end)?).ok()?;
    let (_, after) = declaration.strip_prefix("<?xml")?.split_once("encoding")?;
    let label = after.trim_start_matches(['=', ' ', '"', '\'']);
    let label = label.split(['"', '\'']).next()?;
    // A declaration that can be read byte by byte is not UTF-16.
    Encoding::for_label(label.as_bytes()).map(Encoding::output_encoding)
}

/// The URL of the page after this one; `None` if it is the last, or the format has no pages.
///
/// # Errors
///
/// As [`map`], for the envelope only.
pub fn next_page(format: Format, url: &str, body: &[u8]) -> Result<Option<String>, Error> {
    let mut findings = Findings::default();
    if !matches!(format, Format::SmartRecruiters | Format::Teamtailor) {
        return Ok(None);
    }
    let text = document::text(body, format.spec(), &mut findings)?;
    document::with_envelope(&text, format.spec(), &mut findings, |envelope, _| {
        Ok(match format {
            Format::Teamtailor => envelope.get("next_url").text().map(str::to_owned),
            _ => next_offset(envelope, url),
        })
    })
}

/// The next page of SmartRecruiters. The service may return fewer rows than requested, so the
/// offset advances by the rows received.
fn next_offset(envelope: &Envelope<'_>, url: &str) -> Option<String> {
    let n_rows = envelope.rows("content")?.len() as u64;
    let offset = envelope.get("offset").count().unwrap_or(0);
    let total = envelope.get("totalFound").count()?;
    let next = offset
        .checked_add(n_rows)
        .filter(|next| n_rows > 0 && *next < total)?;
    let mut url = Url::parse(url).ok()?;
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "offset")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("offset", &next.to_string());
    Some(url.into())
}
