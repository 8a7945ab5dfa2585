//! `jobs-ingest smoke`: checks step by step that a deployment keeps what the documentation promises.

mod expect;
mod failure;
mod lists;
mod postings;
mod steps;

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
/// Asks for its health, sends requests that must be refused, then inserts, repeats and changes
/// postings, sends duplicates, an invalid posting and one with all fields, a dry run of 1,000, and
/// complete lists of a source of its own; closes everything at the end. Prints a line per step, with its
/// time; stops at the first step that is not as documented.
///
/// Writes at most three postings of source `smoke`, and three of source `smoke-list` which the next
/// check uses again, and says at the end how to delete them; its requests are in the token's runs like
/// any other. Needs a token that may post both sources and is not limited to companies, but no access to
/// the database.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Environment:
  JOBS_INGEST_TOKEN  A token that the deployment accepts (one of its secret INGEST_TOKENS, without
                     the name before the colon)

Exit status:
  0   every step was as documented
  1   a step was not, or the deployment did not answer
  64  wrong usage, or no token

Example:
  JOBS_INGEST_TOKEN=… jobs-ingest smoke --url https://jobs-ingest.example.workers.dev")]
pub struct Args {
    /// Where the Worker is, without a path: https://HOST, or http:// on this machine
    #[arg(long, value_name = "URL")]
    url: String,
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
    let failure = STEPS.iter().find_map(|step| {
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
    if let Some((name, failure)) = &failure {
        report(name, failure, &target);
    } else {
        say(&format!("{n_ok} steps, all as documented"));
    }
    if may_have_written {
        say(&target.how_to_delete());
    }
    match failure {
        None => Exit::Ok,
        Some(_) => Exit::Error,
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
    }
}
