//! What a request holds of its isolate until it is answered; dropping it releases everything.

use crate::isolate::{InFlight, Reservation};

#[derive(Default)]
pub struct Held {
    /// Memory to process the body.
    pub memory: Option<Reservation>,
    /// The idempotency key in use.
    pub key: Option<InFlight>,
}

impl Held {
    /// Sets how many bytes the held memory counts as.
    pub fn resize_memory(&self, bytes: usize) {
        if let Some(memory) = &self.memory {
            memory.resize(bytes);
        }
    }

    pub fn renew(&self, now_ms: f64) {
        if let Some(memory) = &self.memory {
            memory.renew(now_ms);
        }
        if let Some(key) = &self.key {
            key.renew(now_ms);
        }
    }
}
