//! Paths and methods.

use jobs_ingest_core::problem::Problem;
use worker::{Env, Request};

use crate::call::Call;
use crate::reply::Reply;
use crate::{health, ingest};

pub async fn answer(request: &Request, env: &Env, call: &mut Call) -> Result<Reply, Problem> {
    // The runtime's own text: `Request::method` takes methods that it does not know for GET.
    let method = request.inner().method();
    match request.path().as_str() {
        // The second is the path of the function that this service replaces.
        "/jobs/ingest" | "/.netlify/functions/jobsIngest" => {
            call.note("route", "ingest");
            match method.as_str() {
                "POST" => ingest::answer(request, env, call).await,
                _ => Err(Problem::MethodNotAllowed { allow: "POST" }),
            }
        }
        "/health" => {
            call.note("route", "health");
            match method.as_str() {
                "GET" | "HEAD" => health::answer(env, call).await,
                _ => Err(Problem::MethodNotAllowed { allow: "GET, HEAD" }),
            }
        }
        _ => Err(Problem::NotFound),
    }
}
