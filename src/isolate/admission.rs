//! Admission of requests to an isolate's memory, first to receive a body, then to process it. A queued
//! request polls with a timer of its own: workerd does not let one request wake another.

use std::cell::RefCell;
use std::thread::LocalKey;
use std::time::Duration;

use jobs_ingest_core::limits::{
    MAX_WAIT_MS, MIN_RESERVED_BYTES, READING_BYTES, READING_SHARE_BYTES, SMALL_READING_BYTES,
    SMALL_READING_SHARE_BYTES, SMALL_WORKING_BYTES, SMALL_WORKING_SHARE_BYTES, WAIT_POLL_MS,
    WORKING_BYTES,
};
use jobs_ingest_core::problem::Problem;
use worker::Delay;

use super::budget::{Lane, Lanes, Ticket};
use crate::js::clock::now_ms;

thread_local! {
    static READING: RefCell<Lanes> = const {
        RefCell::new(Lanes::new(
            Lane::reading(SMALL_READING_BYTES, SMALL_READING_SHARE_BYTES),
            Lane::reading(READING_BYTES, READING_SHARE_BYTES),
        ))
    };
    static WORKING: RefCell<Lanes> = const {
        RefCell::new(Lanes::new(
            Lane::working(SMALL_WORKING_BYTES, SMALL_WORKING_SHARE_BYTES),
            Lane::working(WORKING_BYTES, WORKING_BYTES),
        ))
    };
}

/// Memory reserved for a body, released when dropped.
pub struct Reservation {
    lanes: &'static LocalKey<RefCell<Lanes>>,
    ticket: Ticket,
}

/// The end of a wait for memory.
pub struct Admission {
    /// Whether the request had to wait.
    pub has_waited: bool,
    pub granted: Result<Reservation, Problem>,
}

impl Reservation {
    /// Waits for memory to receive `bytes` of a body, out of the share of the token of this name.
    pub async fn to_read(token: &str, bytes: usize) -> Admission {
        Self::take(&READING, token, bytes).await
    }

    /// Waits for memory to process a body of `bytes`.
    pub async fn to_work(token: &str, bytes: usize) -> Admission {
        Self::take(&WORKING, token, bytes).await
    }

    async fn take(
        lanes: &'static LocalKey<RefCell<Lanes>>,
        token: &str,
        bytes: usize,
    ) -> Admission {
        let ticket = lanes.with_borrow_mut(|lanes| lanes.ticket(token));
        // From here on dropping it leaves the queue.
        let reservation = Self { lanes, ticket };
        let (has_waited, granted) = reservation.wait(bytes).await;
        Admission {
            has_waited,
            granted: granted.map(|()| reservation),
        }
    }

    /// Waits until the reservation is `bytes` in total.
    pub async fn grow(&self, bytes: usize) -> Result<(), Problem> {
        let (_, granted) = self.wait(bytes).await;
        granted
    }

    /// Whether the request had to wait, and the result.
    async fn wait(&self, bytes: usize) -> (bool, Result<(), Problem>) {
        let bytes = bytes.max(MIN_RESERVED_BYTES);
        let since_ms = now_ms();
        let mut has_waited = false;
        loop {
            let now_ms = now_ms();
            let is_granted = self
                .lanes
                .with_borrow_mut(|lanes| lanes.ask(self.ticket, bytes, now_ms));
            if self.is_cancelled() {
                return (has_waited, Err(Problem::WorkerBusy));
            }
            if is_granted {
                return (has_waited, Ok(()));
            }
            if now_ms - since_ms >= MAX_WAIT_MS {
                return (has_waited, Err(Problem::WorkerBusy));
            }
            has_waited = true;
            Delay::from(Duration::from_millis(WAIT_POLL_MS)).await;
        }
    }

    /// Records how many bytes of the body have arrived in total.
    pub fn arrived(&self, bytes: usize) {
        let now_ms = now_ms();
        self.lanes
            .with_borrow_mut(|lanes| lanes.arrived(self.ticket, bytes, now_ms));
    }

    /// Whether the reservation was cancelled for others, because its body arrives too slowly.
    pub fn is_cancelled(&self) -> bool {
        self.lanes
            .with_borrow(|lanes| lanes.is_cancelled(self.ticket))
    }

    /// Reports that the request is still running.
    pub fn renew(&self, now_ms: f64) {
        self.lanes
            .with_borrow_mut(|lanes| lanes.renew(self.ticket, now_ms));
    }

    /// Sets what the reservation counts as: the whole body, or what processing made of it.
    pub fn resize(&self, bytes: usize) {
        let bytes = bytes.max(MIN_RESERVED_BYTES);
        self.lanes
            .with_borrow_mut(|lanes| lanes.resize(self.ticket, bytes));
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.lanes.with_borrow_mut(|lanes| lanes.leave(self.ticket));
    }
}
