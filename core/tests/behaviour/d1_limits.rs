//! The D1 limits that core is derived from match those of `d1-sim`.

use d1_sim::limits as d1;
use jobs_ingest_core::limits as core;

#[test]
fn d1_limits_match_the_simulator() {
    assert_eq!(core::D1_MAX_VALUE_BYTES, d1::MAX_VALUE_BYTES);
    assert_eq!(core::D1_MAX_STATEMENT_BYTES, d1::MAX_STATEMENT_BYTES);
    assert_eq!(core::D1_MAX_STATEMENTS_FREE, d1::MAX_QUERIES_PER_INVOCATION);
}
