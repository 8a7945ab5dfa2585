//! The generated tables on D1's limits: some follow from the fields, since these make up a row.

use jobs_ingest_core::limits::{
    D1_MAX_STATEMENT_BYTES, D1_MAX_STATEMENTS, D1_MAX_STATEMENTS_FREE, D1_MAX_VALUE_BYTES,
    FREE_PLAN_PARAM_BYTES, MAX_BODY_BYTES, MAX_ITEMS, MAX_PARAM_BYTES, MAX_ROW_BYTES,
    MAX_ROW_GROWTH_BYTES, MAX_STATEMENTS, N_QUESTIONS, TARGET_PARAM_BYTES, max_params,
    max_rows_bytes, statements,
};

/// D1's limits, and what is sent at most.
pub fn limits() -> String {
    let free = statements(max_params(FREE_PLAN_PARAM_BYTES));
    format!(
        "\
| D1's limit | what we send at most |
|---|---|
| {D1_MAX_VALUE_BYTES} bytes for a string or row | {MAX_PARAM_BYTES} bytes in one parameter: {TARGET_PARAM_BYTES}, and up to an eighth for escapes. A single posting may take up to {MAX_ROW_BYTES} |
| 100 parameters for a statement | 6 |
| {D1_MAX_STATEMENT_BYTES} bytes of SQL | less than a tenth of it |
| {D1_MAX_STATEMENTS_FREE} statements in an invocation (free plan) | {free} for a batch of up to {FREE_PLAN_PARAM_BYTES} bytes of parameters; see below for larger ones |
| {D1_MAX_STATEMENTS} statements in an invocation (paid plan) | {MAX_STATEMENTS} for the largest request's batch |
"
    )
}

/// Statements of requests, and the plan that they fit.
pub fn plans() -> String {
    let mut table = String::from(
        "| a request of | parameters at most | statements at most, with those before the batch | plan |\n\
         |---|---|---|---|\n",
    );
    let largest = max_rows_bytes(MAX_BODY_BYTES, MAX_ITEMS);
    for (bytes, rest) in [
        (FREE_PLAN_PARAM_BYTES, ""),
        (free_plan_bytes(), ""),
        (largest, ": the largest body"),
    ] {
        let n_params = max_params(bytes);
        let n_statements = statements(n_params) + N_QUESTIONS;
        let plan = match n_statements <= D1_MAX_STATEMENTS_FREE {
            true => "free",
            false => "paid",
        };
        table.push_str(&format!(
            "| up to {bytes} bytes of rows{rest} | {n_params} | {n_statements} | {plan} |\n"
        ));
    }
    let body_mb = (1..=MAX_BODY_BYTES / MB)
        .take_while(|mb| max_rows_bytes(mb * MB, COMMON_ITEMS) <= free_plan_bytes())
        .last()
        .unwrap_or_default();
    table.push_str(&format!(
        "\n\
         A row is at most {MAX_ROW_GROWTH_BYTES} bytes longer than its posting: its hash, defaults, and \
         values that are written out.\n\
         In addition each byte of `extra` may take two. So every request of up to {body_mb} MB and \
         {COMMON_ITEMS} postings fits the\nfree plan.\n"
    ));
    table
}

const MB: usize = 1_000_000;

/// Postings of a request for which the page names a size that fits the free plan.
const COMMON_ITEMS: usize = 10_000;

/// The most bytes of rows whose statements fit the free plan.
fn free_plan_bytes() -> usize {
    let fits = |n_params: &usize| statements(*n_params) + N_QUESTIONS <= D1_MAX_STATEMENTS_FREE;
    let n_params = (1..).take_while(fits).last().unwrap_or_default();
    // One byte more, and there may be one parameter more.
    (n_params * TARGET_PARAM_BYTES).div_ceil(2) - 1
}

#[cfg(test)]
mod tests {
    use jobs_ingest_core::limits::MAX_PARAMS;

    use super::*;

    #[test]
    fn one_byte_more_does_not_fit_the_free_plan() {
        let n_statements = |bytes| statements(max_params(bytes)) + N_QUESTIONS;
        assert!(n_statements(free_plan_bytes()) <= D1_MAX_STATEMENTS_FREE);
        assert!(n_statements(free_plan_bytes() + 1) > D1_MAX_STATEMENTS_FREE);
    }

    #[test]
    fn the_largest_request_is_the_one_of_the_limits() {
        let largest = format!("| {MAX_PARAMS} | {} | paid |", MAX_STATEMENTS + N_QUESTIONS);
        assert!(plans().contains(&largest), "{}", plans());
    }
}
