//! `GET /health`.

use jobs_ingest_core::health::{Health, missing_migrations};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::settings::Settings;
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::sql::health::{APPLIED_MIGRATIONS, MISSING_OBJECTS, PROBE_COLUMNS};
use jobs_ingest_core::store_error::{BatchError, classify};
use worker::Env;

use crate::call::Call;
use crate::db::{D1, Store};
use crate::http::{Reply, gate};

/// The migrations that this Worker was built with, in order.
const MIGRATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

pub async fn answer(env: &Env, settings: &Settings, call: &mut Call) -> Result<Reply, Problem> {
    // The configuration comes first: without usable tokens no request is served, whatever the state of
    // the database.
    gate::tokens(env, call)?;
    let variables: Vec<&str> = settings.unusable().map(|unusable| unusable.name).collect();
    if !variables.is_empty() {
        return Err(Problem::Misconfigured { variables });
    }
    let health = check(env, call).await;
    call.log.stage("db");
    Ok(Reply::json(200, &health?))
}

async fn check(env: &Env, call: &mut Call) -> Result<Health, Problem> {
    let missing = missing(env, call).await?;
    if !missing.is_empty() {
        return Err(Problem::DatabaseNotReady {
            missing,
            missing_objects: Vec::new(),
        });
    }
    let d1 = D1::of(env).map_err(|cause| unavailable(call, cause))?;
    let statements = [&PROBE_COLUMNS, &MISSING_OBJECTS].map(|sql| Statement::new(sql.as_str(), []));
    let found = d1.run(&statements).await;
    let found = found.map_err(|cause| unavailable(call, cause))?;
    let missing_objects = found
        .iter()
        .flatten()
        .filter_map(|row| row.string("missing"));
    let missing_objects: Vec<String> = missing_objects.collect();
    if !missing_objects.is_empty() {
        return Err(Problem::DatabaseNotReady {
            missing: Vec::new(),
            missing_objects,
        });
    }
    Ok(Health {
        status: "ok",
        schema: MIGRATIONS.last().copied().unwrap_or_default(),
    })
}

async fn missing(env: &Env, call: &mut Call) -> Result<Vec<&'static str>, Problem> {
    let d1 = D1::of(env).map_err(|cause| unavailable(call, cause))?;
    let applied = match d1.run(&[Statement::new(APPLIED_MIGRATIONS, [])]).await {
        Ok(applied) => applied,
        // No ledger: nothing was ever applied.
        Err(cause) if classify(&cause) == BatchError::NotReady => Vec::new(),
        Err(cause) => return Err(unavailable(call, cause)),
    };
    let applied = applied
        .iter()
        .flatten()
        .filter_map(|row| row.string("name"));
    let applied: Vec<String> = applied.collect();
    Ok(missing_migrations(MIGRATIONS, &applied))
}

fn unavailable(call: &mut Call, cause: String) -> Problem {
    let problem = match classify(&cause) {
        BatchError::NotReady => Problem::DatabaseNotReady {
            missing: Vec::new(),
            missing_objects: Vec::new(),
        },
        _ => Problem::DatabaseUnavailable,
    };
    call.log.note("cause", cause);
    problem
}
