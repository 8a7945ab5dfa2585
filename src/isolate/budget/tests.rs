use jobs_ingest_core::limits::{
    MAX_GZIP_BYTES, MAX_WAIT_MS, READING_BYTES, READING_SHARE_BYTES, SMALL_READING_BYTES,
    SMALL_READING_SHARE_BYTES, WAIT_POLL_MS,
};
use proptest::prelude::*;

use super::*;

const TOTAL_BYTES: usize = 100;
const SHARE_BYTES: usize = 60;
/// When a body that sends nothing falls behind the pace.
const SLOW_MS: f64 = PACE_GRACE_MS + 1.0;

/// A lane that needs no names.
struct One {
    lane: Lane,
    n_tickets: u64,
}

impl One {
    fn working() -> Self {
        Self::of(Lane::working(TOTAL_BYTES, SHARE_BYTES))
    }

    fn reading() -> Self {
        Self::of(Lane::reading(READING_BYTES, READING_SHARE_BYTES))
    }

    fn of(lane: Lane) -> Self {
        Self { lane, n_tickets: 0 }
    }

    fn ticket(&mut self, token: usize) -> Ticket {
        self.n_tickets += 1;
        let number = self.n_tickets;
        Ticket { number, token }
    }

    fn tickets<const N: usize>(&mut self, tokens: [usize; N]) -> [Ticket; N] {
        tokens.map(|token| self.ticket(token))
    }
}

mod shares_and_turns {
    use super::*;

    #[test]
    fn grants_up_to_the_total_and_queues_one_byte_more() {
        let mut one = One::working();
        let [a, b, c] = one.tickets([0, 1, 2]);
        assert!(one.lane.ask(a, 60, 0.0));
        assert!(one.lane.ask(b, 40, 0.0));
        assert!(!one.lane.ask(c, 1, 0.0));
        one.lane.leave(b);
        assert!(one.lane.ask(c, 40, 1.0));

        let mut one = One::working();
        let [a, b] = one.tickets([0, 1]);
        assert!(one.lane.ask(a, 60, 0.0));
        assert!(!one.lane.ask(b, 41, 0.0));
    }

    #[test]
    fn token_cannot_exceed_its_share() {
        let mut one = One::working();
        let [first, second, other] = one.tickets([0, 0, 1]);
        assert!(one.lane.ask(first, 40, 0.0));
        assert!(!one.lane.ask(second, 21, 0.0));
        // A token that waits for its own share blocks no other.
        assert!(one.lane.ask(other, 60, 0.0));
        one.lane.leave(first);
        assert!(one.lane.ask(second, 21, 1.0));
    }

    #[test]
    fn request_above_the_share_counts_as_the_share() {
        let mut one = One::working();
        let [a] = one.tickets([0]);
        assert!(one.lane.ask(a, 2 * TOTAL_BYTES, 0.0));
        assert_eq!(one.lane.held_bytes(), SHARE_BYTES);
    }

    #[test]
    fn small_request_does_not_overtake_a_large_one() {
        let mut one = One::working();
        let [a, b, large, small] = one.tickets([0, 1, 2, 3]);
        assert!(one.lane.ask(a, 60, 0.0));
        assert!(one.lane.ask(b, 20, 0.0));
        assert!(!one.lane.ask(large, 60, 0.0));
        assert!(!one.lane.ask(small, 1, 0.0));
        one.lane.leave(a);
        assert!(!one.lane.ask(small, 1, 1.0));
        assert!(one.lane.ask(large, 60, 1.0));
        assert!(one.lane.ask(small, 1, 1.0));
    }

    #[test]
    fn requests_of_one_token_are_first_come_first_served() {
        let mut one = One::working();
        let [held, first, second] = one.tickets([0, 0, 0]);
        assert!(one.lane.ask(held, 50, 0.0));
        assert!(!one.lane.ask(first, 30, 0.0));
        // It would fit, but the first has not been served.
        assert!(!one.lane.ask(second, 10, 0.0));
        one.lane.leave(held);
        assert!(!one.lane.ask(second, 10, 1.0));
        assert!(one.lane.ask(first, 30, 1.0));
        assert!(one.lane.ask(second, 10, 1.0));
    }

    #[test]
    fn tokens_take_turns() {
        let mut one = One::working();
        let tickets = one.tickets([0, 0, 0, 1, 2]);
        let mut served = Vec::new();
        for round in 0..tickets.len() {
            let now_ms = round as f64;
            let waiting = tickets.iter().filter(|ticket| !served.contains(*ticket));
            let granted: Vec<Ticket> = waiting
                .copied()
                .filter(|ticket| one.lane.ask(*ticket, 60, now_ms))
                .collect();
            assert_eq!(granted.len(), 1);
            one.lane.leave(granted[0]);
            served.extend(granted);
        }
        let numbers: Vec<u64> = served.iter().map(|ticket| ticket.number).collect();
        // The first token's second request was queued before the others but is served after them.
        assert_eq!(numbers, [1, 4, 5, 2, 3]);
    }

    #[test]
    fn released_memory_admits_the_next_request() {
        let mut one = One::working();
        let [a, b] = one.tickets([0, 1]);
        assert!(one.lane.ask(a, 60, 0.0));
        one.lane.resize(a, 50);
        assert!(!one.lane.ask(b, 51, 0.0));
        assert!(one.lane.ask(b, 50, 0.0));
    }

    #[test]
    fn over_budget_holder_blocks_admission_until_released() {
        let mut one = One::working();
        let [a, b, c] = one.tickets([0, 1, 2]);
        assert!(one.lane.ask(a, 10, 0.0));
        assert!(one.lane.ask(b, 10, 0.0));
        one.lane.resize(a, TOTAL_BYTES);
        assert!(!one.lane.ask(c, 1, 0.0));
        one.lane.leave(b);
        assert!(!one.lane.ask(c, 1, 1.0));
        one.lane.leave(a);
        assert!(one.lane.ask(c, 1, 2.0));
    }
}

mod silence {
    use super::*;

    #[test]
    fn inactive_holder_expires() {
        let mut one = One::working();
        let [cut_off, next, third] = one.tickets([0, 0, 0]);
        assert!(one.lane.ask(cut_off, 60, 0.0));
        assert!(!one.lane.ask(next, 60, HELD_MS - 1.0));
        assert!(one.lane.ask(next, 60, HELD_MS));
        // If it continues after all, it does not free the memory of another request.
        one.lane.leave(cut_off);
        assert!(!one.lane.ask(third, 60, HELD_MS));
    }

    #[test]
    fn active_holder_keeps_its_memory() {
        let mut one = One::working();
        let [slow, next] = one.tickets([0, 0]);
        assert!(one.lane.ask(slow, 60, 0.0));
        one.lane.renew(slow, HELD_MS - 1.0);
        assert!(!one.lane.ask(next, 60, 2.0 * HELD_MS - 2.0));
        assert!(one.lane.ask(next, 60, 2.0 * HELD_MS - 1.0));
        // Too late: another request has its memory.
        one.lane.renew(slow, 2.0 * HELD_MS);
        assert_eq!(one.lane.held_bytes(), 60);
    }

    #[test]
    fn inactive_queued_request_is_skipped() {
        let mut one = One::working();
        let [a, silent, next] = one.tickets([0, 0, 0]);
        assert!(one.lane.ask(a, 60, 0.0));
        assert!(!one.lane.ask(silent, 60, 0.0));
        one.lane.leave(a);
        assert!(!one.lane.ask(next, 60, WAITER_GONE_MS - 1.0));
        // It asks again in time and keeps its position in the queue.
        assert!(one.lane.ask(silent, 60, WAITER_GONE_MS - 1.0));

        let mut one = One::working();
        let [a, silent, next] = one.tickets([0, 0, 0]);
        assert!(one.lane.ask(a, 60, 0.0));
        assert!(!one.lane.ask(silent, 60, 0.0));
        one.lane.leave(a);
        assert!(one.lane.ask(next, 60, WAITER_GONE_MS));
    }

    /// It keeps its memory but blocks no other request.
    #[test]
    fn inactive_body_is_skipped() {
        let mut one = One::reading();
        let [other, grows, next] = one.tickets([0, 1, 1]);
        assert!(one.lane.ask(other, READING_SHARE_BYTES, 0.0));
        one.lane.resize(other, READING_SHARE_BYTES);
        assert!(one.lane.ask(grows, 1_000, 0.0));
        assert!(!one.lane.ask(grows, 6_000_000, 0.0));
        assert!(!one.lane.ask(next, 1_000, WAITER_GONE_MS - 1.0));
        assert!(one.lane.ask(next, 1_000, WAITER_GONE_MS));
        assert_eq!(one.lane.held_bytes(), READING_SHARE_BYTES + 2_000);
    }
}

mod pace {
    use super::*;

    #[test]
    fn body_at_pace_holds_its_declared_length() {
        let mut one = One::reading();
        let [a] = one.tickets([0]);
        assert!(one.lane.ask(a, 8_000_000, 0.0));
        let chunk_ms = READ_CHUNK_BYTES as f64 / PACE_BYTES_PER_MS;
        let mut now_ms = PACE_GRACE_MS;
        for n_chunks in 1..20 {
            one.lane.arrived(a, n_chunks * READ_CHUNK_BYTES, now_ms);
            now_ms += chunk_ms;
            one.lane.shrink_slow(now_ms);
            assert_eq!(one.lane.held_bytes(), 8_000_000);
        }
        one.lane.shrink_slow(now_ms + 1.0);
        assert_eq!(one.lane.held_bytes(), 20 * READ_CHUNK_BYTES);
    }

    #[test]
    fn burst_extends_the_deadline_by_at_most_the_grace() {
        let mut one = One::reading();
        let [a] = one.tickets([0]);
        assert!(one.lane.ask(a, 8_000_000, 0.0));
        one.lane.arrived(a, 7_000_000, 1_000.0);
        one.lane.shrink_slow(1_000.0 + PACE_GRACE_MS);
        assert_eq!(one.lane.held_bytes(), 8_000_000);
        one.lane.shrink_slow(1_001.0 + PACE_GRACE_MS);
        assert_eq!(one.lane.held_bytes(), 7_000_000 + READ_CHUNK_BYTES);
    }

    #[test]
    fn slow_body_counts_as_what_has_arrived() {
        let mut one = One::reading();
        let [slow] = one.tickets([0]);
        assert!(one.lane.ask(slow, 8_000_000, 0.0));
        for n_chunks in 0..8 {
            let now_ms = SLOW_MS + 20_000.0 * n_chunks as f64;
            one.lane.arrived(slow, n_chunks * READ_CHUNK_BYTES, now_ms);
            let bytes = (n_chunks + 1) * READ_CHUNK_BYTES;
            assert!(one.lane.ask(slow, bytes, now_ms));
            assert_eq!(one.lane.held_bytes(), bytes);
        }
    }

    #[test]
    fn slow_bodies_leave_room_for_the_largest() {
        let mut one = One::reading();
        let slow = one.tickets([0, 0, 1, 1]);
        for (ticket, bytes) in slow.into_iter().zip([8 << 20, 4 << 20, 2 << 20, 2 << 20]) {
            assert!(one.lane.ask(ticket, bytes, 0.0));
        }
        let [largest] = one.tickets([2]);
        assert!(!one.lane.ask(largest, MAX_GZIP_BYTES, 0.0));
        assert!(one.lane.ask(largest, MAX_GZIP_BYTES, SLOW_MS));
        assert!(slow.iter().all(|ticket| !one.lane.is_cancelled(*ticket)));
    }

    #[test]
    fn slow_body_is_cancelled_for_a_request_that_has_waited() {
        let mut one = One::reading();
        let [slow, next] = one.tickets([0, 1]);
        assert!(one.lane.ask(slow, MAX_GZIP_BYTES, 0.0));
        one.lane.arrived(slow, 12_000_000, 100.0);
        for now_ms in [200.0, 1_900.0, 3_800.0, 5_199.0] {
            assert!(!one.lane.ask(next, MAX_GZIP_BYTES, now_ms));
            assert!(!one.lane.is_cancelled(slow));
        }
        assert!(!one.lane.ask(next, MAX_GZIP_BYTES, 5_200.0));
        assert!(one.lane.is_cancelled(slow));
        // It holds its memory until it has noticed.
        assert!(!one.lane.ask(next, MAX_GZIP_BYTES, 5_201.0));
        one.lane.leave(slow);
        assert!(one.lane.ask(next, MAX_GZIP_BYTES, 5_202.0));
    }

    #[test]
    fn body_at_pace_is_not_cancelled() {
        let mut one = One::reading();
        let [a, next] = one.tickets([0, 1]);
        assert!(one.lane.ask(a, MAX_GZIP_BYTES, 0.0));
        let mut now_ms = 0.0;
        for n_chunks in 1..=48 {
            now_ms += READ_CHUNK_BYTES as f64 / PACE_BYTES_PER_MS;
            assert!(!one.lane.ask(next, MAX_GZIP_BYTES, now_ms));
            assert!(!one.lane.is_cancelled(a));
            one.lane.arrived(a, n_chunks * READ_CHUNK_BYTES, now_ms);
        }
        assert!(now_ms < MAX_WAIT_MS);
        one.lane.leave(a);
        assert!(one.lane.ask(next, MAX_GZIP_BYTES, now_ms));
    }

    #[test]
    fn slow_body_is_not_cancelled_for_a_new_request() {
        let mut one = One::reading();
        let [slow, next] = one.tickets([0, 1]);
        assert!(one.lane.ask(slow, MAX_GZIP_BYTES, 0.0));
        one.lane.arrived(slow, 12_000_000, 100.0);
        for now_ms in [60_000.0, 61_500.0, 63_000.0, 64_000.0, 64_999.0] {
            one.lane.renew(slow, now_ms);
            assert!(!one.lane.ask(next, MAX_GZIP_BYTES, now_ms));
            assert!(!one.lane.is_cancelled(slow));
        }
        assert!(!one.lane.ask(next, MAX_GZIP_BYTES, 65_000.0));
        assert!(one.lane.is_cancelled(slow));
    }

    #[test]
    fn cancels_no_more_bodies_than_necessary() {
        let mut one = One::reading();
        let slow = one.tickets([0, 0, 1, 1]);
        for (ticket, arrived_bytes) in slow.into_iter().zip([1, 7_000_000, 3_000_000, 6_000_000]) {
            assert!(one.lane.ask(ticket, arrived_bytes + READ_CHUNK_BYTES, 0.0));
            one.lane.arrived(ticket, arrived_bytes, 0.0);
        }
        let [next] = one.tickets([2]);
        let mut now_ms = 50_000.0;
        while now_ms <= 56_000.0 {
            assert!(!one.lane.ask(next, 5_000_000, now_ms));
            now_ms += 1_000.0;
        }
        let cancelled = slow.map(|ticket| one.lane.is_cancelled(ticket));
        assert_eq!(cancelled, [false, true, false, false]);
    }

    #[test]
    fn cancels_nothing_if_it_would_not_help() {
        let mut one = One::reading();
        let [slow, whole, next] = one.tickets([0, 1, 2]);
        assert!(one.lane.ask(slow, 2_000_000, 0.0));
        one.lane.arrived(slow, 1_900_000, 0.0);
        assert!(one.lane.ask(whole, 12_000_000, 0.0));
        // It has arrived completely and is queued for processing.
        one.lane.resize(whole, 12_000_000);
        for now_ms in [50_000.0, 51_900.0, 53_800.0, 55_700.0] {
            assert!(!one.lane.ask(next, 12_000_000, now_ms));
        }
        assert!(!one.lane.is_cancelled(slow) && !one.lane.is_cancelled(whole));
    }

    #[test]
    fn token_cancels_its_own_slow_bodies_too() {
        let mut one = One::reading();
        let [slow, next] = one.tickets([0, 0]);
        assert!(one.lane.ask(slow, 1_000_000, 0.0));
        for now_ms in [50_000.0, 51_900.0, 53_800.0, 55_700.0] {
            assert!(!one.lane.ask(next, MAX_GZIP_BYTES, now_ms));
        }
        assert!(one.lane.is_cancelled(slow));
    }

    #[test]
    fn time_in_the_queue_does_not_count_as_slow() {
        let mut one = One::reading();
        let [grows, other] = one.tickets([0, 1]);
        assert!(one.lane.ask(grows, READ_CHUNK_BYTES, 0.0));
        assert!(one.lane.ask(other, 12_500_000, 0.0));
        one.lane.resize(other, 17_500_000);
        one.lane.arrived(grows, READ_CHUNK_BYTES, 1.0);
        let mut now_ms = 1.0;
        while now_ms < 20_000.0 {
            assert!(!one.lane.ask(grows, 2 * READ_CHUNK_BYTES, now_ms));
            now_ms += 1_000.0;
        }
        one.lane.leave(other);
        assert!(one.lane.ask(grows, 2 * READ_CHUNK_BYTES, now_ms));
        let pace = one.lane.find(grows).and_then(|entry| entry.pace).unwrap();
        assert!(pace.is_kept(now_ms + PACE_GRACE_MS));
    }
}

mod lanes {
    use super::*;

    fn reading() -> Lanes {
        Lanes::new(
            Lane::reading(SMALL_READING_BYTES, SMALL_READING_SHARE_BYTES),
            Lane::reading(READING_BYTES, READING_SHARE_BYTES),
        )
    }

    #[test]
    fn small_body_does_not_wait_for_large_ones() {
        let mut lanes = reading();
        let [a, b, queued, small] = ["a", "b", "c", "d"].map(|token| lanes.ticket(token));
        assert!(lanes.ask(a, READING_SHARE_BYTES, 0.0));
        assert!(lanes.ask(b, READING_BYTES - READING_SHARE_BYTES, 0.0));
        assert!(!lanes.ask(queued, SMALL_BODY_BYTES + 1, 0.0));
        assert!(lanes.ask(small, SMALL_BODY_BYTES, 0.0));
    }

    #[test]
    fn small_bodies_use_an_idle_large_lane() {
        let mut lanes = reading();
        let n_small = SMALL_READING_SHARE_BYTES / SMALL_BODY_BYTES;
        for _ in 0..n_small + 1 {
            let ticket = lanes.ticket("a");
            assert!(lanes.ask(ticket, SMALL_BODY_BYTES, 0.0));
        }
        assert_eq!(lanes.large.held_bytes(), SMALL_BODY_BYTES);
        let [large, queued, small] = ["b", "c", "a"].map(|token| lanes.ticket(token));
        assert!(lanes.ask(large, READING_SHARE_BYTES, 0.0));
        assert!(!lanes.ask(queued, READING_SHARE_BYTES, 0.0));
        assert!(!lanes.ask(small, SMALL_BODY_BYTES, 0.0));
        lanes.leave(queued);
        assert!(lanes.ask(small, SMALL_BODY_BYTES, 0.0));
        assert_eq!(lanes.small.held_bytes(), n_small * SMALL_BODY_BYTES);
    }

    #[test]
    fn body_that_grows_large_moves_to_the_large_lane() {
        let mut lanes = reading();
        let [a, grows] = ["a", "b"].map(|token| lanes.ticket(token));
        assert!(lanes.ask(a, READING_SHARE_BYTES, 0.0));
        assert!(lanes.ask(grows, 65_536, 0.0));
        lanes.arrived(grows, 65_536, 1.0);
        assert!(!lanes.ask(grows, READING_SHARE_BYTES, 2.0));
        // It keeps what it has while it waits.
        assert_eq!(lanes.small.held_bytes(), 65_536);
        lanes.leave(a);
        assert!(lanes.ask(grows, READING_SHARE_BYTES, 3.0));
        assert_eq!(lanes.small.held_bytes(), 0);
        // And stays in the lane that it is in.
        lanes.resize(grows, 1_000);
        assert!(lanes.ask(grows, 2_000, 4.0));
        assert_eq!(
            (lanes.small.held_bytes(), lanes.large.held_bytes()),
            (0, 2_000)
        );
    }

    #[test]
    fn one_token_cannot_fill_a_lane() {
        let mut lanes = reading();
        for bytes in [65_536; 1_000] {
            let ticket = lanes.ticket("a");
            lanes.ask(ticket, bytes, 0.0);
        }
        for bytes in [MAX_GZIP_BYTES; 10] {
            let ticket = lanes.ticket("a");
            lanes.ask(ticket, bytes, 0.0);
        }
        let [small, large] = ["b", "b"].map(|token| lanes.ticket(token));
        assert!(lanes.ask(small, SMALL_BODY_BYTES, 0.0));
        assert!(lanes.ask(large, 5_000_000, 0.0));
    }
}

/// An event in the life of a queued request or a holder.
#[derive(Debug, Clone, Copy)]
enum Step {
    Arrive {
        token: usize,
        bytes: usize,
    },
    /// A queued request asks; its index, from the oldest.
    Ask(usize),
    /// More of a body arrives, and asks for its next chunk.
    Grow(usize, usize),
    /// A holder shrinks, or has arrived completely.
    Shrink(usize),
    Leave(usize),
    /// A holder or a queued request is cut off and becomes inactive.
    CutOff(usize),
    Pass(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_usize, 0..2 * READING_SHARE_BYTES)
            .prop_map(|(token, bytes)| Step::Arrive { token, bytes }),
        6 => (0..8_usize).prop_map(Step::Ask),
        3 => (0..8_usize, 0..2 * READ_CHUNK_BYTES).prop_map(|(who, bytes)| Step::Grow(who, bytes)),
        1 => (0..8_usize).prop_map(Step::Shrink),
        2 => (0..8_usize).prop_map(Step::Leave),
        1 => (0..8_usize).prop_map(Step::CutOff),
        3 => (0..5_000_u16).prop_map(Step::Pass),
    ]
}

#[derive(Debug, Clone, Copy)]
struct Body {
    ticket: Ticket,
    bytes: usize,
    arrived_bytes: usize,
}

/// A lane after any history, with the requests that are still active.
struct History {
    one: One,
    queued: Vec<Body>,
    holding: Vec<Body>,
    now_ms: f64,
}

impl History {
    /// Checks the invariants after each step.
    fn of(steps: Vec<Step>) -> Result<Self, TestCaseError> {
        let mut history = Self {
            one: One::reading(),
            queued: Vec::new(),
            holding: Vec::new(),
            now_ms: 0.0,
        };
        for step in steps {
            history.step(step);
            let lane = &history.one.lane;
            prop_assert!(lane.held_bytes() <= READING_BYTES);
            for token in 0..3 {
                let entries = lane.entries.iter();
                let of_token = entries.filter(|entry| entry.ticket.token == token);
                let held_bytes: usize = of_token.map(|entry| entry.held_bytes).sum();
                prop_assert!(held_bytes <= READING_SHARE_BYTES);
            }
        }
        Ok(history)
    }

    fn step(&mut self, step: Step) {
        let Self {
            one,
            queued,
            holding,
            now_ms,
        } = self;
        let pick = |bodies: &Vec<Body>, who: usize| who.checked_rem(bodies.len());
        match step {
            Step::Arrive { token, bytes } => queued.push(Body {
                ticket: one.ticket(token),
                bytes: bytes.max(1),
                arrived_bytes: 0,
            }),
            Step::Ask(who) => {
                if let Some(who) = pick(queued, who)
                    && one.lane.ask(queued[who].ticket, queued[who].bytes, *now_ms)
                {
                    holding.push(queued.remove(who));
                }
            }
            Step::Grow(who, bytes) => {
                if let Some(who) = pick(holding, who) {
                    let body = &mut holding[who];
                    body.arrived_bytes = (body.arrived_bytes + bytes).min(body.bytes);
                    one.lane.arrived(body.ticket, body.arrived_bytes, *now_ms);
                    let next_bytes = (body.arrived_bytes + READ_CHUNK_BYTES).min(body.bytes);
                    one.lane.ask(body.ticket, next_bytes, *now_ms);
                }
            }
            Step::Shrink(who) => {
                if let Some(who) = pick(holding, who) {
                    let ticket = holding[who].ticket;
                    let held = one.lane.find(ticket).map_or(0, |entry| entry.held_bytes);
                    one.lane.resize(ticket, held / 2);
                }
            }
            Step::Leave(who) => {
                if let Some(who) = pick(holding, who) {
                    one.lane.leave(holding.remove(who).ticket);
                }
            }
            Step::CutOff(who) => {
                let cut_off = if who % 2 == 0 { holding } else { queued };
                if let Some(who) = pick(cut_off, who) {
                    cut_off.remove(who);
                }
            }
            Step::Pass(ms) => *now_ms += f64::from(ms),
        }
    }
}

proptest! {
    /// The total and the share of a token are never exceeded.
    #[test]
    fn total_and_shares_are_never_exceeded(steps in prop::collection::vec(step(), 0..200)) {
        History::of(steps)?;
    }

    /// Every request that keeps asking is served, those of one token in order of arrival.
    #[test]
    fn everybody_is_served_in_order(steps in prop::collection::vec(step(), 0..200)) {
        let History { mut one, mut queued, holding, mut now_ms } = History::of(steps)?;
        // Inactive requests have expired, and all holders release their memory.
        now_ms += HELD_MS;
        for body in holding {
            one.lane.leave(body.ticket);
        }
        let of_token = |bodies: &[Body], token: usize| -> Vec<u64> {
            let bodies = bodies.iter().filter(|body| body.ticket.token == token);
            bodies.map(|body| body.ticket.number).collect()
        };
        let expected: Vec<Vec<u64>> = (0..3).map(|token| of_token(&queued, token)).collect();
        // All are queued before any of them is served.
        let [blocker] = one.tickets([3]);
        one.lane.ask(blocker, 1, now_ms);
        one.lane.resize(blocker, READING_BYTES);
        for body in queued.iter().rev() {
            prop_assert!(!one.lane.ask(body.ticket, body.bytes, now_ms));
        }
        one.lane.leave(blocker);
        let mut served = Vec::new();
        while !queued.is_empty() {
            now_ms += 1.0;
            // In reverse: the order of asking must not matter.
            let granted: Vec<Body> = queued
                .iter()
                .rev()
                .copied()
                .filter(|body| one.lane.ask(body.ticket, body.bytes, now_ms))
                .collect();
            prop_assert!(!granted.is_empty(), "nobody is served although the lane is free");
            for body in granted {
                one.lane.leave(body.ticket);
                queued.retain(|other| other.ticket != body.ticket);
                served.push(body);
            }
        }
        for (token, expected) in expected.iter().enumerate() {
            prop_assert_eq!(&of_token(&served, token), expected);
        }
    }

    /// One token's clients misbehave in any way: they declare any length, send any part of it at once
    /// and the rest never, and return as soon as they are cancelled. A body of another token is served
    /// within the maximum wait.
    #[test]
    fn no_token_starves_another(
        announced in prop::collection::vec((1..MAX_GZIP_BYTES, 0.0..1.0), 1..40),
        wanted_bytes in 1..=MAX_GZIP_BYTES,
    ) {
        let mut one = One::reading();
        let mut clients: Vec<(Ticket, usize, usize)> = announced
            .into_iter()
            .map(|(bytes, part)| (one.ticket(0), bytes, (bytes as f64 * part) as usize))
            .collect();
        let poll_ms = WAIT_POLL_MS as f64;
        let mut now_ms = 0.0;
        let mut waits_since_ms = None;
        let mut other = None;
        loop {
            for (ticket, bytes, arrives_bytes) in &mut clients {
                if one.lane.is_cancelled(*ticket) {
                    one.lane.leave(*ticket);
                    *ticket = one.ticket(0);
                }
                let holds = one.lane.holds(*ticket);
                let asks_bytes = if holds { *arrives_bytes } else { *bytes };
                if one.lane.ask(*ticket, asks_bytes, now_ms) {
                    let held = one.lane.find(*ticket).map_or(0, |entry| entry.held_bytes);
                    let arrived_bytes = held.min(*arrives_bytes);
                    one.lane.arrived(*ticket, arrived_bytes, now_ms);
                }
            }
            // By then they have settled.
            if now_ms >= 1_000.0 {
                let ticket = *other.get_or_insert_with(|| one.ticket(1));
                let since_ms = *waits_since_ms.get_or_insert(now_ms);
                if one.lane.ask(ticket, wanted_bytes, now_ms) {
                    break;
                }
                prop_assert!(now_ms - since_ms < MAX_WAIT_MS, "{:?}", one.lane);
            }
            now_ms += poll_ms;
        }
    }
}
