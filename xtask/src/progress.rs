//! Steps: what is being done and how long it took, on stderr. What the programs of a step print goes to a log, which is
//! shown when the step fails.

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::process::{self, Hints};
use crate::project;

/// How many lines of its log a failed step shows. What a compiler or a test run has to say is at the end.
const MAX_SHOWN_LINES: usize = 200;

/// Columns of the progress line: a line that wraps cannot be overwritten.
const LINE_CHARS: usize = 78;

/// How often the progress line is drawn.
const TICK: Duration = Duration::from_secs(1);

/// Enough for the last line of a log.
const MAX_LAST_LINE_BYTES: u64 = 1_024;

/// Prints a line on stderr. A terminal that has closed is no reason to stop: what was started has to be ended.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Announces `what`, does it and reports how long it took. `what` ends with "(about …)" where it takes long.
///
/// On a terminal one line shows the time and the last line of the log while the step runs.
pub fn step<T>(what: &str, work: impl FnOnce(&Log) -> Result<T, Error>) -> Result<T, Error> {
    let log = Log::new(what)?;
    let since = Instant::now();
    if !io::stderr().is_terminal() {
        tell(format_args!("==> {what}"));
        let result = work(&log);
        match &result {
            Ok(_) => tell(format_args!("    done in {}", elapsed(since.elapsed()))),
            Err(error) => log.show_after(error),
        }
        return result;
    }
    let result = with_progress_line(what, &log, since, || work(&log));
    let time = elapsed(since.elapsed());
    match &result {
        Ok(_) => tell(format_args!("\r\x1b[K==> {}: {time}", name(what))),
        Err(error) => {
            tell(format_args!(
                "\r\x1b[K==> {}: failed after {time}",
                name(what)
            ));
            log.show_after(error);
        }
    }
    result
}

/// Prints a line below a step that runs, and above its progress line.
pub fn note(line: &str) {
    tell(format_args!("\r\x1b[K    {line}"));
}

/// Announces `what`, does it and reports how long it took, without a log or a progress line: for a measurement, which
/// nothing may disturb, and for programs whose output is what the user wants to see.
pub fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    tell(format_args!("==> {what}"));
    let since = Instant::now();
    let result = work();
    tell(format_args!("    done in {}", elapsed(since.elapsed())));
    result
}

/// `0.4 s`, `3 min 12 s`.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// What a step does, without how long it takes.
fn name(what: &str) -> &str {
    what.split(" (").next().unwrap_or(what)
}

fn with_progress_line<T>(what: &str, log: &Log, since: Instant, work: impl FnOnce() -> T) -> T {
    let (running, ended) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            loop {
                let time = since.elapsed().as_secs();
                let line = progress_line(what, time, log.last_line().as_deref());
                let _ = write!(io::stderr(), "\r\x1b[K{line}");
                if ended.recv_timeout(TICK) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        });
        let result = work();
        drop(running);
        result
    })
}

fn progress_line(what: &str, seconds: u64, last: Option<&str>) -> String {
    let line = match last {
        Some(last) => format!("==> {}: {seconds} s · {}", name(what), last.trim()),
        None => format!("==> {what}: {seconds} s"),
    };
    match line.chars().count() > LINE_CHARS {
        true => line.chars().take(LINE_CHARS - 1).chain(['…']).collect(),
        false => line,
    }
}

/// What the programs of a step print: a file of target/log/ that is named after the step.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
}

impl Log {
    fn new(what: &str) -> Result<Self, Error> {
        let folder = project::target_dir().join("log");
        std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        let path = folder.join(file_name(what));
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(Error::file("remove", path)(cause))
            }
            _ => Ok(Self { path }),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file, to write to its end.
    pub fn file(&self) -> Result<File, Error> {
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).open(&self.path);
        file.map_err(Error::file("write", &self.path))
    }

    /// Lets `command` print into the log.
    pub fn takes_output_of(&self, command: &mut Command) -> Result<(), Error> {
        command.stdout(self.file()?).stderr(self.file()?);
        Ok(())
    }

    /// Runs `command` to its end, with its output in the log.
    pub fn run(&self, command: &mut Command, what: &str, hints: Hints<'_>) -> Result<(), Error> {
        self.takes_output_of(command)?;
        process::run(command, what, hints)
    }

    /// What is written to the log from now on.
    pub fn follow(&self) -> Result<Follow, Error> {
        let mut file = File::open(&self.path).map_err(Error::file("read", &self.path))?;
        file.seek(SeekFrom::End(0))
            .map_err(Error::file("read", &self.path))?;
        Ok(Follow {
            file,
            begun: Vec::new(),
        })
    }

    /// The last line that is not empty.
    fn last_line(&self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        let n_bytes = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(n_bytes.saturating_sub(MAX_LAST_LINE_BYTES)))
            .ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        last_line(&String::from_utf8_lossy(&bytes))
    }

    /// The end of the log on stderr, unless the user has stopped the step.
    fn show_after(&self, error: &Error) {
        if matches!(error, Error::Interrupted { .. }) {
            return;
        }
        let Ok(bytes) = std::fs::read(&self.path) else {
            return;
        };
        let text = String::from_utf8_lossy(&bytes);
        let n_left_out = text.lines().count().saturating_sub(MAX_SHOWN_LINES);
        if n_left_out > 0 {
            tell(format_args!("… {n_left_out} lines before these"));
        }
        for line in text.lines().skip(n_left_out) {
            tell(line);
        }
        tell(format_args!("the whole log: {}", self.path.display()));
    }
}

/// The end of a log that grows.
#[derive(Debug)]
pub struct Follow {
    file: File,
    /// The beginning of a line whose end is not written yet.
    begun: Vec<u8>,
}

impl Follow {
    /// Passes each line that has been completed since the last call to `show`.
    pub fn lines(&mut self, mut show: impl FnMut(&str)) {
        // What could be read is shown; the rest follows in a later call.
        let _ = self.file.read_to_end(&mut self.begun);
        let complete = self.begun.iter().rposition(|byte| *byte == b'\n');
        let begun = self.begun.split_off(complete.map_or(0, |end| end + 1));
        let lines = std::mem::replace(&mut self.begun, begun);
        for line in String::from_utf8_lossy(&lines).lines() {
            show(line);
        }
    }
}

/// `compiling the Worker (about 1 min)` is `compiling-the-worker.log`.
fn file_name(what: &str) -> String {
    let words = name(what).split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{}.log", words.join("-").to_ascii_lowercase())
}

/// The last line that is not empty, without the codes that colour it.
fn last_line(text: &str) -> Option<String> {
    let mut lines = text.lines().rev().map(|line| {
        let mut plain = String::new();
        let mut parts = line.split('\x1b');
        plain.push_str(parts.next().unwrap_or_default());
        for part in parts {
            // A colour ends with its first letter.
            let end = part.find(|c: char| c.is_ascii_alphabetic());
            plain.push_str(end.and_then(|end| part.get(end + 1..)).unwrap_or_default());
        }
        plain
    });
    lines.find(|line| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::{file_name, last_line, name, progress_line};

    #[test]
    fn log_is_named_after_its_step() {
        for (what, file) in [
            (
                "compiling the Worker (about 1 min)",
                "compiling-the-worker.log",
            ),
            ("running clippy, fuzz/", "running-clippy-fuzz.log"),
            (
                "installing worker-build 0.8.7 into .tools",
                "installing-worker-build-0.8.7-into-.tools.log",
            ),
        ] {
            assert_eq!(file_name(what), file);
        }
        assert_eq!(name("compiling (about 1 min)"), "compiling");
    }

    #[test]
    fn last_line_is_plain_and_not_empty() {
        let log = "one\n\x1b[1m\x1b[32m   Compiling\x1b[0m serde v1.0.228\n\n";
        assert_eq!(
            last_line(log).as_deref(),
            Some("   Compiling serde v1.0.228")
        );
        assert_eq!(last_line("\n \n"), None);
    }

    #[test]
    fn progress_line_fits_into_a_narrow_terminal() {
        let what = "compiling the Worker (about 1 min)";
        assert_eq!(
            progress_line(what, 0, None),
            "==> compiling the Worker (about 1 min): 0 s"
        );
        assert_eq!(
            progress_line(what, 7, Some("   Compiling serde v1.0.228")),
            "==> compiling the Worker: 7 s · Compiling serde v1.0.228"
        );
        let long = progress_line(what, 7, Some(&"é".repeat(100)));
        assert_eq!(long.chars().count(), 78);
        assert!(long.ends_with("é…"), "{long}");
    }
}
