//! The D1 binding as a [`Store`].

use std::time::Duration;

use jobs_ingest_core::outcome::Results;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::sql::Statement;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::{D1Database, D1PreparedStatement, D1Result, Delay, Env, Error};

use super::store::Store;
use crate::call::Call;
use crate::config;

pub struct D1(D1Database);

impl D1 {
    /// The database of the binding, or why there is none.
    pub fn of(env: &Env) -> Result<Self, String> {
        env.d1(config::DATABASE).map(Self).map_err(message)
    }

    /// The same for a request, which logs the cause.
    pub fn for_call(env: &Env, call: &mut Call) -> Result<Self, Problem> {
        Self::of(env).map_err(|cause| {
            call.log.note("cause", cause);
            Problem::Internal
        })
    }

    fn bound(&self, statement: &Statement<JsValue>) -> Result<D1PreparedStatement, String> {
        let prepared = self.0.prepare(statement.sql.as_ref());
        match statement.params.is_empty() {
            true => Ok(prepared),
            false => prepared.bind(&statement.params).map_err(message),
        }
    }
}

impl Store for D1 {
    type Text = JsValue;

    fn text(&self, text: String) -> JsValue {
        JsValue::from_str(&text)
    }

    async fn run(&self, batch: &[Statement<JsValue>]) -> Result<Results, String> {
        let batch: Result<Vec<_>, _> = batch.iter().map(|one| self.bound(one)).collect();
        let results = self.0.batch(batch?).await.map_err(message)?;
        let rows = |result: &D1Result| result.results().map_err(message);
        results.iter().map(rows).collect()
    }

    async fn query<T: DeserializeOwned>(
        &self,
        statement: Statement<JsValue>,
    ) -> Result<Vec<T>, String> {
        let result = self.bound(&statement)?.all().await.map_err(message)?;
        result.results().map_err(message)
    }

    async fn sleep_ms(&self, ms: u64) {
        Delay::from(Duration::from_millis(ms)).await;
    }
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
        Error::JsError(message) | Error::RustError(message) | Error::BindingError(message) => {
            message
        }
        Error::SerdeWasmBindgenError(error) => error.to_string(),
        // Their texts would bring the whole of worker's errors into the wasm.
        _ => "an error of a kind that D1 does not give".to_owned(),
    }
}
