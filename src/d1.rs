//! The D1 binding as a [`Store`].

use std::time::Duration;

use jobs_ingest_core::outcome::ResultRow;
use jobs_ingest_core::sql::Statement;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{D1Database, D1PreparedStatement, D1Result, Delay, Env, Error};

use crate::config;
use crate::store::Store;

pub struct D1(D1Database);

impl D1 {
    /// The database of the binding, or why there is none.
    pub fn of(env: &Env) -> Result<Self, String> {
        env.d1(config::DATABASE).map(Self).map_err(message)
    }

    /// All rows of one statement without parameters.
    pub async fn rows<T: DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>, String> {
        let result = self.0.prepare(sql).all().await.map_err(message)?;
        result.results().map_err(message)
    }
}

impl Store for D1 {
    type Batch = Vec<D1PreparedStatement>;

    fn prepare(&self, statements: Vec<Statement>) -> Result<Self::Batch, String> {
        let prepare = |statement: Statement| {
            let prepared = self.0.prepare(statement.sql);
            if statement.params.is_empty() {
                return Ok(prepared);
            }
            // `into_iter` frees each parameter's wasm copy as soon as JavaScript has its own.
            let values: Vec<JsValue> = statement
                .params
                .into_iter()
                .map(|param| JsValue::from_str(&param))
                .collect();
            prepared.bind(&values).map_err(message)
        };
        statements.into_iter().map(prepare).collect()
    }

    async fn run(&self, batch: &Self::Batch) -> Result<Vec<ResultRow>, String> {
        let results = self.0.batch(batch.clone()).await.map_err(message)?;
        results.iter().map(first_row).collect()
    }

    async fn sleep_ms(&self, ms: u64) {
        Delay::from(Duration::from_millis(ms)).await;
    }
}

fn first_row(result: &D1Result) -> Result<ResultRow, String> {
    let rows: Vec<ResultRow> = result.results().map_err(message)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// The text of an error. `D1Error`'s own `Display` panics when it has no cause (worker 0.8.7), and
/// its `cause` leaves out D1's prefix.
fn message(error: Error) -> String {
    match error {
        Error::D1(error) => {
            let error: &js_sys::Error = error.as_ref();
            String::from(error.message())
        }
        Error::UnknownJsError { message, .. } => message,
        other => other.to_string(),
    }
}
