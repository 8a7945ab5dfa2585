//! The limits of D1 that the arithmetic of core starts from are those of the imitation.

use d1_sim::limits as d1;
use jobs_ingest_core::limits as core;

#[test]
fn limits_of_d1_are_those_of_the_imitation() {
    assert_eq!(core::D1_MAX_VALUE_BYTES, d1::MAX_VALUE_BYTES);
    assert_eq!(core::D1_MAX_STATEMENT_BYTES, d1::MAX_STATEMENT_BYTES);
    assert_eq!(core::D1_MAX_STATEMENTS_FREE, d1::MAX_QUERIES_PER_INVOCATION);
}
