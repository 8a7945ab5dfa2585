//! Who may receive a body, and who may process one: requests share an isolate's memory by turns. A
//! request that waits asks again by a timer of its own. Nobody wakes it: workerd does not let one
//! request do anything for another.

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

use crate::budget::{Lane, Lanes, Ticket};
use crate::call::Call;
use crate::clock::now_ms;

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

/// Memory that is reserved for a body, until it is dropped.
pub struct Place {
    lanes: &'static LocalKey<RefCell<Lanes>>,
    ticket: Ticket,
}

impl Place {
    /// Waits for memory to receive so many bytes. `token` is the name of whose share it is.
    pub async fn to_read(token: &str, bytes: usize, call: &mut Call) -> Result<Self, Problem> {
        Self::take(&READING, token, bytes, "wait_read", call).await
    }

    /// Waits for memory to process a body of so many bytes.
    pub async fn to_work(token: &str, bytes: usize, call: &mut Call) -> Result<Self, Problem> {
        Self::take(&WORKING, token, bytes, "wait_work", call).await
    }

    /// The time is a stage of the request only where there was something to wait for.
    async fn take(
        lanes: &'static LocalKey<RefCell<Lanes>>,
        token: &str,
        bytes: usize,
        stage: &'static str,
        call: &mut Call,
    ) -> Result<Self, Problem> {
        let ticket = lanes.with_borrow_mut(|lanes| lanes.ticket(token));
        // From here on dropping it leaves the queue.
        let place = Self { lanes, ticket };
        let (has_waited, granted) = place.wait(bytes).await;
        if has_waited {
            call.stage(stage);
        }
        granted.map(|()| place)
    }

    /// Waits for so many bytes in all.
    pub async fn grow(&self, bytes: usize) -> Result<(), Problem> {
        let (_, granted) = self.wait(bytes).await;
        granted
    }

    /// Whether there was something to wait for, and how it ended.
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

    /// Notes how much of the body has arrived, all in all.
    pub fn arrived(&self, bytes: usize) {
        let now_ms = now_ms();
        self.lanes
            .with_borrow_mut(|lanes| lanes.arrived(self.ticket, bytes, now_ms));
    }

    /// Whether others need the memory of this body, which comes too slowly.
    pub fn is_cancelled(&self) -> bool {
        self.lanes
            .with_borrow(|lanes| lanes.is_cancelled(self.ticket))
    }

    /// Says that the request is still there.
    pub fn renew(&self) {
        let now_ms = now_ms();
        self.lanes
            .with_borrow_mut(|lanes| lanes.renew(self.ticket, now_ms));
    }

    /// Now it is these bytes: all that has arrived, or what has grown from it.
    pub fn resize(&self, bytes: usize) {
        let bytes = bytes.max(MIN_RESERVED_BYTES);
        self.lanes
            .with_borrow_mut(|lanes| lanes.resize(self.ticket, bytes));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lanes.with_borrow_mut(|lanes| lanes.leave(self.ticket));
    }
}
