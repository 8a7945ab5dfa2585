//! `jobs-ingest smoke`: checks step by step that a deployment keeps what the documentation promises.

mod expect;
mod failure;
mod lists;
mod postings;
mod steps;
mod token;

use std::io::Write as _;
use std::time::{Duration, Instant};

use d1_migrate::exit::Exit;
use failure::Failure;
use postings::Postings;
use steps::STEPS;

use crate::http::{Client, NoAnswer};
use crate::target::{TOKEN_VARIABLE, Target};

/// D1's batch timeout is 30 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Check a deployment: does it answer as documented?
///
/// Asks for its health, sends requests that must be refused, and asks what the token may do. Then inserts,
/// repeats and changes postings, sends duplicates, an invalid posting and one with all fields, a dry run
/// of 1,000, and complete lists of a source of its own. Prints a line per step, with its time; stops at
/// the first step that is not as documented.
///
/// Writes at most three postings of source `smoke`, and three of source `smoke-list` which the next
/// check uses again. Closes them at the end, also when a step has failed, and says how to delete them; its
/// requests are in the token's runs like any other. With --dry-run it writes nothing. Needs a token that
/// may post both sources and is not limited to companies, but no access to the database.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Environment:
  JOBS_INGEST_TOKEN  A token that the deployment accepts (one of its secret INGEST_TOKENS, without
                     the name before the colon)

Exit status:
  0   every step was as documented
  1   a step was not, or the deployment did not answer
  64  wrong usage, or no token

Examples:
  JOBS_INGEST_TOKEN=… jobs-ingest smoke --url https://jobs-ingest.example.workers.dev
  Writes nothing:
    … --dry-run")]
pub struct Args {
    /// Where the Worker is, without a path: https://HOST, or http:// on this machine
    #[arg(long, value_name = "URL")]
    url: String,

    /// Only the steps that write nothing: health, refusals, the token, and dry runs
    #[arg(long)]
    dry_run: bool,
}

/// Runs the check; prints a line per step to stdout, failures to stderr.
pub fn run(args: &Args) -> Exit {
    let target = match Target::from_env(&args.url, TOKEN_VARIABLE) {
        Ok(target) => target,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: {}", error.hint());
            return Exit::Usage;
        }
    };
    eprintln!("checking {}", target.url());
    let client = Client::new(&target, ANSWER_WITHIN);
    let postings = Postings::of_this_run();
    let mut n_ok = 0;
    let mut may_have_written = false;
    let mut steps = STEPS.iter().filter(|step| !(args.dry_run && step.writes));
    let failure = steps.find_map(|step| {
        may_have_written |= step.writes;
        let since = Instant::now();
        let result = (step.run)(&client, &postings);
        let line = Line {
            name: step.name,
            time: since.elapsed(),
        };
        match result {
            Ok(found) => {
                line.print("ok", &found);
                n_ok += 1;
                None
            }
            Err(failure) => {
                line.print("FAILED", "");
                Some((step.name, failure))
            }
        }
    });
    match &failure {
        Some((name, failure)) => report(name, failure, &target),
        None => say(&format!("{n_ok} steps, all as documented")),
    }
    if may_have_written {
        if failure.is_some() {
            clean_up(&client, &postings);
        }
        say(&target.how_to_delete());
    }
    match failure {
        None => Exit::Ok,
        Some(_) => Exit::Error,
    }
}

/// Closes the postings of a check that has failed.
fn clean_up(client: &Client, postings: &Postings) {
    match lists::clean_up(client, postings) {
        Ok(n_closed) => say(&format!("cleaned up: {n_closed} of its postings closed")),
        Err(failure) => eprintln!(
            "warning: the postings of this check may be open, closing them failed: {failure}"
        ),
    }
}

struct Line {
    name: &'static str,
    time: Duration,
}

impl Line {
    fn print(&self, verdict: &str, found: &str) {
        let ms = self.time.as_millis();
        let line = format!("{verdict:<7} {:<20} {ms:>6} ms  {found}", self.name);
        say(line.trim_end());
    }
}

/// Ignores a closed stdout: the exit status still reports the result.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn report(name: &str, failure: &Failure, target: &Target) {
    match failure {
        Failure::NoAnswer(NoAnswer { cause }) => {
            eprintln!("error: {name}: {} does not answer: {cause}", target.url());
            eprintln!("hint: check that the URL is right and the Worker is deployed");
        }
        Failure::Mismatch { mismatch, answer } => {
            eprintln!("error: {name}: {mismatch}");
            eprintln!("hint: the answer was {answer}");
        }
        Failure::Token { lack, answer } => {
            eprintln!("error: {name}: {lack}; the answer was {answer}");
            eprintln!(
                "hint: the check needs an entry of INGEST_TOKENS that may write the sources \
                 'smoke' and 'smoke-list' of all companies"
            );
        }
    }
}
