//! The Worker: its events and its routes. What a posting must be and which SQL runs is in
//! `jobs-ingest-core`; docs/ARCHITECTURE.md has the map.

mod call;
mod config;
mod db;
mod http;
mod isolate;
mod js;
mod routes;
mod service;

use futures_channel::oneshot;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::settings::Settings;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Context, Env, Request, Response, event};

use crate::call::Call;
use crate::http::{Reply, cors, method};
use crate::routes::{health, ingest, openapi, runs, sources};

/// The request is answered in a task of its own, which runs to its end even if the client disconnects:
/// workerd then forgets the future of this function without dropping what it holds, and wasm memory
/// that is not freed is lost to the isolate.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let (sender, receiver) = oneshot::channel();
    context.wait_until(async move {
        let mut call = Call::start(js::clock::now_ms, &js::random::uuid());
        let settings = config::settings(&env);
        call.log.note_unusable(&settings);
        let reply = route(&request, &env, &settings, &mut call).await;
        let reply = reply.unwrap_or_else(|problem| Reply::problem(&problem, &call.log.request_id));
        let cors_headers = cors::headers(&request, &settings);
        // Sending fails if the client has disconnected.
        let _ = sender.send(reply.finish(call, cors_headers));
    });
    let response = receiver.await;
    response.unwrap_or_else(|cancelled| Err(cancelled.to_string().into()))
}

async fn route(
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let method = method(request);
    if method == "OPTIONS" && cors::is_allowed(request, settings) {
        return Ok(cors::preflight());
    }
    let path = request.path();
    let path = path.strip_suffix('/').unwrap_or(&path);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    // Logs the route's name and refuses other methods.
    let mut enter = |name: &str, methods: &'static str| {
        call.log.note("route", name);
        let is_allowed = methods.split(", ").any(|allowed| allowed == method);
        let problem = Problem::MethodNotAllowed { allow: methods };
        is_allowed.then_some(()).ok_or(problem)
    };
    match segments.as_slice() {
        // The second is the path of the function that this service replaces.
        ["jobs", "ingest"] | [".netlify", "functions", "jobsIngest"] => {
            enter("ingest", "POST")?;
            ingest::answer(request, env, settings, call).await
        }
        ["jobs", "compare"] => {
            enter("compare", "POST")?;
            sources::compare(request, env, settings, call).await
        }
        ["jobs", "close"] => {
            enter("close", "POST")?;
            sources::close(request, env, settings, call).await
        }
        ["sources"] => {
            enter("sources", "GET, HEAD")?;
            sources::list(request, env, call).await
        }
        ["sources", source] => {
            enter("sources", "GET, HEAD")?;
            sources::show(source, request, env, call).await
        }
        ["sources", source, "snapshot"] => {
            enter("snapshot", "PUT")?;
            sources::put_snapshot(source, request, env, settings, call).await
        }
        ["runs"] => {
            enter("runs", "GET, HEAD")?;
            runs::list(request, env, call).await
        }
        ["runs", id] => {
            enter("runs", "GET, HEAD")?;
            runs::show(id, request, env, call).await
        }
        ["runs", id, "rejects"] => {
            enter("runs", "GET, HEAD")?;
            runs::rejects(id, request, env, call).await
        }
        ["health"] => {
            enter("health", "GET, HEAD")?;
            health::answer(env, settings, call).await
        }
        ["openapi.json"] => {
            enter("openapi", "GET, HEAD")?;
            Ok(openapi::answer())
        }
        _ => Err(Problem::NotFound),
    }
}

/// Not `event(scheduled)`: a handler made by it returns nothing, so Cloudflare counts every invocation
/// as a success. An error here rejects the promise, and the invocation counts as failed.
#[wasm_bindgen(
    wasm_bindgen_futures = ::worker::wasm_bindgen_futures,
    js_sys = ::worker::js_sys
)]
pub async fn scheduled(_event: JsValue, env: Env, _context: JsValue) -> Result<(), JsValue> {
    let purged = routes::scheduled::run(&env).await;
    purged.map_err(|cause| js_sys::Error::new(&format!("purge: {cause}")).into())
}
