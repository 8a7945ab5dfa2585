//! Commands as a user types them, in the project's folder.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use d1_project::group::{Group, PATIENCE};
use tempfile::TempDir;
use xtask::project;

/// A command may have to build the Worker first.
const READY_WITHIN: Duration = Duration::from_secs(300);

/// A free port for a server that is about to start.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("the address").port()
}

/// A command in the project's folder, with the system's `PATH` and without internet access.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(project::root())
        .env("WRANGLER_SEND_METRICS", "false")
        // Otherwise wrangler queries the location of this machine from the internet.
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .stdin(Stdio::null());
    project::forget_package(&mut command);
    command
}

/// A running command, with its output in files. Dropping it kills its whole process group.
pub struct Running {
    group: Group,
    what: String,
    folder: TempDir,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let folder = TempDir::with_prefix("jobs-ingest-command-").expect("a temporary folder");
        let file = |name: &str| File::create(folder.path().join(name)).expect("create a file");
        let what = format!("{command:?}");
        let group = Group::spawn(command.stdout(file("stdout")).stderr(file("stderr")))
            .unwrap_or_else(|error| panic!("cannot start {what}: {error}"));
        Self {
            group,
            what,
            folder,
        }
    }

    pub fn stdout(&self) -> String {
        self.output("stdout")
    }

    pub fn stderr(&self) -> String {
        self.output("stderr")
    }

    fn output(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        String::from_utf8_lossy(&std::fs::read(path).expect("read the output")).into_owned()
    }

    /// The process id of the command, which leads its process group.
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    /// Sends SIGINT, as Ctrl-C does, but only to the command itself, not to its children.
    pub fn interrupt(&self) {
        let id = self.id().to_string();
        let status = Command::new("kill").args(["-INT", &id]).status();
        assert!(status.expect("start kill").success(), "kill -INT {id}");
    }

    /// Polls until `ready` returns a value; fails if the command exits first.
    pub fn wait_until<T>(&mut self, mut ready: impl FnMut(&Self) -> Option<T>) -> T {
        let since = Instant::now();
        loop {
            if let Some(value) = ready(self) {
                return value;
            }
            if let Some(status) = self.group.try_wait().expect("ask for the exit status") {
                panic!("{} ended ({status})", self.what);
            }
            assert!(since.elapsed() < READY_WITHIN, "{} is not ready", self.what);
            sleep(Duration::from_millis(50));
        }
    }

    /// Waits until it exits.
    pub fn wait(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.group.try_wait().expect("ask for the exit status") {
                return status;
            }
            assert!(since.elapsed() < READY_WITHIN, "{} does not end", self.what);
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.group.end(PATIENCE);
        if std::thread::panicking() {
            eprintln!("--- {} ---", self.what);
            eprintln!("stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr());
            eprintln!("--- end ---");
        }
    }
}

/// Runs a command, which must succeed; returns its stdout.
pub fn succeed(mut command: Command) -> String {
    let mut running = Running::start(&mut command);
    let status = running.wait();
    assert!(status.success(), "{} failed ({status})", running.what);
    running.stdout()
}

/// A running process. Zombies do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub id: u32,
    pub parent: u32,
    pub group: u32,
    pub command: String,
}

/// The process groups of the processes that another one has started and that still run.
pub fn groups_started_by(parent: u32) -> Vec<u32> {
    let started = processes()
        .into_iter()
        .filter(|process| process.parent == parent);
    started.map(|process| process.group).collect()
}

pub fn processes_of_groups(groups: &[u32]) -> Vec<Process> {
    let mut processes = processes();
    processes.retain(|process| groups.contains(&process.group));
    processes
}

fn processes() -> Vec<Process> {
    let output = Command::new("ps")
        .args(["-A", "-o", "pid=,ppid=,pgid=,stat=,args="])
        .output()
        .expect("start ps");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(process).collect()
}

fn process(line: &str) -> Option<Process> {
    let mut words = line.split_whitespace();
    let mut number = || words.next()?.parse().ok();
    let (id, parent, group) = (number()?, number()?, number()?);
    let is_zombie = words.next()?.starts_with('Z');
    (!is_zombie).then(|| Process {
        id,
        parent,
        group,
        command: words.collect::<Vec<_>>().join(" "),
    })
}

/// The names of the files in a folder, sorted.
pub fn file_names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("read a folder")
        .map(|entry| {
            entry
                .expect("read a folder")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
