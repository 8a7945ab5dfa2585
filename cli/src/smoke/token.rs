//! The step that asks what the token may do, without writing anything.

use super::expect::Expected;
use super::failure::{Failure, Lack};
use super::lists::LIST_SOURCE;
use super::postings::{Postings, SOURCE};
use crate::http::{Answer, Client, Token};

const RUNS: &str = "/runs?limit=1";

/// Whether the token is known, and has the rights that the check needs. It need not be able to read.
pub fn token(client: &Client, _: &Postings) -> Result<String, Failure> {
    let answer = client.get_with_token(RUNS)?;
    let may_read = match (answer.status, code(&answer)) {
        (401, _) => return Err(lacks(Lack::Unknown, &answer)),
        (403, "forbidden") => false,
        _ => {
            Expected::status(200).check(&answer)?;
            true
        }
    };
    // What the token may not do is refused before the body is read, and a list needs the right to close.
    may_post(client, SOURCE, "")?;
    may_post(client, LIST_SOURCE, "&snapshot=complete")?;
    let rights = if may_read { "read and write" } else { "write" };
    Ok(format!("known; may {rights} the sources, and close"))
}

fn may_post(client: &Client, source: &'static str, options: &str) -> Result<(), Failure> {
    let path = format!("/jobs/ingest?source={source}{options}");
    let answer = client.post(&path, Token::With, "")?;
    let lack = match (answer.status, code(&answer)) {
        (403, "forbidden") => Lack::Writing,
        (403, "source_not_allowed") => Lack::Source { source },
        (403, "closing_not_allowed") => Lack::Closing,
        _ => return Expected::status(400).check(&answer),
    };
    Err(lacks(lack, &answer))
}

fn code(answer: &Answer) -> &str {
    let code = answer.json.as_ref().and_then(|json| json.get("code"));
    code.and_then(|code| code.as_str()).unwrap_or_default()
}

fn lacks(lack: Lack, answer: &Answer) -> Failure {
    let answer = answer.describe();
    Failure::Token { lack, answer }
}
