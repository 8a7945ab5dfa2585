//! The command line.

use jobs_ingest_feeds::Format;

use crate::target::TOKEN_VARIABLE;

/// Make the table equal to a file, a folder or a feed, and send only what changed
///
/// Maps feeds of applicant tracking systems, job XML, CSV and the product's own JSON to postings,
/// asks the Worker which of them it does not have, and sends those. Interrupted at any moment, it can
/// simply be run again. With --snapshot, postings that are no longer listed are closed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Environment:
  JOBS_INGEST_TOKEN        the token, unless --token-env names another variable
  HTTPS_PROXY, ALL_PROXY   proxies

Exit status:
  0   all postings accepted
  1   error
  2   some postings rejected, or closing withheld
  64  wrong usage

Examples:
  Is this export any good? Sends nothing:
    jobs-ingest push --check jobs.csv
  Store a file of your own postings:
    jobs-ingest push jobs.ndjson.gz --source acme --url https://jobs.example.workers.dev
  Mirror a Greenhouse board, and close what it no longer lists:
    jobs-ingest push 'https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true' \\
      --snapshot --url https://jobs.example.workers.dev
  What would that do?
    … --dry-run
  From a program:
    python scrape.py | jobs-ingest push - --format json --source acme --url …")]
pub struct Args {
    /// What to push: files (.json, .ndjson, .csv, .xml, also .gz or .zst), folders of them, URLs, or
    /// - for stdin. The files of a folder are the pages of one list
    #[arg(required = true, value_name = "FILE|FOLDER|URL|-")]
    pub inputs: Vec<String>,

    /// The Worker, without a path: https://HOST, or http:// on this machine
    #[arg(long, value_name = "WORKER")]
    pub url: Option<String>,

    /// The environment variable that has the token
    #[arg(long, value_name = "NAME", default_value = TOKEN_VARIABLE)]
    pub token_env: String,

    /// The format: a name from docs/FEEDS.md, or auto, which requires unambiguous marks
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = parse_format)]
    pub format: ChosenFormat,

    /// The source of the postings [default: FORMAT:BOARD; for own JSON and CSV, that of each
    /// posting or `manual`]
    #[arg(long)]
    pub source: Option<String>,

    /// The employer of postings that do not name one
    #[arg(long, value_name = "NAME")]
    pub company_name: Option<String>,

    /// The input is the complete list of its source: close postings that it does not have. Closing
    /// is withheld if the list is not known to be complete
    #[arg(long)]
    pub snapshot: bool,

    /// Send nothing: validate the postings, and report errors and how many have each field
    #[arg(long, conflicts_with_all = ["snapshot", "dry_run"])]
    pub check: bool,

    /// Ask the Worker what the push would do; nothing is written
    #[arg(long)]
    pub dry_run: bool,

    /// Print the summary or report as JSON
    #[arg(long)]
    pub json: bool,
}

/// `None` is detected from the URL, or from the body's marks.
#[derive(Debug, Clone, Copy)]
pub struct ChosenFormat(pub Option<Format>);

fn parse_format(text: &str) -> Result<ChosenFormat, String> {
    match text {
        "auto" => Ok(ChosenFormat(None)),
        name => {
            let format: Format = name
                .parse()
                .map_err(|error: jobs_ingest_feeds::UnknownFormat| error.to_string())?;
            Ok(ChosenFormat(Some(format)))
        }
    }
}
