//! Says on stderr what is being done, and how long it took.

use std::time::{Duration, Instant};

/// Announces `what` (with "about how long" where it is long), does it, says how long it took.
pub fn step<T, E>(what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    eprintln!("==> {what}");
    let since = Instant::now();
    let result = work()?;
    eprintln!("    done in {}", elapsed(since.elapsed()));
    Ok(result)
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
