//! The Worker: events, routes, D1, configuration, responses. What a posting must be and what SQL
//! is run is in `jobs-ingest-core`.

mod body;
mod call;
mod config;
mod d1;
mod health;
mod ingest;
mod reply;
mod routes;
mod store;

use worker::{Context, Env, Request, Response, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let mut call = call::Call::start();
    let reply = routes::answer(&request, &env, &mut call).await;
    call.finish(reply)
}
