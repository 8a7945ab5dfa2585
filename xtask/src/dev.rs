//! The Worker on this machine: builds, migrates the local D1, starts `wrangler dev`.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use d1_project::group::Group;
use lexopt::prelude::*;

use crate::dev_vars::DevVars;
use crate::error::Error;
use crate::process::Hints;
use crate::progress::{Log, step, tell};
use crate::subcommand::Subcommand;
use crate::wrangler_output::Filter;
use crate::{build, demo, http_probe, process, project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "dev",
    about: "Build, migrate the local database, and run the Worker on this machine",
    help: "\
Usage: cargo xtask dev [--port N] [--persist-to DIR] [--reset] [--demo]

Installs what is missing, builds the Worker, applies migrations/ to the local D1, starts `wrangler dev`
and prints the address of the console, its token, the address at which the database can be browsed, and a
curl line that sends a posting. Ctrl-C, or closing the terminal, ends everything that it started. Several can
run at once, each with its own --port and --persist-to.

Options:
  --port N          Port to listen on [default: 8787]
  --persist-to DIR  Folder of the local database [default: .wrangler/state]
  --reset           Remove the local database first
  --demo            Load demo/postings.ndjson, 1,000 postings of invented companies, once it runs, and then
                    some requests with faults

The token is in .dev.vars (INGEST_TOKENS). If that file does not exist, it is created with a random token.
A change of the file takes effect within some seconds.
The programs of each step print into target/log/; a step that fails shows its log.
",
    run: |arguments| dev(&Options::parse(arguments)?),
};

/// wrangler's own default.
const DEFAULT_PORT: u16 = 8787;

/// Where `wrangler dev` serves its Local Explorer.
const EXPLORER: &str = "/cdn-cgi/local/explorer";

/// How long the Worker may take to answer; it takes about 5 s, more on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// How often wrangler is checked.
const POLL: Duration = Duration::from_millis(50);

#[derive(Debug, PartialEq, Eq)]
struct Options {
    port: u16,
    persist_to: Option<PathBuf>,
    reset: bool,
    demo: bool,
}

impl Options {
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut options = Self {
            port: DEFAULT_PORT,
            persist_to: None,
            reset: false,
            demo: false,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("port") => {
                    let value = parser.value()?;
                    options.port = value
                        .to_str()
                        .and_then(|text| text.parse().ok())
                        .filter(|port| *port > 0)
                        .ok_or_else(|| {
                            Error::usage(format!(
                                "--port is '{}', expected a number from 1 to 65535",
                                value.display()
                            ))
                        })?;
                }
                Long("persist-to") => {
                    let value = PathBuf::from(parser.value()?);
                    // wrangler runs in the project's folder, which may not be the caller's.
                    let absolute = std::path::absolute(&value)
                        .map_err(Error::file("find the folder", value))?;
                    options.persist_to = Some(absolute);
                }
                Long("reset") => options.reset = true,
                Long("demo") => options.demo = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }

    fn add_persist_to(&self, command: &mut Command) {
        if let Some(folder) = &self.persist_to {
            command.arg("--persist-to").arg(folder);
        }
    }
}

fn dev(options: &Options) -> Result<(), Error> {
    check_port(options.port)?;
    setup::setup()?;
    let vars = DevVars::load_or_create()?;
    let token = vars.first_token()?;
    build::build()?;
    if options.reset {
        reset(options)?;
    }
    migrate(options)?;
    // Again: another program may have taken it during the build.
    check_port(options.port)?;
    match serve(options, vars, &token) {
        // The usual way to end it.
        Err(Error::Interrupted { .. }) => {
            tell("==> ended");
            Ok(())
        }
        result => result,
    }
}

fn check_port(port: u16) -> Result<(), Error> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(cause) => Err(Error::other(
            format!("cannot listen on port {port}: {cause}"),
            "end the program that uses the port, or choose another with --port N",
        )),
    }
}

/// Removes the local D1 databases, and nothing else that may be in the folder.
fn reset(options: &Options) -> Result<(), Error> {
    let default = || project::root().join(".wrangler/state");
    let state = options.persist_to.clone().unwrap_or_else(default);
    let folder = state.join("v3/d1");
    match std::fs::remove_dir_all(&folder) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder)(cause))
        }
        _ => {
            tell("==> removed the local database");
            Ok(())
        }
    }
}

fn migrate(options: &Options) -> Result<(), Error> {
    step("applying migrations/ to the local database", |log| {
        let mut command = project::wrangler()?;
        command
            .args(["d1", "migrations", "apply", "jobs", "--local"])
            // wrangler asks before it applies, except in CI.
            .env("CI", "1");
        options.add_persist_to(&mut command);
        log.run(
            &mut command,
            "wrangler d1 migrations apply",
            Hints::OUR_TOOL,
        )
    })
}

fn serve(options: &Options, mut vars: DevVars, token: &str) -> Result<(), Error> {
    let (mut wrangler, mut output) = step("starting wrangler dev (about 5 s)", |log| {
        Ok((start(options, log)?, log.follow()?))
    })?;
    if options.demo {
        demo::load::load(options.port, token)?;
    }
    announce(options.port, token);
    let mut filter = Filter::default();
    loop {
        process::interrupted()?;
        check_runs(&mut wrangler)?;
        output.lines(|line| {
            if let Some(line) = filter.line(line) {
                tell(line);
            }
        });
        if let Some(now) = DevVars::load().filter(|now| *now != vars) {
            vars = now;
            DevVars::reload()?;
            tell("==> .dev.vars has changed; the Worker starts again with it");
        }
        sleep(POLL);
    }
}

/// Starts `wrangler dev` and waits until the Worker answers.
fn start(options: &Options, log: &Log) -> Result<Group, Error> {
    let since = Instant::now();
    let mut command = project::wrangler()?;
    let port = options.port.to_string();
    command
        .args(["dev", "--ip", "127.0.0.1", "--port", &port])
        .stdin(Stdio::null());
    options.add_persist_to(&mut command);
    log.takes_output_of(&mut command)?;
    let mut wrangler = process::spawn(&mut command, Hints::OUR_TOOL)?;
    while since.elapsed() < READY_WITHIN {
        process::interrupted()?;
        check_runs(&mut wrangler)?;
        match http_probe::get(options.port, "/health") {
            Some(answer) if answer.status == 200 => return Ok(wrangler),
            Some(answer) => {
                return Err(Error::other(
                    format!("GET /health answered {}, expected 200", answer.status),
                    format!("the Worker's answer is: {}", answer.body),
                ));
            }
            None => sleep(POLL),
        }
    }
    let seconds = READY_WITHIN.as_secs();
    Err(Error::other(
        format!("the Worker did not answer within {seconds} s"),
        "the output above may say why",
    ))
}

/// An error once wrangler has ended.
fn check_runs(wrangler: &mut Group) -> Result<(), Error> {
    match wrangler.try_wait().map_err(process::waiting)? {
        None => Ok(()),
        Some(status) => Err(Error::Exit {
            what: "wrangler dev".to_owned(),
            status,
            hint: Hints::OUR_TOOL.failed.to_owned(),
        }),
    }
}

fn announce(port: u16, token: &str) {
    let url = format!("http://127.0.0.1:{port}");
    tell("==> ready; Ctrl-C ends it. Open the address in a browser, and give it the token:");
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "{url}\n{token}");
    tell(format_args!(
        "==> Browse the database at {url}{EXPLORER}\n==> Send a posting from another terminal:"
    ));
    // It is between single quotes in the line for the shell.
    let token = token.replace('\'', r"'\''");
    let _ = writeln!(
        stdout,
        "curl -sS {url}/jobs/ingest -H 'Authorization: Bearer {token}' \
         -H 'Content-Type: application/json' \
         -d '{{\"items\":[{{\"externalId\":\"demo-1\",\"title\":\"Rust engineer\",\"location\":\"Berlin\"}}]}}'"
    );
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT_PORT, Options};

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        Options::parse(arguments.iter().map(Into::into).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn default_port_is_that_of_wrangler() {
        let expected = Options {
            port: DEFAULT_PORT,
            persist_to: None,
            reset: false,
            demo: false,
        };
        assert_eq!(parse(&[]), Ok(expected));
    }

    #[test]
    fn reads_its_options() {
        let options = parse(&["--port", "9000", "--persist-to=/tmp/x", "--reset", "--demo"]);
        let expected = Options {
            port: 9000,
            persist_to: Some("/tmp/x".into()),
            reset: true,
            demo: true,
        };
        assert_eq!(options, Ok(expected));
    }

    #[test]
    fn refuses_a_port_out_of_range() {
        for port in ["0", "65536", "-1", "http"] {
            assert!(parse(&[&format!("--port={port}")]).is_err(), "{port}");
        }
    }

    #[test]
    fn refuses_an_unknown_option() {
        assert_eq!(
            parse(&["--prot", "1"]).err().as_deref(),
            Some("invalid option '--prot'")
        );
    }
}
