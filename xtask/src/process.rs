//! Programs that run to their end, and the signals that end them early.
//!
//! Each is a process group of its own, so Ctrl-C, or closing the terminal, reaches us alone: we end the group.

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use d1_project::group::Group;
use signal_hook::consts::{SIGHUP, SIGTERM, TERM_SIGNALS};

use crate::error::Error;

/// The last signal that asked us to end, or 0.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// From now on Ctrl-C (SIGINT), Ctrl-\ (SIGQUIT), SIGTERM and a terminal that closes (SIGHUP) do not end this process
/// but make [`interrupted`] an error.
pub fn watch_signals() -> Result<(), Error> {
    for signal in TERM_SIGNALS.iter().chain(&[SIGHUP]) {
        let value = usize::try_from(*signal).unwrap_or(usize::MAX);
        signal_hook::flag::register_usize(*signal, Arc::clone(&SIGNAL), value).map_err(
            |cause| Error::Other {
                message: format!("cannot watch for signal {signal}: {cause}"),
                hint: None,
            },
        )?;
    }
    Ok(())
}

/// An error once one of the watched signals has arrived.
pub fn interrupted() -> Result<(), Error> {
    match SIGNAL.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(Error::Interrupted {
            signal: i32::try_from(signal).unwrap_or(SIGTERM),
        }),
    }
}

/// What to do about a program that does not work, in a sentence each.
#[derive(Debug, Clone, Copy)]
pub struct Hints<'a> {
    /// The program cannot be started: what to install.
    pub missing: &'a str,
    /// It was started and failed; its output says why.
    pub failed: &'a str,
}

impl Hints<'static> {
    /// Of a program that `setup` installs.
    pub const OUR_TOOL: Self = Self {
        missing: "remove the folders node_modules and .tools, then run again: both are created again",
        failed: "its output above says why",
    };
}

/// Runs `command` to its end; its output goes where ours goes, unless `command` has another place for it. Its input is
/// empty.
///
/// `what` names it in an error.
pub fn run(command: &mut Command, what: &str, hints: Hints<'_>) -> Result<(), Error> {
    let mut group = spawn(command.stdin(Stdio::null()), hints)?;
    let status = group.wait_while(interrupted)?.map_err(waiting)?;
    check(status, what, hints)
}

/// Like [`run`], but passes each line that the program prints on stdout to `line`.
pub fn run_lines(
    command: &mut Command,
    what: &str,
    hints: Hints<'_>,
    line: impl FnMut(&str) + Send,
) -> Result<(), Error> {
    let mut group = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()), hints)?;
    let stdout = group.child().stdout.take();
    read_lines(group, stdout, what, hints, line)
}

/// Like [`run_lines`], with the lines of stderr among those of stdout, in the order in which they are printed.
pub fn run_all_lines(
    command: &mut Command,
    what: &str,
    hints: Hints<'_>,
    line: impl FnMut(&str) + Send,
) -> Result<(), Error> {
    let failed = |cause| Error::Other {
        message: format!("cannot make a pipe: {cause}"),
        hint: None,
    };
    let (output, stdout) = io::pipe().map_err(failed)?;
    let stderr = stdout.try_clone().map_err(failed)?;
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let group = spawn(command, hints)?;
    // Closes our copies: the lines end when the program has closed its own.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    read_lines(group, Some(output), what, hints, line)
}

fn read_lines(
    mut group: Group,
    output: Option<impl io::Read + Send>,
    what: &str,
    hints: Hints<'_>,
    mut line: impl FnMut(&str) + Send,
) -> Result<(), Error> {
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let Some(output) = output else { return };
            let mut reader = io::BufReader::new(output);
            let mut bytes = Vec::new();
            // Ends when the last process that has the pipe is gone.
            while matches!(io::BufRead::read_until(&mut reader, b'\n', &mut bytes), Ok(n) if n > 0)
            {
                line(String::from_utf8_lossy(&bytes).trim_end_matches('\n'));
                bytes.clear();
            }
        });
        let status = group.wait_while(interrupted);
        // Also after success: a process that it left behind would keep the pipe open.
        drop(group);
        check(status?.map_err(waiting)?, what, hints)
    })
}

/// Starts `command` in a group of its own.
pub fn spawn(command: &mut Command, hints: Hints<'_>) -> Result<Group, Error> {
    interrupted()?;
    Group::spawn(command).map_err(|cause| Error::Start {
        program: command.get_program().display().to_string(),
        cause,
        hint: hints.missing.to_owned(),
    })
}

/// The error of asking whether a child has ended.
pub fn waiting(cause: io::Error) -> Error {
    Error::Other {
        message: format!("cannot wait for a child process: {cause}"),
        hint: None,
    }
}

/// An error if the program `what` has failed.
pub fn check(status: ExitStatus, what: &str, hints: Hints<'_>) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    Err(Error::Exit {
        what: what.to_owned(),
        status,
        hint: hints.failed.to_owned(),
    })
}
