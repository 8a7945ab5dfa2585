//! Child processes, each the leader of a process group of its own, so that ending the child ends everything that it
//! has started: wrangler is a script that starts node, which starts workerd and esbuild.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a child is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// How long a child may take to end by itself after SIGTERM. wrangler needs about one second.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// How long the system may take to remove killed processes.
const KILLED_WITHIN: Duration = Duration::from_secs(2);

/// A running child and every process that it started, unless one of them left the group.
///
/// Dropping it ends all of them. Where there are no process groups (Windows), only the child is ended.
#[derive(Debug)]
pub struct Group {
    child: Child,
}

/// How the processes of a group ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// In time after SIGTERM, or before.
    Itself,
    Killed,
}

impl Group {
    /// Starts `command` as the leader of a new process group.
    ///
    /// # Errors
    ///
    /// Those of [`Command::spawn`].
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        Ok(Self { child })
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
    ///
    /// # Errors
    ///
    /// Those of [`Child::try_wait`].
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for the leader, and asks `check` meanwhile whether to go on.
    ///
    /// # Errors
    ///
    /// That of `check`; inside, those of [`Child::try_wait`].
    pub fn wait_while<E>(
        &mut self,
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<io::Result<ExitStatus>, E> {
        loop {
            if let Some(status) = self.try_wait().transpose() {
                return Ok(status);
            }
            check()?;
            sleep(POLL);
        }
    }

    /// SIGTERM to the whole group, and SIGKILL to what is left of it after `patience`.
    pub fn end(&mut self, patience: Duration) -> Ended {
        self.signal(Step::Ask);
        if self.is_gone_within(patience) {
            return Ended::Itself;
        }
        self.signal(Step::Kill);
        self.is_gone_within(KILLED_WITHIN);
        Ended::Killed
    }

    fn is_gone_within(&mut self, patience: Duration) -> bool {
        let since = Instant::now();
        while self.is_alive() {
            if since.elapsed() >= patience {
                return false;
            }
            sleep(POLL);
        }
        true
    }

    /// Whether a process of the group is left.
    fn is_alive(&mut self) -> bool {
        // Reaps the leader, which otherwise stays in the group as a zombie.
        let leader_lives = matches!(self.child.try_wait(), Ok(None));
        leader_lives || self.others_live()
    }

    #[cfg(unix)]
    fn others_live(&self) -> bool {
        rustix::process::test_kill_process_group(self.leader()).is_ok()
    }

    #[cfg(not(unix))]
    fn others_live(&self) -> bool {
        false
    }

    /// An error would be that no process is left, which is what we want.
    #[cfg(unix)]
    fn signal(&mut self, step: Step) {
        use rustix::process::{Signal, kill_process_group};
        let signal = match step {
            Step::Ask => Signal::TERM,
            Step::Kill => Signal::KILL,
        };
        let _ = kill_process_group(self.leader(), signal);
    }

    /// Ctrl-C has reached the child already: it shares our console.
    #[cfg(not(unix))]
    fn signal(&mut self, step: Step) {
        if let Step::Kill = step {
            let _ = self.child.kill();
        }
    }

    #[cfg(unix)]
    fn leader(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.is_alive() {
            self.end(PATIENCE);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask,
    Kill,
}
