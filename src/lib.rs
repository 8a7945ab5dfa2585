//! The Worker: events, routes, D1, configuration, responses. What a posting must be and what SQL
//! is run is in `jobs-ingest-core`.

mod admission;
mod blocked;
mod body;
mod budget;
mod call;
mod clock;
mod config;
mod cors;
mod d1;
#[cfg(test)]
mod d1_error_tests;
mod digest;
#[cfg(test)]
mod fake_store;
mod gate;
mod health;
mod in_flight;
mod ingest;
mod openapi;
mod purge;
mod quota;
mod random;
mod reply;
mod request;
mod routes;
mod runs;
mod store;
#[cfg(test)]
mod unchanged_tests;
mod write;
#[cfg(test)]
mod write_tests;

use futures_channel::oneshot;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Context, Env, Request, Response, event};

/// The answer is made in a task of its own, which runs to its end when the client goes away: workerd
/// then forgets the future of this function, without dropping what it holds, and wasm memory that
/// is not freed is lost to the isolate.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let (sender, receiver) = oneshot::channel();
    context.wait_until(async move {
        let mut call = call::Call::start();
        let settings = config::settings(&env);
        call.note_unusable(&settings);
        let reply = routes::answer(&request, &env, &settings, &mut call).await;
        // An error: nobody waits for it any more.
        let _ = sender.send(call.finish(reply, cors::headers(&request, &settings)));
    });
    let response = receiver.await;
    response.unwrap_or_else(|cancelled| Err(cancelled.to_string().into()))
}

/// By hand: a handler of `event(scheduled)` returns nothing, so that Cloudflare takes each for a success.
/// An error rejects the promise, and the invocation counts as failed.
#[wasm_bindgen(
    wasm_bindgen_futures = ::worker::wasm_bindgen_futures,
    js_sys = ::worker::js_sys
)]
pub async fn scheduled(_event: JsValue, env: Env, _context: JsValue) -> Result<(), JsValue> {
    let purged = purge::run(&env).await;
    purged.map_err(|cause| js_sys::Error::new(&format!("purge: {cause}")).into())
}
