//! Output: data on stdout, talk on stderr, colour only on a terminal.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Value, json};

use super::check::{Finding, Severity};
use super::checks;
use super::error::Error;
use super::program;
use super::project::{Project, SCHEMA_FILE};

/// A line of data.
pub fn data(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        // The reader has enough, as `| head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|source| Error::Print { source }),
    }
}

/// A line of talk.
pub fn talk(text: &str) {
    // Nothing is left to say it to when this fails.
    let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
}

/// A failure and what to do about it.
pub fn error(error: &Error) {
    talk(&format!("\u{1b}[1;31merror\u{1b}[0m: {error}"));
    if let Some(hint) = error.hint() {
        talk(&format!("\u{1b}[1;36mhint\u{1b}[0m: {hint}"));
    }
}

/// A value as JSON on stdout.
pub fn json(value: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::Print {
        source: error.into(),
    })?;
    data(&text)
}

/// A finding with its line, the reason and the remedy, as data.
pub fn finding(finding: &Finding) -> Result<(), Error> {
    data(&rendered(finding))?;
    data("")
}

/// The same as talk.
pub fn finding_to_stderr(finding: &Finding) {
    talk(&rendered(finding));
    talk("");
}

fn rendered(finding: &Finding) -> String {
    let source = if finding.excerpt.is_empty() {
        " "
    } else {
        &finding.excerpt
    };
    let snippet = Snippet::source(source)
        .line_start(finding.line)
        .path(finding.file.as_str())
        .annotation(AnnotationKind::Primary.span(0..source.len()));
    let report = [
        match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        }
        .primary_title(finding.message.as_str())
        .id(finding.code)
        .element(snippet),
        Group::with_title(Level::NOTE.secondary_title(finding.why)),
        Group::with_title(Level::HELP.secondary_title(finding.instead.as_str())),
    ];
    Renderer::styled().render(&report)
}

/// Where the files of findings are, as paths from the top of the repository.
pub struct Places {
    migrations: String,
    root: String,
}

impl Places {
    pub fn of(project: &Project) -> Self {
        let root = &project.config.root;
        let top = root
            .ancestors()
            .find(|dir| dir.join(".git").exists())
            .unwrap_or(root);
        let relative = |path: &Path| {
            let path = path.strip_prefix(top).unwrap_or(path);
            let parts = path
                .components()
                .map(|one| one.as_os_str().to_string_lossy());
            parts
                .filter(|part| part != ".")
                .collect::<Vec<_>>()
                .join("/")
        };
        Self {
            migrations: relative(&project.database.migrations_dir),
            root: relative(root),
        }
    }

    fn path(&self, file: &str) -> String {
        let dir = if file == SCHEMA_FILE {
            &self.root
        } else {
            &self.migrations
        };
        if dir.is_empty() {
            file.to_owned()
        } else {
            format!("{dir}/{file}")
        }
    }
}

/// A finding as an annotation of GitHub Actions.
pub fn github(finding: &Finding, places: &Places) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let value = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| value(text).replace(':', "%3A").replace(',', "%2C");
    let text = format!("{}\n{}\n{}", finding.message, finding.why, finding.instead);
    format!(
        "::{level} file={},line={},title={}::{}",
        property(&places.path(&finding.file)),
        finding.line,
        finding.code,
        value(&text)
    )
}

/// All findings as SARIF 2.1.0.
pub fn sarif(findings: &[Finding], places: &Places) -> Value {
    let rules: Vec<Value> = checks::ALL
        .iter()
        .map(|check| {
            json!({
                "id": check.code,
                "shortDescription": { "text": check.why },
                "help": { "text": check.instead.replace("{program}", program::name()) },
                "defaultConfiguration": { "level": check.severity.label() },
            })
        })
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|one| {
            json!({
                "ruleId": one.code,
                "level": one.severity.label(),
                "message": { "text": one.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": places.path(&one.file) },
                    "region": { "startLine": one.line },
                } }],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "d1-migrate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": results,
        }],
    })
}

/// A table without frames on stdout, as wide as the terminal.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> Result<(), Error> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header.iter().copied());
    if !std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    for row in rows {
        table.add_row(row);
    }
    for line in table.to_string().lines() {
        data(line)?;
    }
    Ok(())
}

/// Runs `work` with a line on stderr that shows, after two seconds, that it goes on.
pub fn progress<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let shown = bar.clone();
    let is_terminal = std::io::stderr().is_terminal();
    let text = what.to_owned();
    let watcher = std::thread::spawn(move || {
        let over = wait.recv_timeout(Duration::from_secs(2)).is_ok();
        if over {
            return;
        }
        if is_terminal {
            shown.enable_steady_tick(Duration::from_millis(100));
        } else {
            talk(&format!("{text} …"));
        }
    });
    let result = work();
    // The watcher may have ended already; there is nothing to tell it then.
    let _ = done.send(());
    let _ = watcher.join();
    bar.finish_and_clear();
    result
}
