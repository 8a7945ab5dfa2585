//! Every limit of the service: what it bounds and where its number comes from.
//!
//! docs/LIMITS.md is the page for users. D1's limits are copied from `d1-sim`, which core cannot
//! depend on. Tests compare this file with both.

use crate::content_hash::CONTENT_HASH_CHARS;

/// D1's limit for one string, BLOB or row, in bytes. `wrangler dev` does not enforce it, so the
/// limits below are derived to stay under it.
pub const D1_MAX_VALUE_BYTES: usize = 2_000_000;

/// D1's limit for the text of one SQL statement, in bytes.
pub const D1_MAX_STATEMENT_BYTES: usize = 100_000;

/// Statements that a Worker may run per invocation, on the paid and on the free plan. Whether a
/// batch counts as one statement or as all of its statements is not documented, so the largest
/// request stays under the limit of the free plan unless a D1 call has to be repeated.
pub const D1_MAX_STATEMENTS: usize = 1_000;
pub const D1_MAX_STATEMENTS_FREE: usize = 50;

/// Bytes of the Worker's wasm, gzipped. Cloudflare allows 3 MB on the free plan; a smaller Worker starts faster.
pub const MAX_WASM_GZIP_BYTES: usize = 256_000;

/// Largest body of a request in bytes, after decompression.
///
/// A Worker has 128 MB for wasm memory and JavaScript heap together. At its peak a request needs,
/// per body byte: one copy of the body and one of the parameters in wasm memory; the parameters as
/// JavaScript strings (two bytes a character if one of them is outside Latin-1); the D1 binding's
/// JSON text of them (again two bytes a character); and that text as UTF-8. That is about 8 bytes
/// in the worst case, and 12 MiB × 8 = 101 MB. docs/LIMITS.md has measurements.
pub const MAX_BODY_BYTES: usize = 12 * 1024 * 1024;

/// Longest single-member gzip file that can hold the largest body. For incompressible data gzip
/// adds 5 bytes to each stored block (zlib's blocks have at least 16 KB). 1 KiB is for the header,
/// which may contain a file name, and the trailer.
pub const MAX_GZIP_BYTES: usize = MAX_BODY_BYTES + 5 * (MAX_BODY_BYTES / 16_000 + 1) + 1_024;

/// Deflate blocks of a gzip body, all members together. For a block with codes of its own the decompressor
/// builds tables, which takes 4 µs in wasm for the shortest codes (an empty block of 92 bits), and 16 µs for those
/// of all symbols (89 bytes). The largest body could hold a million of the former and decompress to nothing; this
/// many blocks take 2.4 s at most. A client that flushes after each posting sends two blocks per posting.
pub const MAX_GZIP_BLOCKS: usize = 3 * MAX_ITEMS;

/// Memory of an isolate in bytes, wasm and JavaScript together.
const ISOLATE_BYTES: usize = 128_000_000;
/// Memory of an idle isolate: 3 MB measured, plus room for small allocations.
const IDLE_BYTES: usize = 4 * 1024 * 1024;

/// Largest body of the small lane. Small bodies have their own memory, so that large ones cannot
/// keep them out; they may also use free memory of the large lane while no large body is queued.
pub const SMALL_BODY_BYTES: usize = 256 * 1024;

/// Bytes of bodies that an isolate processes at a time in the large lane, from the last byte read
/// to the response: one body of the largest size, or several of that total. A body counts as its
/// rows if those are longer.
pub const WORKING_BYTES: usize = MAX_BODY_BYTES;
/// As [`WORKING_BYTES`], in the small lane: two bodies of the largest small size.
pub const SMALL_WORKING_BYTES: usize = 2 * SMALL_BODY_BYTES;
/// Bytes of bodies that an isolate holds at a time in the large lane while they are received or
/// wait to be processed. These are in memory once.
pub const READING_BYTES: usize = 17 * 1024 * 1024;
/// As [`READING_BYTES`], in the small lane.
pub const SMALL_READING_BYTES: usize = 1024 * 1024;
/// Share of [`READING_BYTES`] that one token name may hold: one body of the largest size. It leaves
/// 5.2 MB to other tokens.
pub const READING_SHARE_BYTES: usize = MAX_GZIP_BYTES;
/// Share of each small lane that one token name may hold: half.
pub const SMALL_READING_SHARE_BYTES: usize = SMALL_READING_BYTES / 2;
pub const SMALL_WORKING_SHARE_BYTES: usize = SMALL_WORKING_BYTES / 2;
/// Bytes of memory per byte of a processed body, see [`MAX_BODY_BYTES`].
const MEMORY_FACTOR: usize = 8;
/// Minimum reservation of a request, for what it holds in addition to its body.
pub const MIN_RESERVED_BYTES: usize = 64 * 1024;

/// Bytes per millisecond at which a body must arrive (512 KiB a second) to keep a reservation for
/// its whole declared length. A slower body is reserved only what has arrived plus its next
/// [`READ_CHUNK_BYTES`], and may be cancelled for others ([`GIVE_WAY_MS`]). The largest body takes
/// 24 s at this pace, less than [`MAX_WAIT_MS`].
pub const PACE_BYTES_PER_MS: f64 = 512.0 * 1024.0 / 1000.0;
/// Milliseconds that a body may fall behind this pace, at its start or later.
pub const PACE_GRACE_MS: f64 = 3_000.0;
/// Milliseconds after which a queued request cancels slower bodies to get the memory it needs.
pub const GIVE_WAY_MS: f64 = 5_000.0;
/// Interval in milliseconds at which a body being received checks whether it was cancelled.
pub const GIVE_WAY_POLL_MS: u64 = 250;

/// Milliseconds that a request may wait for a read slot, and again for a processing slot. Equal to
/// D1's batch timeout: any request that was being processed when the wait began has finished by
/// then, unless a D1 call had to be repeated.
pub const MAX_WAIT_MS: f64 = 30_000.0;
/// Interval in milliseconds at which a queued request checks whether it is admitted.
pub const WAIT_POLL_MS: u64 = 20;
/// Milliseconds without a check after which a queued request is dropped from the queue: a hundred
/// intervals.
pub const WAITER_GONE_MS: f64 = 100.0 * WAIT_POLL_MS as f64;
/// Milliseconds within which the next [`READ_CHUNK_BYTES`] of a body, or its end, must arrive: 10
/// KB a second. Needed because a client may disappear without notice. Shorter than [`MAX_WAIT_MS`],
/// so that a request queued behind a client that sends nothing is still admitted.
pub const READ_CHUNK_MS: u64 = 25_000;
/// Bytes per read. Each read costs an iteration of the event loop and a buffer that lives until
/// JavaScript's next garbage collection, so neither 4 KB nor the whole body.
pub const READ_CHUNK_BYTES: usize = 256 * 1024;
/// Milliseconds of inactivity after which the reservation of a request is released: the runtime may
/// drop a request without notice.
pub const HELD_MS: f64 = IN_FLIGHT_MS;

/// Postings in one request. D1 limits a batch to 30 s. The slowest kind measured took under 0.1 ms
/// a posting locally; assuming production is at most five times slower, 50,000 × 0.5 ms = 25 s.
pub const MAX_ITEMS: usize = 50_000;

/// Bytes of a token. 24 hexadecimal digits are 96 random bits, which cannot be guessed at 30
/// attempts a minute.
pub const MIN_TOKEN_BYTES: usize = 24;
pub const MAX_TOKEN_BYTES: usize = 256;
/// Characters of a token's name: shorter than any token, so that a token in the name's position is
/// detected.
pub const MAX_TOKEN_NAME_CHARS: usize = MIN_TOKEN_BYTES - 1;

/// Characters (Unicode scalar values) of `externalId`. Feeds use URLs of up to 104 characters and
/// paths of up to 120; a URL of 2,048 characters would no longer be an id.
pub const MAX_EXTERNAL_ID_CHARS: usize = 500;
/// Characters of `title`, `salary` and of names: of a company, a department, a region, a city.
pub const MAX_NAME_CHARS: usize = 255;
/// Characters of `location`, which may list several locations.
pub const MAX_LOCATION_CHARS: usize = 1_000;
/// Characters of `jobType`, `workMode` and `source`.
pub const MAX_LABEL_CHARS: usize = 100;
/// Bytes of `description` in UTF-8.
pub const MAX_DESCRIPTION_BYTES: usize = 262_144;
/// Characters of `url` and `applyUrl`: what every browser accepts.
pub const MAX_URL_CHARS: usize = 2_048;
/// Characters of `language`: the length required by RFC 5646, section 4.4.1, and one separator.
pub const MAX_LANGUAGE_CHARS: usize = 36;
/// Bytes of `extra` as sent. The largest seen in a feed has 618.
pub const MAX_EXTRA_BYTES: usize = 8_192;
/// Largest `companyId` and `categoryId`: the largest integer that JavaScript represents exactly,
/// 2^53 − 1.
pub const MAX_REFERENCE_ID: u64 = (1 << 53) - 1;

/// Unknown fields that a response names.
pub const MAX_IGNORED_FIELDS: usize = 20;

/// Errors and, separately, warnings that a response lists; the rest are counted.
pub const MAX_LISTED_FINDINGS: usize = 100;

/// Rejected postings of one request that are kept with their reasons.
pub const MAX_KEPT_REJECTS: usize = 1_000;
/// Errors kept with them. A posting has at most one per field.
pub const MAX_KEPT_ERRORS: usize = 2 * MAX_KEPT_REJECTS;
/// Bytes of their JSON: a quarter of D1's limit for one value. The rest are counted.
pub const MAX_KEPT_REJECT_BYTES: usize = D1_MAX_VALUE_BYTES / 4;

/// Characters of an `Idempotency-Key`; Stripe's limit, which clients know.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;
/// Hours for which a recorded response can be replayed by its key.
pub const IDEMPOTENCY_HOURS: u64 = 48;
/// Milliseconds after which an inactive request no longer counts as running. A request reports
/// activity before each D1 call, which ends after 30 s: three times that.
pub const IN_FLIGHT_MS: f64 = 3.0 * 30_000.0;

/// Days that runs and their rejects are kept unless the operator configures another number.
pub const DEFAULT_RETENTION_DAYS: u64 = 90;
/// Range of days that the operator may configure: a run must outlive the key that refers to it.
pub const MIN_RETENTION_DAYS: u64 = IDEMPOTENCY_HOURS.div_ceil(24);
pub const MAX_RETENTION_DAYS: u64 = 36_500;
/// Rows that one statement of the purge deletes, and the number of steps of one purge.
pub const PURGE_STEP_ROWS: usize = 625;
pub const MAX_PURGE_STEPS: usize = 10;
/// Statements of a step.
pub const PURGE_STATEMENTS: usize = 3;

/// Ranges of ids that a night looks through for expired postings, and the ids of one at least. All of
/// 24,000,000 rows, which is more than a database of 10 GB has, are looked through in
/// [`EXPIRY_NIGHTS`]. No index helps here: it would cost a written row for each posting.
pub const EXPIRY_RANGES: usize = 8;
pub const EXPIRY_NIGHTS: usize = 30;
pub const MIN_EXPIRY_RANGE: u64 = 100_000;
/// Postings that a range closes, and that it deletes, at most.
pub const EXPIRY_ROWS: usize = 5_000;
/// Statements of a range.
pub const EXPIRY_STATEMENTS: usize = 2;
/// Hours after the end of a date in UTC at which it has ended in all time zones.
pub const DATE_LINE_HOURS: u64 = 12;

/// Ids in a list of them. A stated hash and an id of 30 bytes take 70 bytes of JSON, of which
/// [`MAX_BODY_BYTES`] hold 179,000; ids alone take 33 bytes, and all of these fit.
pub const MAX_LISTED_IDS: usize = 250_000;
/// How many bytes longer an id can be as an entry of a parameter than in a body: the hash, the quotes of a
/// number, and the digits of one such as `1e20`.
const MAX_ID_GROWTH_BYTES: usize = CONTENT_HASH_CHARS + 2 + 17;
/// Parameters of the longest list of ids. A parameter that is followed by another one has no room for an
/// entry, whose id takes up to 12 bytes a character.
pub const MAX_ID_PARAMS: usize = (MAX_BODY_BYTES + MAX_LISTED_IDS * MAX_ID_GROWTH_BYTES)
    / (TARGET_PARAM_BYTES - 12 * MAX_EXTERNAL_ID_CHARS - 2 * CONTENT_HASH_CHARS)
    + 1;
/// Positions in the answer to a list with postings that are not stored.
pub const MAX_SHOWN_POSITIONS: usize = 10_000;
/// Ids in the answer to a dry run that would close postings.
pub const MAX_SHOWN_CLOSINGS: usize = 100;
/// How many postings that are missing for the first time a complete list closes at once, by default: the
/// larger of a number and a share of the source's open postings.
pub const DEFAULT_MAX_CLOSE_ROWS: u64 = 10;
pub const DEFAULT_MAX_CLOSE_PERCENT: u64 = 30;
/// Minutes between the list that marks a posting missing and one that may close it.
pub const SECOND_LIST_MINUTES: u64 = 60;
/// Days after a source's last complete list in which its postings do not expire by their dates.
pub const LISTED_DAYS: u64 = 30;
/// Groups into which the database divides rowids: so many of them that an array of 20-digit ids
/// of a million rows stays below [`D1_MAX_VALUE_BYTES`].
pub const ROWID_GROUPS: usize = 32;
const _: () = assert!(1_000_000 / ROWID_GROUPS * 21 < D1_MAX_VALUE_BYTES);

/// Runs on one page of `GET /runs`: by default, and at most.
pub const DEFAULT_PAGE_RUNS: usize = 50;
pub const MAX_PAGE_RUNS: usize = 200;

/// Period of the rate limits in seconds; wrangler.toml repeats it with the figures.
pub const RATE_LIMIT_PERIOD_SECONDS: u32 = 60;
/// Addresses over the limit of failed authentications that an isolate remembers, about 100 bytes
/// each.
pub const MAX_BLOCKED_ADDRESSES: usize = 10_000;

/// Milliseconds after the start of a request by which its run has been written, or never will be.
/// The slowest body takes 20 minutes ([`READ_CHUNK_MS`] for each [`READ_CHUNK_BYTES`]); the waits
/// and retries after it take less than [`HELD_MS`].
pub const QUOTA_SETTLED_MS: u64 = 30 * 60_000;

/// A parameter is closed before it grows beyond this many bytes, unless a single row is longer.
pub const TARGET_PARAM_BYTES: usize = 1_580_000;

/// Non-ASCII characters become `\u` escapes in a parameter if it grows by at most one part in this
/// many: an ASCII-only JavaScript string takes half the memory, and reaches SQLite in less time.
pub const MAX_ASCII_GROWTH_DIVISOR: usize = 8;

/// Longest parameter: a tenth under D1's limit. Escapes are left out if they would make it longer.
pub const MAX_PARAM_BYTES: usize = D1_MAX_VALUE_BYTES / 10 * 9;

/// Bytes of parameters from which the database is asked first which rows have changed. Asking costs
/// a round trip and saves sending unchanged rows; at a megabyte, on one machine, both cost about
/// the same.
pub const MIN_BYTES_TO_ASK_FIRST: usize = 1_000_000;

/// Rows that are looked up before all of them are: unless the database has half of these, all rows
/// are sent.
pub const SAMPLE_ROWS: usize = 100;

/// Rows of a part of a request's stamps, in which they are looked up source by source. A feed is stored in
/// the order in which it is sent, so looking up all of it like that would read each page of the table once
/// for each source. So many rows of a kilobyte fit into SQLite's cache of 2 MB.
pub const STAMP_PART_ROWS: usize = 500;

/// Unchanged rows of a request that get the hash of what was sent, because they lack it: each is a written
/// row. A tenth of the 100,000 that the free plan allows a day; the next requests continue.
pub const MAX_REFRESHED_ROWS: usize = 10_000;

/// Bytes of all rows of a request: an eighth more than its body may have. Rows do not contain field
/// names, so those of nearly every feed are shorter than its body; but tiny postings grow by their
/// defaults, and an `extra` of nothing but quotes doubles in length.
pub const MAX_ROWS_BYTES: usize = MAX_BODY_BYTES / 8 * 9;

/// Parameters of the largest request. Two neighbours together are longer than the target, or the
/// second one's first row would have gone into the first.
pub const MAX_PARAMS: usize = 2 * MAX_ROWS_BYTES / TARGET_PARAM_BYTES + 1;

/// Statements of the largest request: delete an expired key, the key, the run, the hashes of unchanged rows and
/// the rejects; and for each parameter the upsert and the update of the run's counts.
pub const MAX_STATEMENTS: usize = 5 + 2 * MAX_PARAMS;

/// Further statements of a complete list whose rowids fit one parameter each (at 8 bytes a rowid 200,000
/// postings to be closed): close, count it, mark as missing, open, record the list.
pub const LIST_STATEMENTS: usize = 5;

/// Statements before the batch: sum up what a quota has left, find the rows that have changed, and compare a
/// list with what is stored.
pub const N_LOOKUPS: usize = 3;

/// Statements after the batch of a request that is repeated with its idempotency key: find the recorded outcome.
pub const REPEAT_STATEMENTS: usize = 1;

const _: () = assert!(TARGET_PARAM_BYTES <= MAX_PARAM_BYTES);
const _: () = assert!(
    MAX_STATEMENTS + LIST_STATEMENTS + N_LOOKUPS + REPEAT_STATEMENTS <= D1_MAX_STATEMENTS_FREE
);
// A night also asks for the smallest and the largest id.
const _: () = assert!(
    PURGE_STATEMENTS * MAX_PURGE_STEPS + EXPIRY_STATEMENTS * EXPIRY_RANGES < D1_MAX_STATEMENTS_FREE
);
const _: () = assert!(MAX_BODY_BYTES >= 10_000 * 1_024);
const _: () = assert!(
    MEMORY_FACTOR * (WORKING_BYTES + SMALL_WORKING_BYTES)
        + READING_BYTES
        + SMALL_READING_BYTES
        + IDLE_BYTES
        <= ISOLATE_BYTES
);
const _: () = assert!((READ_CHUNK_MS as f64) < MAX_WAIT_MS);
const _: () = assert!(
    MAX_GZIP_BYTES.div_ceil(READ_CHUNK_BYTES) as u64 * READ_CHUNK_MS
        + 2 * MAX_WAIT_MS as u64
        + HELD_MS as u64
        <= QUOTA_SETTLED_MS
);
// A body can always be reserved in full, within the total and within the share of a token.
const _: () = assert!(MAX_BODY_BYTES <= WORKING_BYTES && MAX_GZIP_BYTES <= READING_SHARE_BYTES);
const _: () = assert!(SMALL_BODY_BYTES <= SMALL_WORKING_SHARE_BYTES);
const _: () = assert!(SMALL_BODY_BYTES <= SMALL_READING_SHARE_BYTES);
// One token's share leaves room for a body of 5 MB.
const _: () = assert!(READING_BYTES - READING_SHARE_BYTES >= 5_000_000);
// A request that waits for the largest body at the minimum pace is admitted in time.
const _: () = assert!(
    PACE_GRACE_MS + MAX_GZIP_BYTES as f64 / PACE_BYTES_PER_MS + GIVE_WAY_POLL_MS as f64
        <= MAX_WAIT_MS
);
