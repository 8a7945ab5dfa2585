//! The generated table of D1's limits. Some values follow from the fields, which make up a row.

use jobs_ingest_core::limits::{
    D1_MAX_STATEMENT_BYTES, D1_MAX_STATEMENTS, D1_MAX_STATEMENTS_FREE, D1_MAX_VALUE_BYTES,
    LIST_STATEMENTS, MAX_ID_PARAMS, MAX_PARAM_BYTES, MAX_PARAMS, MAX_ROWS_BYTES, MAX_STATEMENTS,
    N_LOOKUPS, TARGET_PARAM_BYTES,
};
use jobs_ingest_core::row_size::MAX_ROW_BYTES;

/// Parameters of the comparison of a list besides those with ids: the source, where each of these starts,
/// and two times.
const COMPARE_PARAMS: usize = 4;

/// D1's limits, and the maximum that is sent.
pub fn limits() -> String {
    let max_params = MAX_ID_PARAMS + COMPARE_PARAMS;
    format!(
        "\
| D1's limit | maximum that is sent |
|---|---|
| {D1_MAX_VALUE_BYTES} bytes for a string or row | {MAX_PARAM_BYTES} bytes in one parameter: {TARGET_PARAM_BYTES}, and up to an eighth for escapes. A single posting may take up to {MAX_ROW_BYTES} |
| 100 parameters for a statement | {max_params}, of which {MAX_ID_PARAMS} with the longest list of ids |
| {D1_MAX_STATEMENT_BYTES} bytes of SQL | less than a tenth of it |
| {D1_MAX_STATEMENTS_FREE} statements in an invocation (free plan), {D1_MAX_STATEMENTS} (paid plan) | {MAX_STATEMENTS} for the largest request's batch, {MAX_ROWS_BYTES} bytes of rows in {MAX_PARAMS} parameters, {LIST_STATEMENTS} more if it is a complete list, and {N_LOOKUPS} before it |
"
    )
}
