//! The D1 binding as a [`Store`].

use std::time::Duration;

use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::result_row::{ColumnValue, ResultRow, Results};
use jobs_ingest_core::sql::Statement;
use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};
use worker::wasm_bindgen_futures::JsFuture;
use worker::worker_sys::{D1Database, D1PreparedStatement, D1Result};
use worker::{Delay, Env};

use super::store::Store;
use crate::call::Call;
use crate::config;

/// On worker's bindings to JavaScript instead of its types above them: those deserialise each row with serde, which
/// takes 20 KB of the wasm.
pub struct D1(D1Database);

impl D1 {
    /// The database of the binding, or why there is none.
    pub fn of(env: &Env) -> Result<Self, String> {
        let database = env.d1(config::DATABASE);
        let database = database.map_err(|error| error.to_string())?;
        Ok(Self(JsValue::from(database).unchecked_into()))
    }

    /// The same for a request, which logs the cause.
    pub fn for_call(env: &Env, call: &mut Call) -> Result<Self, Problem> {
        Self::of(env).map_err(|cause| {
            call.log.note("cause", cause);
            Problem::Internal
        })
    }

    fn bound(&self, statement: &Statement<JsValue>) -> Result<D1PreparedStatement, JsValue> {
        let prepared = self.0.prepare(&statement.sql)?;
        match statement.params.is_empty() {
            true => Ok(prepared),
            false => prepared.bind(statement.params.iter().collect()),
        }
    }

    async fn batch(&self, batch: &[Statement<JsValue>]) -> Result<Results, JsValue> {
        let statements = Array::new();
        for statement in batch {
            statements.push(self.bound(statement)?.as_ref());
        }
        let results = JsFuture::from(self.0.batch(statements)?).await?;
        results.unchecked_into::<Array>().iter().map(rows).collect()
    }
}

impl Store for D1 {
    type Text = JsValue;

    fn text(&self, text: String) -> JsValue {
        JsValue::from_str(&text)
    }

    async fn run(&self, batch: &[Statement<JsValue>]) -> Result<Results, String> {
        self.batch(batch).await.map_err(message)
    }

    async fn sleep_ms(&self, ms: u64) {
        Delay::from(Duration::from_millis(ms)).await;
    }
}

/// The rows of a statement's result.
fn rows(result: JsValue) -> Result<Vec<ResultRow>, JsValue> {
    let rows = result.unchecked_into::<D1Result>().results()?;
    Ok(rows.unwrap_or_default().iter().map(row).collect())
}

/// D1 makes a row an object, whose members are the columns.
fn row(row: JsValue) -> ResultRow {
    let members = Object::entries(row.unchecked_ref());
    let cell = |member: JsValue| {
        let [name, value] = [0, 1].map(|index| member.unchecked_ref::<Array>().get(index));
        let cell = match (value.as_f64(), value.as_string()) {
            (Some(number), _) => ColumnValue::of_double(number),
            (None, Some(text)) => ColumnValue::Text(text),
            (None, None) => ColumnValue::Null,
        };
        (name.as_string().unwrap_or_default(), cell)
    };
    members.iter().map(cell).collect()
}

/// The text of what JavaScript threw.
fn message(thrown: JsValue) -> String {
    match thrown.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => format!("{thrown:?}"),
    }
}
