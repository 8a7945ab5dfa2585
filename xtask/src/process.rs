//! Child processes, each the leader of a process group of its own, so that ending it ends everything
//! that it has started (wrangler starts node, which starts workerd and esbuild).

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::error::Error;

/// How often a child is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// How long a child may take to end by itself after SIGTERM. wrangler needs about one second.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// The last signal that asked us to end, or 0.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// From now on SIGINT and SIGTERM do not end this process but make [`interrupted`] an error.
///
/// Children are in groups of their own, so Ctrl-C in a terminal reaches only us: we pass it on.
pub fn watch_signals() -> Result<(), Error> {
    for signal in [SIGINT, SIGTERM] {
        let value = usize::try_from(signal).unwrap_or(usize::MAX);
        signal_hook::flag::register_usize(signal, Arc::clone(&SIGNAL), value).map_err(|cause| {
            Error::Other {
                message: format!("cannot watch for signal {signal}: {cause}"),
                hint: None,
            }
        })?;
    }
    Ok(())
}

/// An error once SIGINT or SIGTERM has come.
pub fn interrupted() -> Result<(), Error> {
    match SIGNAL.load(Ordering::Relaxed) {
        0 => Ok(()),
        signal => Err(Error::Interrupted {
            signal: i32::try_from(signal).unwrap_or(SIGTERM),
        }),
    }
}

/// A running child and every process that it started, unless one of them left the group.
///
/// Dropping it ends all of them.
#[derive(Debug)]
pub struct Group {
    child: Child,
    leader: Pid,
}

impl Group {
    /// Starts `command` as the leader of a new process group.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let leader = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("the system gave a process id that is none"))?;
        Ok(Self { child, leader })
    }

    /// The leader: its pipes, if the command asked for some.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process id of the leader, which is the id of the group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the leader ended, if it has.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for the leader; a signal to us ends the group and is an error.
    fn wait(&mut self) -> Result<ExitStatus, Error> {
        loop {
            if let Some(status) = self.try_wait().map_err(|cause| Error::Other {
                message: format!("cannot wait for a child process: {cause}"),
                hint: None,
            })? {
                return Ok(status);
            }
            interrupted()?;
            sleep(POLL);
        }
    }

    /// Whether a process of the group is left.
    fn is_alive(&mut self) -> bool {
        // Reaps the leader, which otherwise stays in the group as a zombie.
        let leader_lives = matches!(self.child.try_wait(), Ok(None));
        leader_lives || test_kill_process_group(self.leader).is_ok()
    }

    /// SIGTERM to the whole group, and SIGKILL to what is left of it after `patience`.
    pub fn end(&mut self, patience: Duration) {
        for (signal, patience) in [
            (Signal::TERM, patience),
            // A killed process is gone at once; the wait is for the system's bookkeeping.
            (Signal::KILL, Duration::from_secs(2)),
        ] {
            // The error would be that no process is left, which is what we want.
            let _ = kill_process_group(self.leader, signal);
            let since = Instant::now();
            while since.elapsed() < patience {
                if !self.is_alive() {
                    return;
                }
                sleep(POLL);
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.is_alive() {
            self.end(PATIENCE);
        }
    }
}

/// What to do about a program that does not work, in a sentence each.
#[derive(Debug, Clone, Copy)]
pub struct Hints<'a> {
    /// The program cannot be started: what to install.
    pub missing: &'a str,
    /// It was started and failed; it has said why.
    pub failed: &'a str,
}

impl Hints<'static> {
    /// Of a program that `setup` installs.
    pub const OUR_TOOL: Self = Self {
        missing: "remove the folders node_modules and .tools, they are made anew, then run again",
        failed: "its output above says why",
    };
}

/// Runs `command` to its end; its output goes where ours goes, its input is empty.
///
/// `what` names it in an error.
pub fn run(command: &mut Command, what: &str, hints: Hints<'_>) -> Result<(), Error> {
    let mut group = spawn(command.stdin(Stdio::null()), hints)?;
    let status = group.wait()?;
    check(status, what, hints)
}

/// Like [`run`], but gives each line of the output on stdout to `line`.
pub fn run_lines(
    command: &mut Command,
    what: &str,
    hints: Hints<'_>,
    mut line: impl FnMut(&str) + Send,
) -> Result<(), Error> {
    let mut group = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()), hints)?;
    let stdout = group.child().stdout.take();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let Some(stdout) = stdout else { return };
            let mut reader = io::BufReader::new(stdout);
            let mut bytes = Vec::new();
            // Ends when the last process that has the pipe is gone.
            while matches!(io::BufRead::read_until(&mut reader, b'\n', &mut bytes), Ok(n) if n > 0)
            {
                line(String::from_utf8_lossy(&bytes).trim_end_matches('\n'));
                bytes.clear();
            }
        });
        let status = group.wait();
        // Also when it ended well: what it left behind would keep the pipe open.
        drop(group);
        check(status?, what, hints)
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

fn check(status: ExitStatus, what: &str, hints: Hints<'_>) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    Err(Error::Exit {
        what: what.to_owned(),
        status,
        hint: hints.failed.to_owned(),
    })
}
