//! The Worker: events, routes, D1, configuration, responses. What a posting must be and what SQL
//! is run is in `jobs-ingest-core`.

mod body;
mod call;
mod clock;
mod config;
mod cors;
mod d1;
mod digest;
#[cfg(test)]
mod fake_store;
mod gate;
mod health;
mod in_flight;
mod ingest;
mod openapi;
mod purge;
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

use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let mut call = call::Call::start();
    let reply = routes::answer(&request, &env, &mut call).await;
    call.finish(reply, cors::headers(&request, &env))
}

#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    purge::run(&env).await;
}
