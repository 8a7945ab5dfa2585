//! The Node processes that run the instances (host.mjs): one per folder of code, which in a test
//! binary is only build/.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use d1_project::group::Group;
use serde_json::{Map, Value, json};
use xtask::project;

use crate::logs::Logs;

/// An instance starts in a third of a second, or in a few seconds on a busy machine.
const START_WITHIN: Duration = Duration::from_secs(60);

/// By folder of code. An error is kept, so that every test reports it.
type Hosts = HashMap<PathBuf, Result<Arc<Host>, String>>;

static HOSTS: LazyLock<Mutex<Hosts>> = LazyLock::new(Mutex::default);

fn host(code: &Path) -> Arc<Host> {
    let start = || Host::start(code).map(Arc::new);
    let host = HOSTS
        .lock()
        .unwrap()
        .entry(code.to_owned())
        .or_insert_with(start)
        .clone();
    host.unwrap_or_else(|error| panic!("{error}"))
}

struct Host {
    /// Closing it, also by the end of this process, ends the host with all of its instances.
    stdin: Mutex<ChildStdin>,
    instances: Arc<Mutex<HashMap<u64, Listener>>>,
    next_id: AtomicU64,
}

struct Listener {
    answers: Sender<Value>,
    logs: Logs,
}

/// A running workerd; dropping it ends it.
pub struct Instance {
    host: Arc<Host>,
    id: u64,
    pub url: String,
    /// workerd's process id.
    pub workerd: u32,
    // Behind a lock, so that several threads can share an instance.
    answers: Mutex<Receiver<Value>>,
}

impl Instance {
    /// Starts workerd with the code in folder `code` (index.js, *.wasm), the bindings of `config`
    /// (a wrangler.toml), additional variables and secrets, and the D1 files in `storage`.
    /// `rate_limit` replaces the figures of `config`; 0 removes the bindings. Without the console, its
    /// files are not served.
    pub fn start(
        code: &Path,
        config: &Path,
        storage: &Path,
        variables: &Map<String, Value>,
        rate_limit: Option<u32>,
        has_console: bool,
        logs: &Logs,
    ) -> Self {
        let host = host(code);
        let id = host.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, answers) = channel();
        host.instances.lock().unwrap().insert(
            id,
            Listener {
                answers: sender,
                logs: logs.clone(),
            },
        );
        // Created before the first wait, so that dropping it stops whatever has started.
        let mut instance = Self {
            host,
            id,
            url: String::new(),
            workerd: 0,
            answers: Mutex::new(answers),
        };
        instance.host.send(&json!({
            "do": "start", "id": id, "config": config, "storage": storage, "bindings": variables,
            "rateLimit": rate_limit, "console": has_console,
        }));
        let started = instance.wait("start");
        let url = started["url"].as_str().expect("the host gives the URL");
        instance.url = url.trim_end_matches('/').to_owned();
        let workerd = started["workerd"].as_u64().map(u32::try_from);
        instance.workerd = workerd
            .expect("the host gives the process id")
            .expect("a process id");
        instance
    }

    /// Sends SIGKILL to workerd, whatever it is doing.
    pub fn kill(&self) {
        self.host.send(&json!({ "do": "kill", "id": self.id }));
        self.wait("die");
    }

    fn wait(&self, what: &str) -> Value {
        // Also an error if the host ended, because its reader then drops the sender.
        let answers = self.answers.lock().unwrap();
        let answer = answers.recv_timeout(START_WITHIN).unwrap_or_else(|error| {
            panic!("the Worker did not {what}: {error}; the host's output is above")
        });
        if answer["event"] == "failed" {
            panic!("the Worker did not {what}: {}", answer["message"]);
        }
        answer
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.host.send(&json!({ "do": "stop", "id": self.id }));
        // A panic during the panic of a failing test would hide the first one.
        if !thread::panicking() {
            self.wait("stop");
        } else {
            let _ = self
                .answers
                .lock()
                .map(|answers| answers.recv_timeout(START_WITHIN));
        }
        self.host.instances.lock().unwrap().remove(&self.id);
    }
}

impl Host {
    fn start(code: &Path) -> Result<Self, String> {
        if !code.join("index.js").is_file() {
            return Err(format!(
                "there is no Worker in {}: run `cargo xtask build`, or `cargo xtask test` for all \
                 tests",
                code.display()
            ));
        }
        let mut command = project::command(project::node_bin_dir().join("node"))
            .map_err(|error| error.to_string())?;
        command
            .arg(project::root().join("tests/host.mjs"))
            .arg(code)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut group = Group::spawn(&mut command).map_err(|error| {
            format!(
                "cannot start node_modules/.bin/node: {error}; run `cargo xtask setup`, which \
                 installs it"
            )
        })?;
        let stdin = group.child().stdin.take().expect("stdin is piped");
        let stdout = group.child().stdout.take().expect("stdout is piped");
        let instances: Arc<Mutex<HashMap<u64, Listener>>> = Arc::default();
        let listeners = Arc::clone(&instances);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                dispatch(&line, &listeners.lock().unwrap());
            }
            // No more answers will arrive.
            listeners.lock().unwrap().clear();
            drop(group);
        });
        Ok(Self {
            stdin: Mutex::new(stdin),
            instances,
            next_id: AtomicU64::new(1),
        })
    }

    fn send(&self, command: &Value) {
        let mut stdin = self.stdin.lock().unwrap();
        // If the host has ended, waiting for its answer reports it.
        let _ = writeln!(stdin, "{command}").and_then(|()| stdin.flush());
    }
}

fn dispatch(line: &str, listeners: &HashMap<u64, Listener>) {
    let event: Value = serde_json::from_str(line)
        .unwrap_or_else(|error| panic!("the host did not print JSON: {error}: {line}"));
    let id = event["id"].as_u64().unwrap_or_default();
    let Some(listener) = listeners.get(&id) else {
        return;
    };
    if event["event"] == "log" {
        listener.logs.push(&event);
    } else {
        // The test may have stopped waiting.
        let _ = listener.answers.send(event);
    }
}
