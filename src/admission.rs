//! Who may read a body, and who may work on one: the largest requests share an isolate's memory by
//! turns. A request that waits asks again by a timer of its own. Nobody wakes it: workerd does not
//! let one request do anything for another.

use std::cell::RefCell;
use std::thread::LocalKey;
use std::time::Duration;

use jobs_ingest_core::limits::{
    MAX_WAIT_MS, MIN_RESERVED_BYTES, READING_BYTES, WAIT_POLL_MS, WORKING_BYTES,
};
use jobs_ingest_core::problem::Problem;
use worker::Delay;

use crate::budget::{Budget, Ticket};
use crate::call::Call;
use crate::clock::now_ms;

thread_local! {
    static READING: RefCell<Budget> = const { RefCell::new(Budget::new(READING_BYTES)) };
    static WORKING: RefCell<Budget> = const { RefCell::new(Budget::new(WORKING_BYTES)) };
}

/// A place that bytes of a body have, until it is dropped.
pub struct Place {
    budget: &'static LocalKey<RefCell<Budget>>,
    ticket: Ticket,
}

impl Place {
    /// Waits for a place to receive so many bytes.
    pub async fn to_read(bytes: usize, call: &mut Call) -> Result<Self, Problem> {
        Self::take(&READING, bytes, "wait_read", call).await
    }

    /// Waits for a place to work on a body of so many bytes.
    pub async fn to_work(bytes: usize, call: &mut Call) -> Result<Self, Problem> {
        Self::take(&WORKING, bytes, "wait_work", call).await
    }

    /// The time is a stage of the request only where there was something to wait for.
    async fn take(
        budget: &'static LocalKey<RefCell<Budget>>,
        bytes: usize,
        stage: &'static str,
        call: &mut Call,
    ) -> Result<Self, Problem> {
        let bytes = bytes.max(MIN_RESERVED_BYTES);
        let ticket = budget.with_borrow_mut(Budget::ticket);
        // From here on dropping it leaves the queue.
        let place = Self { budget, ticket };
        let since_ms = now_ms();
        let mut has_waited = false;
        loop {
            let now_ms = now_ms();
            let is_in = budget.with_borrow_mut(|budget| budget.enter(ticket, bytes, now_ms));
            let is_over = !is_in && now_ms - since_ms >= MAX_WAIT_MS;
            if has_waited && (is_in || is_over) {
                call.stage(stage);
            }
            if is_in {
                return Ok(place);
            }
            if is_over {
                return Err(Problem::WorkerBusy);
            }
            has_waited = true;
            Delay::from(Duration::from_millis(WAIT_POLL_MS)).await;
        }
    }

    /// Says that the request is still there.
    pub fn renew(&self) {
        let now_ms = now_ms();
        self.budget
            .with_borrow_mut(|budget| budget.renew(self.ticket, now_ms));
    }

    /// Now it is these bytes: less than was thought, or what has grown.
    pub fn resize(&self, bytes: usize) {
        let bytes = bytes.max(MIN_RESERVED_BYTES);
        self.budget
            .with_borrow_mut(|budget| budget.resize(self.ticket, bytes));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.budget
            .with_borrow_mut(|budget| budget.leave(self.ticket));
    }
}
