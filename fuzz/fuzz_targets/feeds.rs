//! Every format of a feed, from the bytes of a body to its postings.
#![no_main]

use jobs_ingest_laws::{Feed, check_feed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(feed) = Feed::read(bytes) {
        check_feed(feed);
    }
});
