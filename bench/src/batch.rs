//! The product's batch for given parameters.

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use jobs_ingest_core::ingest::{DEFAULT_SOURCE, Param};
use jobs_ingest_core::run::NewRun;
use jobs_ingest_core::sql::{Ingest, RowsParam, Statement, Upsert};

const NOW: &str = "2026-11-22T12:00:00.000Z";

/// The statements of one request; each call is a new run of the ledger.
pub fn batch(params: Vec<Param>, n_rows: usize) -> Vec<Statement<Rc<String>>> {
    static NEXT_RUN: AtomicU64 = AtomicU64::new(0);
    let id = format!("run-{}", NEXT_RUN.fetch_add(1, Ordering::Relaxed));
    batch_of_run(params, n_rows, &id)
}

/// The same with the given id of the run.
pub fn batch_of_run(params: Vec<Param>, n_rows: usize, id: &str) -> Vec<Statement<Rc<String>>> {
    let token_name = "bench";
    let run = NewRun {
        token_name,
        id,
        source: None,
        status: 200,
        received: n_rows,
        duplicates: 0,
        rejected: 0,
        body_bytes: 0,
        started_at: NOW,
        rows: n_rows as u64,
        updated: 0,
        unsent: 0,
        written: None,
        closing: None,
        list_before: None,
    };
    let rows = |param: Param| RowsParam {
        json: Rc::new(param.json),
        n_fields: param.n_fields,
    };
    let rows: Vec<RowsParam<Rc<String>>> = params.into_iter().map(rows).collect();
    let text = |text: &str| Rc::new(text.to_owned());
    let ingest = Ingest {
        upsert: Upsert::default(),
        rows: &rows,
        default_source: text(DEFAULT_SOURCE),
        now: text(NOW),
        run: Rc::new(run.to_json()),
        unchanged: text("[]"),
        refresh: None,
        run_key: [text(token_name), text(id)],
        key: None,
        rejects: None,
        reopen: Vec::new(),
        no_rowids: text("[]"),
        closing: None,
    };
    ingest.batch()
}
