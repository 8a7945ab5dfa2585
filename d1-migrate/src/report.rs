//! Output: data on stdout, talk on stderr, colour only on a terminal.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::time::Duration;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::check::Finding;
use super::error::Error;

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
        Level::ERROR
            .primary_title(finding.message.as_str())
            .id(finding.code)
            .element(snippet),
        Group::with_title(Level::NOTE.secondary_title(finding.why)),
        Group::with_title(Level::HELP.secondary_title(finding.instead.as_str())),
    ];
    Renderer::styled().render(&report)
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
