//! `GET /health`.

use jobs_ingest_core::health::{Health, missing_migrations};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::settings::Settings;
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::sql::health::{APPLIED_MIGRATIONS, MISSING_OBJECTS, PROBE_COLUMNS};
use jobs_ingest_core::store_error::{BatchError, classify};
use serde::Deserialize;
use serde::de::IgnoredAny;
use worker::Env;

use crate::call::Call;
use crate::db::{D1, Store};
use crate::http::{Reply, gate};

/// The migrations that this Worker was built with, in order.
const MIGRATIONS: &[&str] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

#[derive(Deserialize)]
struct Applied {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    missing: String,
}

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
    if let Err(cause) = d1
        .query::<IgnoredAny>(Statement::new(PROBE_COLUMNS.as_str(), []))
        .await
    {
        return Err(unavailable(call, cause));
    }
    let objects = d1.query::<Object>(Statement::new(MISSING_OBJECTS.as_str(), []));
    let objects = objects.await.map_err(|cause| unavailable(call, cause))?;
    let missing_objects: Vec<String> = objects.into_iter().map(|object| object.missing).collect();
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
    let applied = match d1
        .query::<Applied>(Statement::new(APPLIED_MIGRATIONS, []))
        .await
    {
        Ok(applied) => applied,
        // No ledger: nothing was ever applied.
        Err(cause) if classify(&cause) == BatchError::NotReady => Vec::new(),
        Err(cause) => return Err(unavailable(call, cause)),
    };
    let applied: Vec<String> = applied.into_iter().map(|row| row.name).collect();
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
