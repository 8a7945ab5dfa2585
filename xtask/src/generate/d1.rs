//! The generated tables on D1's limits: some follow from the fields, since these make up a row.

use jobs_ingest_core::limits::{
    D1_MAX_STATEMENT_BYTES, D1_MAX_STATEMENTS, D1_MAX_STATEMENTS_FREE, D1_MAX_VALUE_BYTES,
    FREE_PLAN_PARAM_BYTES, MAX_BODY_BYTES, MAX_ITEMS, MAX_PARAM_BYTES, MAX_ROW_BYTES,
    MAX_ROW_GROWTH_BYTES, MAX_STATEMENTS, N_QUESTIONS, TARGET_PARAM_BYTES, max_params, statements,
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
    let n_items = free_plan_items();
    let body = |n_items: usize| {
        let what = format!("up to {MAX_BODY_BYTES} bytes and {n_items} postings");
        (
            what,
            max_params(MAX_BODY_BYTES + n_items * MAX_ROW_GROWTH_BYTES),
        )
    };
    let small = format!("up to {FREE_PLAN_PARAM_BYTES} bytes of parameters");
    for (what, n_params) in [
        (small, max_params(FREE_PLAN_PARAM_BYTES)),
        body(n_items),
        body(MAX_ITEMS),
    ] {
        let n_statements = statements(n_params) + N_QUESTIONS;
        let plan = match n_statements <= D1_MAX_STATEMENTS_FREE {
            true => "free",
            false => "paid",
        };
        table.push_str(&format!(
            "| {what} | {n_params} | {n_statements} | {plan} |\n"
        ));
    }
    table
}

/// Postings of a body of the largest size up to which it fits the free plan, in thousands.
fn free_plan_items() -> usize {
    let fits = |n_items: &usize| {
        let bytes = MAX_BODY_BYTES + n_items * MAX_ROW_GROWTH_BYTES;
        statements(max_params(bytes)) + N_QUESTIONS <= D1_MAX_STATEMENTS_FREE
    };
    let thousands = (0..=MAX_ITEMS).step_by(1_000);
    thousands.take_while(fits).last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jobs_ingest_core::limits::MAX_PARAMS;

    use super::*;

    #[test]
    fn the_largest_request_is_the_one_of_the_limits() {
        let largest = format!("| {MAX_PARAMS} | {} | paid |", MAX_STATEMENTS + N_QUESTIONS);
        assert!(plans().contains(&largest), "{}", plans());
    }
}
