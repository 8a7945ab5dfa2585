//! Progress on stderr: a bar on a terminal, a line every ten seconds elsewhere.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Progress {
    n_total: u64,
    since: Instant,
    state: Mutex<State>,
    bar: Option<ProgressBar>,
}

#[derive(Debug)]
struct State {
    n_done: u64,
    n_rejected: u64,
    last_line: Instant,
}

impl Progress {
    pub fn new(n_total: u64) -> Self {
        let now = Instant::now();
        let bar = ProgressBar::new(n_total).with_style(style());
        // Hidden where stderr is not a terminal that can move its cursor.
        let bar = Some(bar).filter(|bar| n_total > 0 && !bar.is_hidden());
        Self {
            n_total,
            since: now,
            state: Mutex::new(State {
                n_done: 0,
                n_rejected: 0,
                last_line: now,
            }),
            bar,
        }
    }

    pub fn add(&self, n_done: u64, n_rejected: u64) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        state.n_done += n_done;
        state.n_rejected += n_rejected;
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("{} rejected", state.n_rejected));
                bar.set_position(state.n_done);
            }
            None if state.last_line.elapsed() >= LINE_EVERY => {
                state.last_line = Instant::now();
                eprintln!("{}", self.line(&state));
            }
            None => {}
        }
    }

    fn line(&self, state: &State) -> String {
        let seconds = self.since.elapsed().as_secs_f64();
        let rate = state.n_done as f64 / seconds.max(0.001);
        let left = self.n_total.saturating_sub(state.n_done) as f64 / rate.max(0.001);
        format!(
            "{} of {} postings sent, {rate:.0} a second, {} rejected, {left:.0} s left",
            state.n_done, self.n_total, state.n_rejected
        )
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style() -> ProgressStyle {
    let template =
        "{wide_bar} {human_pos}/{human_len} postings, {rate} a second, {msg}, {eta} left";
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key(
        "rate",
        |state: &ProgressState, text: &mut dyn fmt::Write| {
            // A failure to format the bar is no reason to stop.
            let _ = write!(text, "{:.0}", state.per_sec());
        },
    )
}
