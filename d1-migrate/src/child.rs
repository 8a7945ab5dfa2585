//! Ending a program that has started others.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a program that was told to end may take before it is killed. Wrangler takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(5);

/// Signals that would end this program alone: those of the terminal do not reach a child that is set apart.
#[cfg(unix)]
pub const ENDING: &[i32] = &[
    signal_hook::consts::SIGINT,
    signal_hook::consts::SIGTERM,
    signal_hook::consts::SIGHUP,
    signal_hook::consts::SIGQUIT,
];
#[cfg(not(unix))]
pub const ENDING: &[i32] = &[signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];

/// How a child ended.
#[derive(Debug, Clone, Copy)]
pub enum Ended {
    Itself(ExitStatus),
    /// It took longer than [`PATIENCE`].
    Killed,
}

/// Gives the child a process group of its own, so that [`wait`] can kill what it has started with it: wrangler is a
/// script that starts another, which starts workerd.
pub fn set_apart(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(not(unix))]
    let _ = command;
}

/// Tells the child to end. It may have ended by itself meanwhile, so failure is none.
pub fn tell(child: &Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        let _ = kill_process(Pid::from_child(child), Signal::TERM);
    }
    // The console has told it already.
    #[cfg(not(unix))]
    let _ = child;
}

/// Waits for a child that is ending, and kills it when it takes too long.
pub fn wait(child: &mut Child) -> io::Result<Ended> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::Itself(status));
        }
        sleep(Duration::from_millis(20));
    }
    kill(child);
    child.wait()?;
    Ok(Ended::Killed)
}

/// Kills the child and, on Unix, what it has started. It may have ended by itself meanwhile, so failure is none.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = child.kill();
}
