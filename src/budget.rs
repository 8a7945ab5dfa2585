//! A number of bytes that requests share, first come, first served. Only bookkeeping: nobody waits
//! here, and the clock is the caller's.

use jobs_ingest_core::limits::{HELD_MS, WAITER_GONE_MS};

/// A place in the queue. A lower number came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

#[derive(Debug, Clone, Copy)]
struct Entry {
    ticket: Ticket,
    bytes: usize,
    /// Of a holder when it was let in or last showed itself, of a waiter when it last asked.
    at_ms: f64,
}

#[derive(Debug)]
pub struct Budget {
    total_bytes: usize,
    n_tickets: u64,
    holders: Vec<Entry>,
    /// The one that came first comes first.
    waiters: Vec<Entry>,
}

impl Budget {
    pub const fn new(total_bytes: usize) -> Self {
        Self {
            total_bytes,
            n_tickets: 0,
            holders: Vec::new(),
            waiters: Vec::new(),
        }
    }

    pub fn ticket(&mut self) -> Ticket {
        self.n_tickets += 1;
        Ticket(self.n_tickets)
    }

    /// Lets the request in when it is the first that waits and its bytes fit; to be asked again and
    /// again until then. More than the whole budget counts as the whole.
    ///
    /// One that was cut off leaves neither its place nor the queue by itself, so a place is held
    /// for [`HELD_MS`] at the most, and who has not asked for [`WAITER_GONE_MS`] is passed over; it
    /// has its old turn when it asks again.
    pub fn enter(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        let entry = Entry {
            ticket,
            bytes: bytes.min(self.total_bytes),
            at_ms: now_ms,
        };
        self.holders.retain(|held| now_ms - held.at_ms < HELD_MS);
        self.waiters
            .retain(|waiter| waiter.ticket != ticket && now_ms - waiter.at_ms < WAITER_GONE_MS);
        let place = self
            .waiters
            .partition_point(|waiter| waiter.ticket < ticket);
        if place == 0 && self.held_bytes() + entry.bytes <= self.total_bytes {
            self.holders.push(entry);
            return true;
        }
        self.waiters.insert(place, entry);
        false
    }

    /// A sign of life of a holder: its time begins anew.
    pub fn renew(&mut self, ticket: Ticket, now_ms: f64) {
        if let Some(held) = self.holder(ticket) {
            held.at_ms = now_ms;
        }
    }

    /// Changes what a holder counts as. It may grow past the budget, since what has grown is there
    /// already: then nobody is let in until enough has left.
    pub fn resize(&mut self, ticket: Ticket, bytes: usize) {
        if let Some(held) = self.holder(ticket) {
            held.bytes = bytes;
        }
    }

    /// Leaves its place, or the queue.
    pub fn leave(&mut self, ticket: Ticket) {
        self.holders.retain(|held| held.ticket != ticket);
        self.waiters.retain(|waiter| waiter.ticket != ticket);
    }

    fn holder(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        self.holders.iter_mut().find(|held| held.ticket == ticket)
    }

    fn held_bytes(&self) -> usize {
        self.holders.iter().map(|held| held.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOTAL_BYTES: usize = 100;

    fn budget<const N: usize>() -> (Budget, [Ticket; N]) {
        let mut budget = Budget::new(TOTAL_BYTES);
        let tickets = std::array::from_fn(|_| budget.ticket());
        (budget, tickets)
    }

    #[test]
    fn what_fits_gets_in_and_one_byte_more_waits() {
        let (mut budget, [a, b, c]) = budget();
        assert!(budget.enter(a, 60, 0.0));
        assert!(budget.enter(b, 40, 0.0));
        assert!(!budget.enter(c, 1, 0.0));
        budget.leave(b);
        assert!(budget.enter(c, 40, 1.0));
        let (mut budget, [a, b]) = self::budget();
        assert!(budget.enter(a, 60, 0.0));
        assert!(!budget.enter(b, 41, 0.0));
    }

    #[test]
    fn a_small_one_does_not_overtake_a_large_one() {
        let (mut budget, [a, large, small]) = budget();
        assert!(budget.enter(a, 60, 0.0));
        assert!(!budget.enter(large, 90, 0.0));
        assert!(!budget.enter(small, 1, 0.0));
        budget.leave(a);
        assert!(!budget.enter(small, 1, 1.0));
        assert!(budget.enter(large, 90, 1.0));
        assert!(budget.enter(small, 1, 1.0));
    }

    #[test]
    fn more_than_the_budget_gets_in_alone() {
        let (mut budget, [a, b]) = budget();
        assert!(budget.enter(a, 1, 0.0));
        assert!(!budget.enter(b, TOTAL_BYTES * 2, 0.0));
        budget.leave(a);
        assert!(budget.enter(b, TOTAL_BYTES * 2, 0.0));
    }

    #[test]
    fn what_is_given_back_is_there_for_the_next() {
        let (mut budget, [a, b]) = budget();
        assert!(budget.enter(a, 100, 0.0));
        budget.resize(a, 30);
        assert!(!budget.enter(b, 71, 0.0));
        assert!(budget.enter(b, 70, 0.0));
    }

    #[test]
    fn what_grew_past_the_budget_lets_nobody_in_until_it_leaves() {
        let (mut budget, [a, b, c]) = budget();
        assert!(budget.enter(a, 10, 0.0));
        assert!(budget.enter(b, 10, 0.0));
        budget.resize(a, TOTAL_BYTES);
        assert!(!budget.enter(c, 1, 0.0));
        budget.leave(b);
        assert!(!budget.enter(c, 1, 1.0));
        budget.leave(a);
        assert!(budget.enter(c, 1, 2.0));
    }

    #[test]
    fn a_holder_that_was_cut_off_does_not_hold_for_ever() {
        let (mut budget, [cut_off, next]) = budget();
        assert!(budget.enter(cut_off, 100, 0.0));
        assert!(!budget.enter(next, 100, HELD_MS - 1.0));
        assert!(budget.enter(next, 100, HELD_MS));
        // Should it come back to life after all, it leaves nobody else's place.
        budget.leave(cut_off);
        let third = budget.ticket();
        assert!(!budget.enter(third, 100, HELD_MS));
    }

    #[test]
    fn a_holder_that_shows_itself_keeps_its_place() {
        let (mut budget, [slow, next]) = budget();
        assert!(budget.enter(slow, 100, 0.0));
        budget.renew(slow, HELD_MS - 1.0);
        assert!(!budget.enter(next, 100, 2.0 * HELD_MS - 2.0));
        assert!(budget.enter(next, 100, 2.0 * HELD_MS - 1.0));
        // Too late: its place is another's.
        budget.renew(slow, 2.0 * HELD_MS);
        assert_eq!(budget.held_bytes(), TOTAL_BYTES);
    }

    #[test]
    fn a_waiter_that_does_not_ask_any_more_is_passed_over() {
        let (mut budget, [a, silent, next]) = budget();
        assert!(budget.enter(a, 100, 0.0));
        assert!(!budget.enter(silent, 100, 0.0));
        budget.leave(a);
        assert!(!budget.enter(next, 100, WAITER_GONE_MS - 1.0));
        // It asks again in time, and has its old turn.
        assert!(budget.enter(silent, 100, WAITER_GONE_MS - 1.0));
        budget.leave(silent);

        let (mut budget, [a, silent, next, last]) = self::budget();
        assert!(budget.enter(a, 100, 0.0));
        assert!(!budget.enter(silent, 100, 0.0));
        assert!(!budget.enter(next, 100, WAITER_GONE_MS));
        assert!(!budget.enter(last, 100, WAITER_GONE_MS));
        assert!(!budget.enter(silent, 100, WAITER_GONE_MS + 1.0));
        budget.leave(a);
        assert!(!budget.enter(next, 100, WAITER_GONE_MS + 2.0));
        assert!(budget.enter(silent, 100, WAITER_GONE_MS + 2.0));
    }

    /// What happens to a request while it waits or holds.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Arrive(usize),
        /// One that waits asks; which, counted from the one that waits longest.
        Ask(usize),
        /// A holder turns out to be smaller or larger, or leaves.
        Resize(usize, usize),
        Leave(usize),
        /// A holder or a waiter is cut off and never heard of again.
        CutOff(usize),
        Pass(u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..2 * TOTAL_BYTES).prop_map(Step::Arrive),
            (0..8_usize).prop_map(Step::Ask),
            (0..8_usize, 0..TOTAL_BYTES).prop_map(|(who, bytes)| Step::Resize(who, bytes)),
            (0..8_usize).prop_map(Step::Leave),
            (0..8_usize).prop_map(Step::CutOff),
            (0..5_000_u16).prop_map(Step::Pass),
        ]
    }

    fn pick(tickets: &[(Ticket, usize)], who: usize) -> Option<usize> {
        (!tickets.is_empty()).then(|| who % tickets.len())
    }

    proptest! {
        /// Nobody gets in past the budget; who waits and asks gets in, in the order of arrival.
        #[test]
        fn lets_nobody_in_past_it_keeps_the_order_and_starves_nobody(
            steps in prop::collection::vec(step(), 0..200)
        ) {
            let mut budget = Budget::new(TOTAL_BYTES);
            let (mut waiting, mut holding) = (Vec::new(), Vec::new());
            let mut now_ms = 0.0;
            for step in steps {
                match step {
                    Step::Arrive(bytes) => waiting.push((budget.ticket(), bytes)),
                    Step::Ask(who) => if let Some(who) = pick(&waiting, who) {
                        let (ticket, bytes) = waiting[who];
                        if budget.enter(ticket, bytes, now_ms) {
                            prop_assert!(budget.held_bytes() <= TOTAL_BYTES);
                            holding.push(waiting.remove(who));
                        }
                    },
                    Step::Resize(who, bytes) => if let Some(who) = pick(&holding, who) {
                        budget.resize(holding[who].0, bytes);
                    },
                    Step::Leave(who) => if let Some(who) = pick(&holding, who) {
                        budget.leave(holding.remove(who).0);
                    },
                    Step::CutOff(who) => {
                        let cut_off = if who % 2 == 0 { &mut holding } else { &mut waiting };
                        if let Some(who) = pick(cut_off, who) {
                            cut_off.remove(who);
                        }
                    }
                    Step::Pass(ms) => now_ms += f64::from(ms),
                }
            }
            // From here on all that wait ask in turn, all that get in leave: with those that were
            // cut off out of the way each gets in, the longest waiting first.
            now_ms += HELD_MS;
            for (ticket, _) in holding {
                budget.leave(ticket);
            }
            let arrived: Vec<Ticket> = waiting.iter().map(|(ticket, _)| *ticket).collect();
            for (ticket, bytes) in &waiting {
                let is_its = |waiter: &Entry| waiter.ticket == *ticket;
                budget.waiters.retain(|waiter| !is_its(waiter));
                budget.waiters.push(Entry { ticket: *ticket, bytes: *bytes, at_ms: now_ms });
            }
            let mut entered = Vec::new();
            for _ in 0..arrived.len() {
                let mut has_entered = Vec::new();
                // The last first: whoever asks first must not matter.
                for (ticket, bytes) in waiting.iter().rev() {
                    if budget.enter(*ticket, *bytes, now_ms) {
                        has_entered.push(*ticket);
                    }
                }
                for ticket in has_entered {
                    budget.leave(ticket);
                    waiting.retain(|(other, _)| *other != ticket);
                    entered.push(ticket);
                }
                now_ms += 1.0;
            }
            prop_assert_eq!(entered, arrived);
        }
    }
}
