//! `jobs-ingest token`: creates a token and the entry of the secret that stores its digest.

use std::fmt::Write as _;
use std::io::Write as _;

use clap::ValueEnum;
use jobs_ingest_core::auth::{Caller, Rights, Tokens, stored_token};
use jobs_ingest_core::limits::{MAX_REFERENCE_ID, MAX_TOKEN_NAME_CHARS};
use jobs_ingest_core::quota::Quota;

use d1_migrate::exit::Exit;

/// 256 bits, whose hexadecimal digits are well above the minimum length of a token.
const TOKEN_BYTES: usize = 32;

/// Make a token and its entry for the secret INGEST_TOKENS
///
/// Prints a random token, which is for the client, and the entry that makes the Worker accept it. The
/// entry holds the token's SHA-256 only, so that nobody can post with what the secret holds. The token
/// itself is stored nowhere and cannot be shown again.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
The secret is set as a whole: all entries of before, a comma, the new entry.

  npx wrangler secret put INGEST_TOKENS --env production

Exit status:
  0   printed
  1   the system gave no random bytes, or stdout is closed
  64  wrong usage

Examples:
  jobs-ingest token scraper
  jobs-ingest token acme --source acme --source greenhouse:acme --rights write
  jobs-ingest token acme --rights read      for a dashboard: it reads the runs of the name acme")]
pub struct Args {
    /// Who the token is for; goes to the log. Runs, keys and limits belong to the name
    name: String,

    /// A source that the token may post; may be given more than once [default: all]
    #[arg(long = "source", value_name = "SOURCE")]
    sources: Vec<String>,

    /// A companyId that the token may post; may be given more than once [default: all]
    #[arg(long = "company-id", value_name = "ID", value_parser = clap::value_parser!(u64).range(1..=MAX_REFERENCE_ID))]
    companies: Vec<u64>,

    /// Limit the token to reading (GET /runs) or to writing (POST /jobs/ingest) [default: both]
    #[arg(long, value_name = "RIGHT")]
    rights: Option<OneRight>,

    /// Postings that the name may have accepted in a day [default: the Worker's ROWS_PER_DAY]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    rows_per_day: Option<u64>,

    /// Bytes of the bodies with them [default: the Worker's BYTES_PER_DAY]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    bytes_per_day: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OneRight {
    Read,
    Write,
}

impl Args {
    fn caller(self) -> Caller {
        Caller {
            name: self.name,
            sources: Some(self.sources).filter(|sources| !sources.is_empty()),
            companies: Some(self.companies).filter(|companies| !companies.is_empty()),
            rights: match self.rights {
                None => Rights::ReadAndWrite,
                Some(OneRight::Read) => Rights::Read,
                Some(OneRight::Write) => Rights::Write,
            },
            quota: Quota {
                rows: self.rows_per_day,
                bytes: self.bytes_per_day,
            },
        }
    }
}

/// Prints the token and the entry to stdout, what to do with them to stderr.
pub fn run(args: Args) -> Exit {
    let token = match random_token() {
        Ok(token) => token,
        Err(cause) => {
            eprintln!("error: the system gave no random bytes: {cause}");
            return Exit::Error;
        }
    };
    let caller = args.caller();
    let entry = caller.to_entry(&stored_token(&token));
    if !is_read_as(&entry, &token, &caller) {
        eprintln!("error: the Worker would not read NAME and SOURCE as they are given");
        eprintln!(
            "hint: NAME has 1 to {MAX_TOKEN_NAME_CHARS} characters, without , : ; ? and line breaks; \
             SOURCE has 1 to 100, without line breaks; neither begins or ends with a space"
        );
        return Exit::Usage;
    }
    let printed = writeln!(std::io::stdout(), "token: {token}\nentry: {entry}");
    if let Err(cause) = printed {
        eprintln!("error: cannot print the token: {cause}");
        return Exit::Error;
    }
    eprintln!("hint: give the token to the client; it is stored nowhere and cannot be shown again");
    eprintln!(
        "hint: add the entry to INGEST_TOKENS, which is set as a whole: \
         npx wrangler secret put INGEST_TOKENS --env production"
    );
    Exit::Ok
}

/// Whether the Worker accepts the token for this caller; it reads the secret with the same code.
fn is_read_as(entry: &str, token: &str, caller: &Caller) -> bool {
    Tokens::parse(entry)
        .is_ok_and(|tokens| tokens.caller(Some(&format!("Bearer {token}"))) == Some(caller))
}

fn random_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    let mut token = String::with_capacity(2 * TOKEN_BYTES);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
}
