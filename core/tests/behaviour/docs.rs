//! The pages that repeat a fact of the code say the same as the code.

use std::fs;
use std::path::PathBuf;

use jobs_ingest_core::finding::Code;
use jobs_ingest_core::limits;

fn page(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name);
    fs::read_to_string(path).expect("the page")
}

/// The row of a table that begins with this cell.
fn row<'p>(page: &'p str, cell: &str) -> &'p str {
    let start = format!("| {cell} |");
    let found = page.lines().find(|line| line.starts_with(&start));
    found.unwrap_or_else(|| panic!("no row {start}"))
}

#[test]
fn limits_are_those_of_the_code() {
    let page = page("LIMITS.md");
    for (cell, limit) in [
        ("body after decompression", limits::MAX_BODY_BYTES as u64),
        (
            "body as it is sent, when it is gzip",
            limits::MAX_GZIP_BYTES as u64,
        ),
        ("postings", limits::MAX_ITEMS as u64),
        (
            "errors, and warnings, listed in an answer",
            limits::MAX_LISTED_FINDINGS as u64,
        ),
        (
            "bytes of bodies in reading, in one isolate",
            limits::READING_BYTES as u64,
        ),
        (
            "bytes of bodies that are worked on, in one isolate",
            limits::WORKING_BYTES as u64,
        ),
        (
            "the least that a request counts as, in bytes",
            limits::MIN_RESERVED_BYTES as u64,
        ),
        (
            "milliseconds that a request waits for each of the two",
            limits::MAX_WAIT_MS as u64,
        ),
        (
            "milliseconds for the next 262144 bytes of a body, or its end",
            limits::READ_CHUNK_MS,
        ),
        (
            "milliseconds after which a request that shows no life no longer counts",
            limits::HELD_MS as u64,
        ),
        ("externalId", limits::MAX_EXTERNAL_ID_CHARS as u64),
        ("title", limits::MAX_TITLE_CHARS as u64),
        ("location", limits::MAX_LOCATION_CHARS as u64),
        ("salary", limits::MAX_SALARY_CHARS as u64),
        ("jobType, workMode, source", limits::MAX_LABEL_CHARS as u64),
        ("description", limits::MAX_DESCRIPTION_BYTES as u64),
        ("companyId, categoryId", limits::MAX_REFERENCE_ID),
    ] {
        let row = row(&page, cell);
        let number = row.split('|').nth(2).expect("a second cell").trim();
        let number = number.split(' ').next().expect("a number");
        assert_eq!(number, limit.to_string(), "{row}");
    }
    let param = row(&page, "2000000 bytes for a string or row");
    assert!(
        param.contains(&limits::MAX_PARAM_BYTES.to_string()),
        "{param}"
    );
    assert!(
        param.contains(&limits::TARGET_PARAM_BYTES.to_string()),
        "{param}"
    );
    let statements = row(&page, "50 statements in an invocation (free plan)");
    assert!(
        statements.contains(&format!("| {} for", limits::MAX_STATEMENTS)),
        "{statements}"
    );
}

#[test]
fn every_code_of_a_finding_is_documented() {
    let page = page("API.md");
    for code in Code::ALL {
        let code = serde_json::to_value(code).expect("a code");
        row(&page, &format!("`{}`", code.as_str().expect("a text")));
    }
}

#[test]
fn every_code_of_a_problem_is_documented() {
    let page = page("API.md");
    for problem in crate::problems::of_every_kind() {
        row(
            &page,
            &format!("{} | `{}`", problem.status(), problem.code()),
        );
    }
}
