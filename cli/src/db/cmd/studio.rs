//! `db studio`: the database browser that `wrangler dev` brings along.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use crate::db::error::Error;
use crate::db::project::write;
use crate::db::report;
use crate::db::target::{Target, stage};
use crate::exit::Exit;

/// Options of `studio`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port on 127.0.0.1; a free one by default
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

/// A Worker that does nothing: the browser needs one to run beside, and building the real one takes a minute.
const WORKER: &str =
    "export default { fetch() { return new Response('jobs-ingest db studio'); } };\n";

/// Where `wrangler dev` serves its browser.
const EXPLORER_PATH: &str = "/cdn-cgi/explorer";

/// Runs until it is ended.
pub fn run(target: &Target<'_>, args: &Args) -> Result<Exit, Error> {
    let project = target.project;
    if target.is_remote {
        return Err(Error::LocalOnly {
            command: "studio",
            env: project.env.label(),
        });
    }
    let stage = stage(project, &[])?;
    write(&stage.path().join("worker.mjs"), WORKER)?;
    let port = match args.port {
        Some(port) => port,
        None => free_port()?,
    };
    let mut words: Vec<String> = ["dev"].map(ToOwned::to_owned).to_vec();
    words.push(stage.path().join("worker.mjs").display().to_string());
    words.push("--config".to_owned());
    words.push(stage.path().join("wrangler.toml").display().to_string());
    words.push("--persist-to".to_owned());
    words.push(project.config.state_dir().display().to_string());
    words.extend(["--ip", "127.0.0.1", "--port"].map(ToOwned::to_owned));
    words.push(port.to_string());
    if project.env != crate::db::config::Env::Dev {
        words.extend(["--env".to_owned(), project.env.label().to_owned()]);
    }
    let spawn_failed = |source| Error::Spawn {
        command: "wrangler dev".to_owned(),
        source,
    };
    let mut child = target
        .wrangler()
        .command(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(spawn_failed)?;
    report::talk("starting wrangler dev; end it with Ctrl-C");
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if line.contains("Ready on") {
                let printed = report::data(&format!("http://127.0.0.1:{port}{EXPLORER_PATH}"));
                if printed.is_err() {
                    // It may have ended by itself.
                    let _ = child.kill();
                    return printed.map(|()| Exit::Error);
                }
            }
        }
    }
    let status = child.wait().map_err(spawn_failed)?;
    Ok(if status.success() {
        Exit::Ok
    } else {
        Exit::Error
    })
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| Error::Spawn {
            command: "wrangler dev on a free port".to_owned(),
            source,
        })
}
