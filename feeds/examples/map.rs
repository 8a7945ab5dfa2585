//! Maps a file: `cargo run -p jobs-ingest-feeds --example map -- FORMAT FILE [BOARD [COMPANY
//! [URL]]]`.
//!
//! Postings go to stdout as NDJSON, the report to stderr. FORMAT may be `auto`.

use std::error::Error;
use std::io::{self, Write};

use jobs_ingest_feeds::{Request, detect, map};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let format = arguments.next().ok_or("a format is missing")?;
    let file = arguments.next().ok_or("a file is missing")?;
    let body = std::fs::read(file)?;
    let format = match format.as_str() {
        "auto" => detect(&body)?,
        name => name.parse()?,
    };
    let mut request = Request::new(format);
    request.board = arguments.next();
    request.company_name = arguments.next();
    request.url = arguments.next();

    let mapped = map(&request, &body)?;
    let mut out = io::stdout().lock();
    for posting in &mapped.postings {
        serde_json::to_writer(&mut out, posting)?;
        writeln!(out)?;
    }
    eprintln!("{format}: {}", serde_json::to_string(&mapped.completeness)?);
    eprintln!("{}", serde_json::to_string(&mapped.findings)?);
    Ok(())
}
