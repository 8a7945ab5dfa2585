//! Progress during the run, figures at the end.

use std::time::{Duration, Instant};

/// Figures of a part: a label and a value each.
#[derive(Debug, Default)]
pub struct Summary(Vec<(&'static str, String)>);

impl Summary {
    pub fn add(&mut self, what: &'static str, figure: impl ToString) {
        self.0.push((what, figure.to_string()));
    }
}

pub fn print(summaries: &[(&str, Summary)]) {
    println!("\n| part | what | figure |\n|---|---|---|");
    for (part, summary) in summaries {
        for (what, figure) in &summary.0 {
            println!("| {part} | {what} | {figure} |");
        }
    }
    println!();
}

/// Prints a line every few seconds.
pub struct Progress {
    since: Instant,
    last: Instant,
}

const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    pub fn start() -> Self {
        let now = Instant::now();
        Self {
            since: now,
            last: now,
        }
    }

    /// Builds and prints the line only when one is due.
    pub fn print(&mut self, line: impl FnOnce() -> String) {
        if self.last.elapsed() >= EVERY {
            self.last = Instant::now();
            println!(
                "    {:4.0} s: {}",
                self.since.elapsed().as_secs_f64(),
                line()
            );
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }
}
