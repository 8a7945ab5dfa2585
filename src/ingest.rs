//! `POST /jobs/ingest`: who, what, validate, write, answer.

use jobs_ingest_core::ingest::{Prepared, prepare};
use jobs_ingest_core::media;
use jobs_ingest_core::options::{OnError, Options};
use jobs_ingest_core::outcome::{Answer, Tally};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::sql;
use worker::{Env, Request};

use crate::call::Call;
use crate::d1::D1;
use crate::reply::Reply;
use crate::{body, config, store};

pub async fn answer(request: &Request, env: &Env, call: &mut Call) -> Result<Reply, Problem> {
    authenticate(request, env, call)?;
    let options = options(request)?;
    let content_type = header(request, "Content-Type");
    let format = media::body_format(content_type.as_deref()).map_err(|found| {
        let found = found.to_owned();
        Problem::UnsupportedMediaType { found }
    })?;
    let encoding = header(request, "Content-Encoding");
    let is_gzip = media::is_gzip(encoding.as_deref()).map_err(|found| {
        let found = found.to_owned();
        Problem::UnsupportedEncoding { found }
    })?;
    let declared_bytes = header(request, "Content-Length").and_then(|bytes| bytes.parse().ok());

    // A stage that fails took its time, too.
    let body = body::read(request, is_gzip, declared_bytes).await;
    call.stage("read");
    let body = body?;
    call.note("body_bytes", body.len());

    let prepared = prepare(&body, format);
    // Before the batch, so that the body does not stand beside what D1's binding makes of it.
    drop(body);
    call.stage("parse");
    let mut prepared = prepared?;
    call.note("received", prepared.n_received);
    call.note("rejected", prepared.n_rejected);
    call.note("duplicates", prepared.n_duplicates);
    if options.on_error == OnError::Abort && prepared.n_rejected > 0 {
        return Err(Problem::InvalidItems(Box::new(prepared)));
    }

    if options.dry_run {
        // The counts below are then what would have happened.
        call.note("dry_run", true);
    }
    let tally = write(&mut prepared, options, env, call).await?;
    call.note("inserted", tally.n_inserted);
    call.note("updated", tally.n_updated);
    call.note("unchanged", tally.n_unchanged);
    let answer = Answer::new(&prepared, tally, options.dry_run);
    Ok(Reply::json(answer.status(), &answer))
}

fn authenticate(request: &Request, env: &Env, call: &mut Call) -> Result<(), Problem> {
    let tokens = config::tokens(env).map_err(|error| {
        call.note("cause", error.to_string());
        Problem::NotConfigured
    })?;
    let authorization = header(request, "Authorization");
    let name = tokens
        .name_of(authorization.as_deref())
        .ok_or(Problem::Unauthorized)?;
    call.note("token", name);
    Ok(())
}

fn options(request: &Request) -> Result<Options, Problem> {
    let url = request.inner().url();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    Options::from_query(pairs).map_err(Problem::InvalidOption)
}

/// Runs the batch; counts nothing when no posting is left to write.
async fn write(
    prepared: &mut Prepared,
    options: Options,
    env: &Env,
    call: &mut Call,
) -> Result<Tally, Problem> {
    if prepared.n_rows == 0 {
        return Ok(Tally::default());
    }
    let now = String::from(js_sys::Date::new_0().to_iso_string());
    let statements = sql::ingest_batch(std::mem::take(&mut prepared.params), options, &now);
    call.note("statements", statements.len());
    let d1 = D1::of(env).map_err(|cause| {
        call.note("cause", cause);
        Problem::Internal
    })?;
    let results = store::run(&d1, statements, call).await;
    call.stage("db");
    Tally::from_results(&results?, prepared.n_rows as u64, options.dry_run).map_err(|error| {
        call.note("cause", error.to_string());
        Problem::Internal
    })
}

fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}
