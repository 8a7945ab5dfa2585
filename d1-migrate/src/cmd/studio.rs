//! `db studio`: the database browser that `wrangler dev` brings along.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::error::Error;
use crate::exit::Exit;
use crate::project::write;
use crate::report;
use crate::target::{STAGED_CONFIG, Target, stage};
use d1_project::group::{Ended, Group, PATIENCE};

/// Options of `studio`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port on 127.0.0.1; a free one by default
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

/// A Worker that does nothing: the browser needs one to run beside, and building the real one takes a minute.
const WORKER: &str = "export default { fetch() { return new Response('d1-migrate studio'); } };\n";

/// Where `wrangler dev` serves its browser.
const EXPLORER_PATH: &str = "/cdn-cgi/explorer";

/// Signals that would end this program alone: those of the terminal do not reach wrangler, which is in a process group
/// of its own.
#[cfg(unix)]
const ENDING: &[i32] = &[
    signal_hook::consts::SIGINT,
    signal_hook::consts::SIGTERM,
    signal_hook::consts::SIGHUP,
    signal_hook::consts::SIGQUIT,
];
#[cfg(not(unix))]
const ENDING: &[i32] = &[signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];

/// Runs until Ctrl-C.
pub fn run(target: &Target<'_>, args: &Args) -> Result<Exit, Error> {
    let project = target.project;
    if target.is_remote {
        return Err(Error::LocalOnly {
            command: "studio",
            env: project.env.label().to_owned(),
        });
    }
    let port = free_port(args.port.unwrap_or(0))?;
    // Without it a signal would end this process before it has removed the stage, and leave wrangler running.
    let is_interrupted = Arc::new(AtomicBool::new(false));
    for signal in ENDING {
        signal_hook::flag::register(*signal, Arc::clone(&is_interrupted)).map_err(spawn_failed)?;
    }
    let stage = stage(project, &[])?;
    write(&stage.path().join("worker.mjs"), WORKER)?;
    let mut words: Vec<String> = ["dev"].map(ToOwned::to_owned).to_vec();
    words.push(stage.path().join("worker.mjs").display().to_string());
    words.push("--config".to_owned());
    words.push(stage.path().join(STAGED_CONFIG).display().to_string());
    words.push("--persist-to".to_owned());
    words.push(project.config.state_dir().display().to_string());
    words.extend(["--ip", "127.0.0.1", "--port"].map(ToOwned::to_owned));
    words.push(port.to_string());
    words.extend(target.env_args());
    let mut command = target.wrangler()?.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut wrangler = Group::spawn(&mut command).map_err(spawn_failed)?;
    report::talk("starting wrangler dev; end it with Ctrl-C");
    let url = format!("http://127.0.0.1:{port}{EXPLORER_PATH}");
    let printed = follow(&lines(&mut wrangler), &url, &is_interrupted);
    match printed? {
        Followed::ToTheEnd => {
            let status = wrangler.child().wait().map_err(spawn_failed)?;
            Ok(if status.success() {
                Exit::Ok
            } else {
                Exit::Error
            })
        }
        Followed::Interrupted => {
            if wrangler.end(PATIENCE) == Ended::Killed {
                report::talk("wrangler did not end and was killed");
            }
            Ok(Exit::Ok)
        }
    }
}

fn spawn_failed(source: std::io::Error) -> Error {
    Error::Spawn {
        command: "wrangler dev".to_owned(),
        source,
    }
}

/// The lines of wrangler's stdout, until it ends.
fn lines(wrangler: &mut Group) -> Receiver<String> {
    let (sender, lines) = channel();
    if let Some(stdout) = wrangler.child().stdout.take() {
        std::thread::spawn(move || {
            let read = BufReader::new(stdout).lines().map_while(Result::ok);
            // Nobody listens any more when this fails.
            for line in read {
                let _ = sender.send(line);
            }
        });
    }
    lines
}

enum Followed {
    ToTheEnd,
    /// By Ctrl-C, while wrangler goes on.
    Interrupted,
}

/// Prints the URL as soon as it is good.
fn follow(
    lines: &Receiver<String>,
    url: &str,
    is_interrupted: &AtomicBool,
) -> Result<Followed, Error> {
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) if line.contains("Ready on") => report::data(url)?,
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Followed::ToTheEnd),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if is_interrupted.load(Ordering::Relaxed) {
            return Ok(Followed::Interrupted);
        }
    }
}

/// `port` when nobody has it, any for 0.
fn free_port(port: u16) -> Result<u16, Error> {
    TcpListener::bind(("127.0.0.1", port))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| Error::Port { port, source })
}
