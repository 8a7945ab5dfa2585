//! `POST /jobs/ingest`: what is sent, validate, write, answer.

use jobs_ingest_core::auth::{Caller, Right};
use jobs_ingest_core::idempotency::{KeptFindings, fingerprint, is_valid_key};
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::limits::IDEMPOTENCY_HOURS;
use jobs_ingest_core::media::{self, ContentType};
use jobs_ingest_core::options::{OnError, Options};
use jobs_ingest_core::outcome::Answer;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::quota::Usage;
use jobs_ingest_core::settings::Settings;
use worker::{Env, Request};

use crate::admission::Place;
use crate::body::{Form, Sent};
use crate::call::Call;
use crate::clock::{iso_time, now_ms};
use crate::d1::D1;
use crate::in_flight::InFlight;
use crate::reply::Reply;
use crate::write::{self, Earlier, Key, Write, Written};
use crate::{body, config, digest, gate, quota, random, request};

/// What a request brought.
struct Received {
    options: Options,
    content_type: ContentType,
    form: Form,
    key: Option<String>,
    d1: D1,
    body: Sent,
    reading: Place,
}

pub async fn answer(
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = &gate::authenticated(request, env, Right::Write, call).await?;
    let rate = gate::rate(env, config::TOKEN_LIMIT, &caller.name);
    let (rate, received) = gate::unless_over(rate, receive(request, env, caller, call)).await?;
    gate::admit(rate, config::TOKEN_LIMIT, call)?;
    let Received {
        options,
        content_type,
        form,
        key,
        d1,
        body,
        reading,
    } = received?;
    let place = Place::to_work(&caller.name, body.work_bytes(form), call).await?;
    call.hold_place(place);
    let body = body.unpack(form)?;
    drop(reading);
    let format = content_type.format_of(&body).map_err(|charset| {
        let charset = charset.to_owned();
        Problem::UnsupportedCharset { charset }
    })?;
    call.note("body_bytes", body.len());

    let key = match key {
        None => None,
        Some(key) => {
            call.hold_key(InFlight::begin(&caller.name, &key, now_ms())?);
            let fingerprint = fingerprint(&digest::sha256(&body).await?, format, options);
            let oldest_ms = call.started_ms() - (IDEMPOTENCY_HOURS * 3_600_000) as f64;
            let key = Key {
                key,
                fingerprint,
                oldest: iso_time(oldest_ms),
            };
            let earlier = write::find_record(&d1, caller, &key, call).await;
            call.stage("key");
            if let Some(earlier) = earlier? {
                return replay(earlier, call);
            }
            Some(key)
        }
    };

    let rules = Rules {
        sources: caller.sources.as_deref(),
        companies: caller.companies.as_deref(),
        keep_rejects: options.on_error == OnError::Skip && !options.dry_run,
        unknown: options.unknown,
        defaults: options.defaults,
        missing: options.missing,
        hash_key: random::hash_key(),
    };
    let prepared = prepare(&body, format, rules);
    let body_bytes = body.len();
    // Before the batch, so that the body does not stand beside what D1's binding makes of it.
    drop(body);
    call.stage("parse");
    let mut prepared = prepared?;
    call.resize_place(body_bytes.max(prepared.param_bytes()));

    let is_refused = options.on_error == OnError::Abort && prepared.n_rejected > 0;
    if !is_refused && !options.dry_run {
        let requested = Usage {
            rows: prepared.n_rows as u64,
            bytes: body_bytes as u64,
        };
        quota::check(caller, settings, requested, &d1, call).await?;
    }
    if options.dry_run {
        // The counts below are then what would have happened.
        call.note("dry_run", true);
    }
    let run_id = call.request_id.clone();
    let now = iso_time(call.started_ms());
    let write = Write {
        caller,
        options,
        run_id: &run_id,
        body_bytes,
        now: &now,
        key,
    };
    note_counts(&prepared, call);
    if is_refused {
        return Err(refuse(&d1, prepared, &write, call).await);
    }
    let written = write::write(&d1, &mut prepared, &write, call).await;
    call.stage("db");
    match written? {
        Written::Now(tally) => {
            call.note("inserted", tally.n_inserted);
            call.note("updated", tally.n_updated);
            call.note("unchanged", tally.n_unchanged);
            let run_id = Some(run_id.as_str()).filter(|_| !options.dry_run);
            let answer = Answer::new(&prepared, tally, run_id);
            Ok(Reply::json(answer.status(), &answer))
        }
        Written::Before(earlier) => replay(*earlier, call),
    }
}

/// Everything that is refused before its body is looked at, and the body.
async fn receive(
    request: &Request,
    env: &Env,
    caller: &Caller,
    call: &mut Call,
) -> Result<Received, Problem> {
    let options = Options::from_query(request::query(request)).map_err(Problem::InvalidOption)?;
    let (content_type, form) = form(request)?;
    let key = idempotency_key(request)?.filter(|_| !options.dry_run);
    let d1 = D1::of(env).map_err(|cause| {
        call.note("cause", cause);
        Problem::Internal
    })?;
    // One without a Content-Length begins small.
    let announced_bytes = form.announced_bytes()?.unwrap_or(0);
    let reading = Place::to_read(&caller.name, announced_bytes, call).await?;
    let body = body::read(request, form, &reading).await;
    // A stage that fails took its time, too.
    call.stage("read");
    if body.is_err() && reading.is_cancelled() {
        call.note("cancelled_for_others", true);
    }
    Ok(Received {
        options,
        content_type,
        form,
        key,
        d1,
        body: body?,
        reading,
    })
}

/// The answer to a request of which nothing is written; its run is, unless it was a dry one.
async fn refuse(d1: &D1, prepared: Prepared, write: &Write<'_>, call: &mut Call) -> Problem {
    let mut problem = Problem::InvalidItems {
        prepared: Box::new(prepared),
        is_recorded: false,
    };
    let status = problem.status();
    if let Problem::InvalidItems {
        prepared,
        is_recorded,
    } = &mut problem
        && !write.options.dry_run
    {
        // The postings are refused whether or not that can be recorded; why not is in the log.
        let recorded = write::record_refused(d1, prepared, write, status, call).await;
        *is_recorded = recorded.is_ok();
        call.stage("record");
    }
    problem
}

fn form(request: &Request) -> Result<(ContentType, Form), Problem> {
    let header = request::header(request, "Content-Type");
    let content_type = ContentType::parse(header.as_deref()).map_err(|found| {
        let found = found.to_owned();
        Problem::UnsupportedMediaType { found }
    })?;
    let encoding = request::header(request, "Content-Encoding");
    let is_gzip = media::is_gzip(encoding.as_deref()).map_err(|found| {
        let found = found.to_owned();
        Problem::UnsupportedEncoding { found }
    })?;
    let declared_bytes = request::header(request, "Content-Length");
    let form = Form {
        is_gzip,
        declared_bytes: declared_bytes.and_then(|text| body::content_length(&text)),
    };
    Ok((content_type, form))
}

fn idempotency_key(request: &Request) -> Result<Option<String>, Problem> {
    match request::header(request, "Idempotency-Key") {
        Some(key) if !is_valid_key(&key) => Err(Problem::InvalidIdempotencyKey),
        key => Ok(key),
    }
}

/// The answer that was given before.
fn replay(earlier: Earlier, call: &mut Call) -> Result<Reply, Problem> {
    call.note("replayed_run", earlier.run.id.as_str());
    let findings: KeptFindings = serde_json::from_str(&earlier.findings).map_err(|error| {
        call.note("cause", error.to_string());
        Problem::Internal
    })?;
    let answer = Answer::replayed(&earlier.run, &findings);
    let mut reply = Reply::json(answer.status(), &answer);
    reply
        .headers
        .push(("Idempotency-Replayed", "true".to_owned()));
    Ok(reply)
}

fn note_counts(prepared: &Prepared, call: &mut Call) {
    call.note("received", prepared.n_received);
    call.note("rejected", prepared.n_rejected);
    call.note("duplicates", prepared.n_duplicates);
}
