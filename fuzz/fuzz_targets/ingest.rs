//! The whole core path, from the bytes of a body to the response.
#![no_main]

use jobs_ingest_laws::{Input, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(input) = Input::read(bytes) {
        check(input);
    }
});
