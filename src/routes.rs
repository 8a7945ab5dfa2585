//! Paths and methods.

use jobs_ingest_core::problem::Problem;
use worker::{Env, Request};

use crate::call::Call;
use crate::reply::Reply;
use crate::{cors, gate, health, ingest, openapi, runs};

pub async fn answer(request: &Request, env: &Env, call: &mut Call) -> Result<Reply, Problem> {
    // The runtime's own text: `Request::method` takes methods that it does not know for GET.
    let method = request.inner().method();
    if method == "OPTIONS" && cors::is_allowed(request, env) {
        return Ok(cors::preflight());
    }
    let path = request.path();
    let path = path.strip_suffix('/').unwrap_or(&path);
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        // The second is the path of the function that this service replaces.
        ["jobs", "ingest"] | [".netlify", "functions", "jobsIngest"] => {
            call.note("route", "ingest");
            allow(&method, "POST")?;
            ingest::answer(request, env, call).await
        }
        ["runs", rest @ ..] if rest.len() < 3 => {
            call.note("route", "runs");
            allow(&method, "GET, HEAD")?;
            let caller = gate::caller(request, env, call).await?;
            match rest {
                [] => runs::list(request, env, &caller, call).await,
                [id] => runs::show(id, env, &caller, call).await,
                [id, "rejects"] => runs::rejects(id, env, &caller, call).await,
                _ => Err(Problem::NotFound),
            }
        }
        ["health"] => {
            call.note("route", "health");
            allow(&method, "GET, HEAD")?;
            health::answer(env, call).await
        }
        ["openapi.json"] => {
            call.note("route", "openapi");
            allow(&method, "GET, HEAD")?;
            Ok(openapi::answer())
        }
        _ => Err(Problem::NotFound),
    }
}

fn allow(method: &str, allow: &'static str) -> Result<(), Problem> {
    match allow.split(", ").any(|allowed| allowed == method) {
        true => Ok(()),
        false => Err(Problem::MethodNotAllowed { allow }),
    }
}
