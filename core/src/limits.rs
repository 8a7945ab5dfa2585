//! Every limit of the service, what it bounds and where its number comes from.
//!
//! docs/LIMITS.md is the page for users; a test holds the two together. The limits of D1 are copies of
//! those of `d1-sim`, which core itself cannot depend on; a test holds these together, too.

use crate::content_hash::CONTENT_HASH_CHARS;
use crate::field::{MAX_VALUES_BYTES, MAX_VALUES_GROWTH_BYTES};

/// D1's limit for one string, BLOB or row, in bytes. `wrangler dev` lets larger ones through, so
/// everything below keeps away from it by its own arithmetic.
pub const D1_MAX_VALUE_BYTES: usize = 2_000_000;

/// D1's limit for the text of one SQL statement, in bytes.
pub const D1_MAX_STATEMENT_BYTES: usize = 100_000;

/// Statements that a Worker may run in one invocation on the paid plan, and on the free one. Whether a
/// batch counts as one or as its statements is not documented, so the largest request stays below the
/// second as long as nothing has to be retried.
pub const D1_MAX_STATEMENTS: usize = 1_000;
pub const D1_MAX_STATEMENTS_FREE: usize = 50;

/// The largest body of a request in bytes, after decompression.
///
/// A Worker has 128 MB for wasm memory and JavaScript heap together. Per body byte a request needs
/// at its peak one copy of the body and one of the parameters in wasm memory, then the parameters
/// as JavaScript strings (two bytes a character when one of them is outside Latin-1), the D1
/// binding's JSON text of them (again two bytes) and its UTF-8: about 8 bytes for each body byte
/// in the worst case. 12 MiB × 8 = 101 MB. docs/LIMITS.md has what was measured.
pub const MAX_BODY_BYTES: usize = 12 * 1024 * 1024;

/// The longest gzip of one member that can hold such a body: where nothing could be compressed gzip adds 5 bytes
/// to each stored block (zlib's are of 16 KB at least) and up to 1 KiB is for its header with a
/// file's name, and its trailer.
pub const MAX_GZIP_BYTES: usize = MAX_BODY_BYTES + 5 * (MAX_BODY_BYTES / 16_000 + 1) + 1_024;

/// Deflate blocks of a gzip body, those of all members together. For each the decompressor builds two
/// tables, which takes 9 µs as wasm whatever the block holds, and an empty one has 10 bits: the
/// largest body could take over a minute to become nothing. So many take 1.4 s. A client that flushes
/// after each posting sends two blocks for it.
pub const MAX_GZIP_BLOCKS: usize = 3 * MAX_ITEMS;

/// The memory of an isolate in bytes, wasm and JavaScript together.
const ISOLATE_BYTES: usize = 128_000_000;
/// What an isolate takes that has nothing to do, with room for what is small: measured 3 MB.
const IDLE_BYTES: usize = 4 * 1024 * 1024;

/// The largest body of the small lane. Small bodies have memory of their own, so that no number of
/// large ones keeps them out; they also use what the large lane has free while nobody waits there.
pub const SMALL_BODY_BYTES: usize = 256 * 1024;

/// Bytes of bodies that one isolate processes at a time in the large lane, from the last byte read to
/// the answer: one of the largest, or several that together are no longer. A body counts as its rows
/// where those are longer.
pub const WORKING_BYTES: usize = MAX_BODY_BYTES;
/// The same in the small lane: two of the largest small bodies.
pub const SMALL_WORKING_BYTES: usize = 2 * SMALL_BODY_BYTES;
/// Bytes of bodies that one isolate holds at a time in the large lane while they are received, or wait
/// to be processed. They are in memory once.
pub const READING_BYTES: usize = 17 * 1024 * 1024;
/// The same in the small lane.
pub const SMALL_READING_BYTES: usize = 1024 * 1024;
/// What the bodies of one token name may hold of [`READING_BYTES`]: one of the largest. It leaves
/// other tokens 5.2 MB.
pub const READING_SHARE_BYTES: usize = MAX_GZIP_BYTES;
/// What the bodies of one token name may hold of each small lane: half.
pub const SMALL_READING_SHARE_BYTES: usize = SMALL_READING_BYTES / 2;
pub const SMALL_WORKING_SHARE_BYTES: usize = SMALL_WORKING_BYTES / 2;
/// Bytes that a processed body takes in memory for each of its own, see [`MAX_BODY_BYTES`].
const MEMORY_FACTOR: usize = 8;
/// The least that a request counts as, for what it holds in addition to its body.
pub const MIN_RESERVED_BYTES: usize = 64 * 1024;

/// Bytes per millisecond at which a body has to arrive (512 KiB a second) to keep the reservation for its
/// whole announced length. A slower one is reserved only what has arrived and its next
/// [`READ_CHUNK_BYTES`], and may be cancelled for others ([`GIVE_WAY_MS`]). The largest body at this
/// pace takes 24 s, less than [`MAX_WAIT_MS`].
pub const PACE_BYTES_PER_MS: f64 = 512.0 * 1024.0 / 1000.0;
/// Milliseconds that a body may be behind this pace, at its start and later.
pub const PACE_GRACE_MS: f64 = 3_000.0;
/// Milliseconds after which a queued request cancels slower bodies for the memory that it needs.
pub const GIVE_WAY_MS: f64 = 5_000.0;
/// Milliseconds after which a body that is being received looks whether it was cancelled.
pub const GIVE_WAY_POLL_MS: u64 = 250;

/// Milliseconds for which a request waits for a place to be read in, and again for one to be worked
/// on in: as long as D1 gives a batch. Who was working at its beginning has been answered by then, unless
/// a turn to D1 had to be tried again.
pub const MAX_WAIT_MS: f64 = 30_000.0;
/// Milliseconds after which a request that waits asks again.
pub const WAIT_POLL_MS: u64 = 20;
/// Milliseconds after which a request that has not asked again no longer waits: a hundred times
/// the above.
pub const WAITER_GONE_MS: f64 = 100.0 * WAIT_POLL_MS as f64;
/// Milliseconds in which the next [`READ_CHUNK_BYTES`] of a body have to come, or its end: 10 KB a
/// second. A client may be gone without anybody being told. Shorter than [`MAX_WAIT_MS`], so that who
/// waits for a client that sends nothing has its turn.
pub const READ_CHUNK_MS: u64 = 25_000;
/// Bytes of one read. Each costs a turn of the event loop and a buffer that lives until JavaScript's
/// next garbage collection, so neither 4 KB nor the whole body.
pub const READ_CHUNK_BYTES: usize = 256 * 1024;
/// Milliseconds after the last sign of a request after which its place counts as given back: an isolate
/// may forget a request.
pub const HELD_MS: f64 = IN_FLIGHT_MS;

/// Postings in one request. D1 gives a batch 30 s; the slowest kind measured took under 0.1 ms a
/// posting locally, and production is taken to be at most five times slower: 50,000 × 0.5 ms = 25 s.
pub const MAX_ITEMS: usize = 50_000;

/// Bytes of a token. 24 hexadecimal digits are 96 random bits, beyond guessing at 30 a minute.
pub const MIN_TOKEN_BYTES: usize = 24;
pub const MAX_TOKEN_BYTES: usize = 256;
/// Characters of a token's name: too short for a token, so that a token in its place shows itself.
pub const MAX_TOKEN_NAME_CHARS: usize = MIN_TOKEN_BYTES - 1;

/// Characters (Unicode scalar values) of `externalId`. Feeds use URLs of up to 104 characters and
/// paths of up to 120; a browser's URL of 2,048 would no longer be an id.
pub const MAX_EXTERNAL_ID_CHARS: usize = 500;
/// Characters of `title`, `salary` and of names: of a company, a department, a place.
pub const MAX_NAME_CHARS: usize = 255;
/// Characters of `location`, which may list several places.
pub const MAX_LOCATION_CHARS: usize = 1_000;
/// Characters of `jobType`, `workMode` and `source`.
pub const MAX_LABEL_CHARS: usize = 100;
/// Bytes of `description` in UTF-8.
pub const MAX_DESCRIPTION_BYTES: usize = 262_144;
/// Characters of `url` and `applyUrl`: what every browser takes.
pub const MAX_URL_CHARS: usize = 2_048;
/// Characters of `language`: what RFC 5646, section 4.4.1, asks for, and one separator.
pub const MAX_LANGUAGE_CHARS: usize = 36;
/// Bytes of `extra` as it is sent. The largest part seen in a feed has 618.
pub const MAX_EXTRA_BYTES: usize = 8_192;
/// `companyId` and `categoryId`: the largest integer that JavaScript holds exactly, 2^53 − 1.
pub const MAX_REFERENCE_ID: u64 = (1 << 53) - 1;

/// Unknown fields that an answer names.
pub const MAX_IGNORED_FIELDS: usize = 20;

/// Errors and, separately, warnings that an answer lists; the rest is counted.
pub const MAX_LISTED_FINDINGS: usize = 100;

/// Postings of one request that are kept with their reasons when they are rejected.
pub const MAX_KEPT_REJECTS: usize = 1_000;
/// Errors that are kept for them: no posting can have more than one for each field.
pub const MAX_KEPT_ERRORS: usize = 2 * MAX_KEPT_REJECTS;
/// Bytes of their JSON, a quarter of what D1 takes in one value; what comes after it is counted.
pub const MAX_KEPT_REJECT_BYTES: usize = D1_MAX_VALUE_BYTES / 4;

/// Characters of an `Idempotency-Key`; Stripe's limit, which clients know.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;
/// How long an outcome can be asked for again by its key.
pub const IDEMPOTENCY_HOURS: u64 = 48;
/// Milliseconds after which a request that shows no sign of life no longer counts as running. It shows
/// one before each turn to D1, which ends after 30 s: three times that.
pub const IN_FLIGHT_MS: f64 = 3.0 * 30_000.0;

/// Days that runs and their rejects are kept when the operator sets nothing.
pub const DEFAULT_RETENTION_DAYS: u64 = 90;
/// Days that the operator may set: a run must outlive the key that refers to it.
pub const MIN_RETENTION_DAYS: u64 = IDEMPOTENCY_HOURS.div_ceil(24);
pub const MAX_RETENTION_DAYS: u64 = 36_500;
/// Rows that one statement of the purge removes, and statements that one purge runs at most.
pub const PURGE_STEP_ROWS: usize = 625;
pub const MAX_PURGE_STEPS: usize = 16;
/// Statements of a step.
pub const PURGE_STATEMENTS: usize = 3;

/// Runs on one page of `GET /runs`: when nothing is asked for, and at most.
pub const DEFAULT_PAGE_RUNS: usize = 50;
pub const MAX_PAGE_RUNS: usize = 200;

/// Seconds of the rate limits' period; wrangler.toml holds the same, and the figures.
pub const RATE_LIMIT_PERIOD_SECONDS: u32 = 60;
/// Addresses over the limit of wrong tokens that an isolate remembers, of about 100 bytes each.
pub const MAX_BLOCKED_ADDRESSES: usize = 10_000;

/// Milliseconds after the start of a request by which its run has landed, or never will. The slowest
/// body takes 20 minutes, at [`READ_CHUNK_MS`] for each [`READ_CHUNK_BYTES`]; the waits and tries
/// after it take less than [`HELD_MS`].
pub const QUOTA_SETTLED_MS: u64 = 30 * 60_000;

/// The longest JSON text of one posting as a row of a parameter: its hash, its values, the brackets.
pub const MAX_ROW_BYTES: usize = ROW_HASH_BYTES + MAX_VALUES_BYTES + "[]".len();
/// Bytes of a row's hash with its quotes and comma.
pub const ROW_HASH_BYTES: usize = CONTENT_HASH_CHARS + "\"\",".len();

/// A parameter is closed before it grows past this many bytes, unless one row alone is longer.
pub const TARGET_PARAM_BYTES: usize = 1_520_000;

/// Characters outside ASCII become `\u` escapes in a parameter, if it grows by at most one part in so
/// many: a JavaScript string of ASCII alone takes half the memory, and less time on its way to SQLite.
pub const MAX_ASCII_GROWTH_DIVISOR: usize = 8;

/// The longest parameter, "well under" D1's limit: a tenth below it. Escapes are left out where they
/// would make it longer.
pub const MAX_PARAM_BYTES: usize = D1_MAX_VALUE_BYTES / 10 * 9;

/// What a posting's row can be longer than the posting and its comma in the body, `extra` aside: the
/// hash, the defaults of fields which it does not mention, and values that are written out.
pub const MAX_ROW_GROWTH_BYTES: usize = ROW_HASH_BYTES + MAX_VALUES_GROWTH_BYTES;

/// The longest that the rows of so many postings can be, whose texts are so long in the body: in a
/// row `extra` is a text, in which each byte of its JSON may take two.
pub const fn max_rows_bytes(postings_bytes: usize, n_postings: usize) -> usize {
    let max_extra_bytes = n_postings.saturating_mul(MAX_EXTRA_BYTES);
    let extra_bytes = match max_extra_bytes < postings_bytes {
        true => max_extra_bytes,
        false => postings_bytes,
    };
    postings_bytes + extra_bytes + n_postings * MAX_ROW_GROWTH_BYTES
}

/// From so many bytes of parameters on the database is asked first which rows it has already. That
/// costs another turn to it and saves sending what has not changed: at a megabyte, on one machine, the
/// two are about equal.
pub const MIN_BYTES_TO_ASK_FIRST: usize = 1_000_000;

/// Rows that are looked at before all are: unless the database has half of them, all rows are sent.
pub const SAMPLE_ROWS: usize = 100;

/// Bytes of all rows of a request: an eighth more than its body may have. Names of fields are not in a
/// row, so the rows of nearly every feed are shorter than its body; but tiny postings grow by their
/// defaults, and an `extra` of nothing but quotes to twice its length.
pub const MAX_ROWS_BYTES: usize = MAX_BODY_BYTES / 8 * 9;

/// Parameters of the largest request. Two neighbours are together longer than the target, or the
/// second's first row would have gone into the first one.
pub const MAX_PARAMS: usize = 2 * MAX_ROWS_BYTES / TARGET_PARAM_BYTES + 1;

/// Statements of the largest request: an expired key removed, the key, the run and the rejects, and for
/// each parameter the upsert and the update of the run's counts.
pub const MAX_STATEMENTS: usize = 4 + 2 * MAX_PARAMS;

/// Statements before the batch: the idempotency key is looked for, and the rows that are there already.
pub const N_QUESTIONS: usize = 2;

const _: () = assert!(MAX_ROW_BYTES + "[]".len() <= MAX_PARAM_BYTES);
const _: () = assert!(TARGET_PARAM_BYTES <= MAX_PARAM_BYTES);
const _: () = assert!(MAX_STATEMENTS + N_QUESTIONS <= D1_MAX_STATEMENTS_FREE);
const _: () = assert!(PURGE_STATEMENTS * MAX_PURGE_STEPS <= D1_MAX_STATEMENTS_FREE);
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
// Nobody waits for more than there is, or than a token's share.
const _: () = assert!(MAX_BODY_BYTES <= WORKING_BYTES && MAX_GZIP_BYTES <= READING_SHARE_BYTES);
const _: () = assert!(SMALL_BODY_BYTES <= SMALL_WORKING_SHARE_BYTES);
const _: () = assert!(SMALL_BODY_BYTES <= SMALL_READING_SHARE_BYTES);
// One token's share leaves room for a body of 5 MB.
const _: () = assert!(READING_BYTES - READING_SHARE_BYTES >= 5_000_000);
// A request that waits for the largest body at the least pace is served in time.
const _: () = assert!(
    PACE_GRACE_MS + MAX_GZIP_BYTES as f64 / PACE_BYTES_PER_MS + GIVE_WAY_POLL_MS as f64
        <= MAX_WAIT_MS
);
