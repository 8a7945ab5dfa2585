//! One request from its start to its answer: what it logs, and what it holds until then.

mod held;
mod log;

pub use held::Held;
#[cfg(test)]
pub use log::Noted;
pub use log::{Clock, Log};

pub struct Call {
    pub log: Log,
    pub held: Held,
}

impl Call {
    /// `random_v4` is a UUID of version 4, whose random bits become those of the request's id.
    pub fn start(clock: Clock, random_v4: &str) -> Self {
        Self {
            log: Log::start(clock, random_v4),
            held: Held::default(),
        }
    }

    /// Reports that the request is still running, so that what it holds is not given to another.
    pub fn renew(&self) {
        self.held.renew(self.log.now_ms());
    }
}
