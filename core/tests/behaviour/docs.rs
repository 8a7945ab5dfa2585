//! Pages that repeat a fact of the code agree with the code. What follows from the table of fields
//! is generated instead (`cargo xtask generate`).

use std::fs;
use std::path::PathBuf;

use jobs_ingest_core::limits;
use jobs_ingest_core::query::{CLOSE_NAMES, INGEST_NAMES, SNAPSHOT_NAMES};

/// A file of the repository.
fn file(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path);
    fs::read_to_string(path).expect("the file")
}

fn page(name: &str) -> String {
    file(&format!("docs/{name}"))
}

/// The table row that starts with this cell.
fn row<'p>(page: &'p str, cell: &str) -> &'p str {
    let start = format!("| {cell} |");
    let found = page.lines().find(|line| line.starts_with(&start));
    found.unwrap_or_else(|| panic!("no row {start}"))
}

/// The number in column `column`, from 0, of the row that starts with `cell`.
fn number<'p>(page: &'p str, cell: &str, column: usize) -> &'p str {
    let text = row(page, cell).split('|').nth(column + 1);
    let mut words = text.expect("a cell").split_whitespace();
    words.next().expect("a number")
}

#[test]
fn limits_match_the_code() {
    let page = page("LIMITS.md");
    for (cell, limit) in [
        ("body after decompression", limits::MAX_BODY_BYTES as u64),
        (
            "body as sent, if compressed with gzip",
            limits::MAX_GZIP_BYTES as u64,
        ),
        (
            "deflate blocks of a gzip body",
            limits::MAX_GZIP_BLOCKS as u64,
        ),
        ("postings", limits::MAX_ITEMS as u64),
        ("bytes of all rows", limits::MAX_ROWS_BYTES as u64),
        ("ids in a list of ids", limits::MAX_LISTED_IDS as u64),
        (
            "positions in the response to an incomplete list of ids",
            limits::MAX_SHOWN_POSITIONS as u64,
        ),
        (
            "ids in the response to a dry run that would close postings",
            limits::MAX_SHOWN_CLOSINGS as u64,
        ),
        (
            "postings that a complete list closes at once by default",
            limits::DEFAULT_MAX_CLOSE_ROWS,
        ),
        (
            "percent of the open postings that it closes at once by default",
            limits::DEFAULT_MAX_CLOSE_PERCENT,
        ),
        (
            "minutes between the list that marks a posting missing and one that closes it",
            limits::SECOND_LIST_MINUTES,
        ),
        (
            "errors, and warnings, listed in a response",
            limits::MAX_LISTED_FINDINGS as u64,
        ),
        (
            "missing or outdated hashes that a request stores",
            limits::MAX_REFRESHED_ROWS as u64,
        ),
        (
            "bytes of the largest small body",
            limits::SMALL_BODY_BYTES as u64,
        ),
        (
            "bytes of large bodies being received",
            limits::READING_BYTES as u64,
        ),
        (
            "bytes of small bodies being received",
            limits::SMALL_READING_BYTES as u64,
        ),
        (
            "bytes of large bodies being processed",
            limits::WORKING_BYTES as u64,
        ),
        (
            "bytes of small bodies being processed",
            limits::SMALL_WORKING_BYTES as u64,
        ),
        (
            "bytes that one token name may hold of large bodies being received",
            limits::READING_SHARE_BYTES as u64,
        ),
        (
            "bytes that one token name may hold of small bodies being received",
            limits::SMALL_READING_SHARE_BYTES as u64,
        ),
        (
            "bytes that one token name may hold of small bodies being processed",
            limits::SMALL_WORKING_SHARE_BYTES as u64,
        ),
        (
            "bytes per second of a body that keeps the pace",
            (limits::PACE_BYTES_PER_MS * 1000.0) as u64,
        ),
        (
            "milliseconds that a body may fall behind the pace",
            limits::PACE_GRACE_MS as u64,
        ),
        (
            "milliseconds after which a queued request cancels slower bodies",
            limits::GIVE_WAY_MS as u64,
        ),
        (
            "minimum bytes that a request counts as",
            limits::MIN_RESERVED_BYTES as u64,
        ),
        (
            "milliseconds that a request waits for each reservation",
            limits::MAX_WAIT_MS as u64,
        ),
        (
            "milliseconds within which the next 262144 bytes of a body, or its end, must arrive",
            limits::READ_CHUNK_MS,
        ),
        (
            "milliseconds after which an inactive request no longer counts",
            limits::HELD_MS as u64,
        ),
    ] {
        assert_eq!(number(&page, cell, 1), limit.to_string(), "{cell}");
    }
}

#[test]
fn every_option_is_documented() {
    let (page, description) = (page("API.md"), page("openapi.yaml"));
    for name in INGEST_NAMES
        .into_iter()
        .chain(SNAPSHOT_NAMES)
        .chain(CLOSE_NAMES)
    {
        row(&page, &format!("`{name}`"));
        assert!(
            description.contains(&format!("\n      name: {name}\n")),
            "{name}"
        );
    }
}

#[test]
fn cpu_limit_matches_wrangler_toml() {
    let config = file("wrangler.toml");
    let (_, limit) = config.split_once("\ncpu_ms = ").expect("a limit");
    let limit: String = limit.chars().take_while(char::is_ascii_digit).collect();
    assert_eq!(limit, "5000");
    assert!(page("LIMITS.md").contains("more than 5,000 ms of CPU time"));
}

#[test]
fn every_problem_code_is_documented() {
    let page = page("API.md");
    for problem in crate::problems::of_every_kind() {
        row(
            &page,
            &format!("{} | `{}`", problem.status(), problem.code()),
        );
    }
}

#[test]
fn storage_limits_match_the_code() {
    let page = page("LIMITS.md");
    for (cell, limit) in [
        (
            "rejected postings of a request that are kept, with `on_error=skip`, or whose errors are kept",
            limits::MAX_KEPT_REJECTS as u64,
        ),
        ("errors kept with them", limits::MAX_KEPT_ERRORS as u64),
        (
            "bytes of both, as JSON",
            limits::MAX_KEPT_REJECT_BYTES as u64,
        ),
        (
            "characters of an `Idempotency-Key`",
            limits::MAX_IDEMPOTENCY_KEY_CHARS as u64,
        ),
        (
            "hours for which a recorded response is replayed",
            limits::IDEMPOTENCY_HOURS,
        ),
        (
            "milliseconds after which an inactive request no longer holds its key",
            limits::IN_FLIGHT_MS as u64,
        ),
        (
            "days that runs and rejects are kept",
            limits::DEFAULT_RETENTION_DAYS,
        ),
        (
            "rows that one purge deletes, of runs, rejects and keys each",
            (limits::PURGE_STEP_ROWS * limits::MAX_PURGE_STEPS) as u64,
        ),
        (
            "runs, or sources, per page by default",
            limits::DEFAULT_PAGE_RUNS as u64,
        ),
        (
            "runs, or sources, per page at most",
            limits::MAX_PAGE_RUNS as u64,
        ),
        ("minimum of `RETENTION_DAYS`", limits::MIN_RETENTION_DAYS),
        ("maximum of `RETENTION_DAYS`", limits::MAX_RETENTION_DAYS),
        (
            "characters of a token at least",
            limits::MIN_TOKEN_BYTES as u64,
        ),
        (
            "characters of a token at most",
            limits::MAX_TOKEN_BYTES as u64,
        ),
        (
            "characters of a token's name",
            limits::MAX_TOKEN_NAME_CHARS as u64,
        ),
        (
            "addresses over that limit remembered by an isolate",
            limits::MAX_BLOCKED_ADDRESSES as u64,
        ),
        (
            "milliseconds after which a run is final for quotas",
            limits::QUOTA_SETTLED_MS,
        ),
    ] {
        assert_eq!(number(&page, cell, 1), limit.to_string(), "{cell}");
    }
}

/// A limiter's number of requests per period in wrangler.toml, in each environment.
fn rate_limits(binding: &str) -> Vec<String> {
    let config = file("wrangler.toml");
    let name = format!("name = \"{binding}\"");
    let limiters = config.split("ratelimits]]").skip(1);
    limiters
        .filter(|limiter| limiter.contains(&name))
        .map(|limiter| {
            let (_, limit) = limiter.split_once("limit = ").expect("a limit");
            limit.chars().take_while(char::is_ascii_digit).collect()
        })
        .collect()
}

#[test]
fn rate_limits_match_wrangler_toml() {
    // The pages give rates per minute.
    assert_eq!(limits::RATE_LIMIT_PERIOD_SECONDS, 60);
    let (limits_page, deploy_page) = (page("LIMITS.md"), page("DEPLOY.md"));
    for (binding, in_limits, in_deploy) in [
        (
            "TOKEN_LIMIT",
            "requests per minute and token name",
            "requests per minute and token name",
        ),
        (
            "WRONG_TOKEN_LIMIT",
            "failed authentications per minute and address",
            "failed authentications per minute and address",
        ),
    ] {
        let found = rate_limits(binding);
        assert_eq!(found.len(), 3, "{binding}: one for each environment");
        for limit in found {
            assert_eq!(number(&limits_page, in_limits, 1), limit, "{in_limits}");
            assert_eq!(number(&deploy_page, in_deploy, 2), limit, "{in_deploy}");
        }
    }
}

/// Those that a board or an alarm would run, without what they would return.
#[test]
fn example_queries_run_on_the_schema() {
    let database = crate::database::Database::migrated();
    let (page, fence) = (page("LISTS.md"), "```");
    let queries: Vec<&str> = page.split("```sql\n").skip(1).collect();
    assert_eq!(queries.len(), 5);
    for query in queries {
        let (query, _) = query.split_once(fence).expect("an end");
        database.d1.run_script(query).expect(query);
    }
}
