//! Memory for bodies, shared fairly between tokens. Pure bookkeeping: the caller waits and has the clock.

use jobs_ingest_core::limits::{
    GIVE_WAY_MS, HELD_MS, PACE_BYTES_PER_MS, PACE_GRACE_MS, READ_CHUNK_BYTES, SMALL_BODY_BYTES,
    WAITER_GONE_MS,
};

/// A queued or admitted request and its token. Lower numbers came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    number: u64,
    /// Index of its token.
    token: usize,
}

/// The memory that requests share: a lane for small bodies and a lane for large ones. A small body uses
/// the large lane if its own is full and nothing is queued in the large one.
#[derive(Debug)]
pub struct Lanes {
    n_tickets: u64,
    /// Token names. Operators configure few, so none is ever removed.
    tokens: Vec<String>,
    small: Lane,
    large: Lane,
}

impl Lanes {
    pub const fn new(small: Lane, large: Lane) -> Self {
        Self {
            n_tickets: 0,
            tokens: Vec::new(),
            small,
            large,
        }
    }

    pub fn ticket(&mut self, token: &str) -> Ticket {
        let known = self.tokens.iter().position(|name| name == token);
        let token = known.unwrap_or_else(|| {
            self.tokens.push(token.to_owned());
            self.tokens.len() - 1
        });
        self.n_tickets += 1;
        Ticket {
            number: self.n_tickets,
            token,
        }
    }

    /// Asks to hold `bytes` in total. If refused, the request keeps what it has, is queued for the rest,
    /// and must ask again until it is admitted.
    pub fn ask(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        let is_small = bytes <= SMALL_BODY_BYTES && !self.large.holds(ticket);
        if !is_small {
            let is_granted = self.large.ask(ticket, bytes, now_ms);
            if is_granted {
                self.small.leave(ticket);
            }
            return is_granted;
        }
        if self.small.ask(ticket, bytes, now_ms) {
            return true;
        }
        let is_granted = self.large.ask_if_idle(ticket, bytes, now_ms);
        if is_granted {
            self.small.leave(ticket);
        }
        is_granted
    }

    /// Records how many bytes of a body have arrived in total.
    pub fn arrived(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) {
        self.each(|lane| lane.arrived(ticket, bytes, now_ms));
    }

    /// Whether the request was cancelled: it must release its memory and end.
    pub fn is_cancelled(&self, ticket: Ticket) -> bool {
        self.small.is_cancelled(ticket) || self.large.is_cancelled(ticket)
    }

    /// Reports that a holder is still active.
    pub fn renew(&mut self, ticket: Ticket, now_ms: f64) {
        self.each(|lane| lane.renew(ticket, now_ms));
    }

    /// Sets what a holder counts as once its body has arrived completely; from then on it is not
    /// cancelled. It may exceed the limit, because the memory is already in use: nobody is admitted then
    /// until enough is released.
    pub fn resize(&mut self, ticket: Ticket, bytes: usize) {
        self.each(|lane| lane.resize(ticket, bytes));
    }

    /// Releases the memory, or leaves the queue.
    pub fn leave(&mut self, ticket: Ticket) {
        self.each(|lane| lane.leave(ticket));
    }

    fn each(&mut self, mut change: impl FnMut(&mut Lane)) {
        change(&mut self.small);
        change(&mut self.large);
    }
}

#[derive(Debug)]
struct Entry {
    ticket: Ticket,
    /// Reserved bytes; 0 while it is queued for its first ones.
    held_bytes: usize,
    waits: Option<Wait>,
    /// For a body that is being received.
    pace: Option<Pace>,
    /// When it was last active.
    alive_ms: f64,
    is_cancelled: bool,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    /// Total bytes that it is queued for.
    for_bytes: usize,
    since_ms: f64,
}

#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Until when the body keeps the pace if nothing more arrives.
    until_ms: f64,
    arrived_bytes: usize,
}

impl Pace {
    fn begin(now_ms: f64) -> Self {
        Self {
            until_ms: now_ms + PACE_GRACE_MS,
            arrived_bytes: 0,
        }
    }

    fn is_kept(self, now_ms: f64) -> bool {
        now_ms <= self.until_ms
    }

    /// Arrived bytes extend the deadline by the time that they take at the minimum pace, up to the grace
    /// period: a body that arrives mostly at once may not stall afterwards.
    fn arrived(&mut self, bytes: usize, now_ms: f64) {
        let new_bytes = bytes.saturating_sub(self.arrived_bytes);
        if new_bytes == 0 {
            return;
        }
        let left_ms = (self.until_ms - now_ms).max(0.0);
        let worth_ms = left_ms + new_bytes as f64 / PACE_BYTES_PER_MS;
        self.until_ms = now_ms + worth_ms.min(PACE_GRACE_MS);
        self.arrived_bytes = bytes;
    }
}

/// Bytes that others must release before a request can be admitted.
#[derive(Debug, Clone, Copy)]
struct Lack {
    bytes: usize,
    /// The token whose share is exhausted; `None` if the lane is full.
    of_token: Option<usize>,
}

/// State of one token; everything but the last grant is recomputed for each decision.
#[derive(Debug, Clone, Copy, Default)]
struct Token {
    /// The number of its last grant.
    last_grant: u64,
    held_bytes: usize,
    /// Index of its longest-waiting entry.
    first: Option<usize>,
}

/// A pool of bytes. Tokens take turns, the requests of one token are first come, first served, and
/// nothing overtakes the request whose turn it is.
#[derive(Debug)]
pub struct Lane {
    total_bytes: usize,
    /// Bytes that the requests of one token may hold.
    share_bytes: usize,
    /// Whether bodies are being received, which must keep a minimum pace.
    is_paced: bool,
    n_grants: u64,
    /// By index of the token.
    tokens: Vec<Token>,
    /// In order of arrival.
    entries: Vec<Entry>,
}

impl Lane {
    /// For bodies that are being received.
    pub const fn reading(total_bytes: usize, share_bytes: usize) -> Self {
        Self::new(total_bytes, share_bytes, true)
    }

    /// For bodies that are processed.
    pub const fn working(total_bytes: usize, share_bytes: usize) -> Self {
        Self::new(total_bytes, share_bytes, false)
    }

    const fn new(total_bytes: usize, share_bytes: usize, is_paced: bool) -> Self {
        Self {
            total_bytes,
            share_bytes,
            is_paced,
            n_grants: 0,
            tokens: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// A request for more than the share is treated as a request for the share.
    fn ask(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        let bytes = bytes.min(self.share_bytes);
        self.forget_silent(now_ms);
        self.shrink_slow(now_ms);
        let index = self.entry(ticket, now_ms);
        let Some(entry) = self.entries.get_mut(index) else {
            return false;
        };
        entry.alive_ms = now_ms;
        if bytes <= entry.held_bytes {
            entry.waits = None;
            return true;
        }
        let since_ms = entry.waits.map_or(now_ms, |wait| wait.since_ms);
        entry.waits = Some(Wait {
            for_bytes: bytes,
            since_ms,
        });
        let is_next = self.next() == Some(index);
        let lack = self.lack(index, is_next);
        if is_next && lack.is_none() {
            self.grant(index, bytes, now_ms);
            return true;
        }
        if let Some(lack) = lack
            && now_ms - since_ms >= GIVE_WAY_MS
        {
            self.cancel_slow(index, lack, now_ms);
        }
        false
    }

    /// Like [`Self::ask`] if nothing is queued; does not queue the request.
    fn ask_if_idle(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) -> bool {
        self.forget_silent(now_ms);
        self.shrink_slow(now_ms);
        if self.entries.iter().any(|entry| entry.waits.is_some()) {
            return false;
        }
        let is_granted = self.ask(ticket, bytes, now_ms);
        if !is_granted {
            self.leave(ticket);
        }
        is_granted
    }

    fn grant(&mut self, index: usize, bytes: usize, now_ms: f64) {
        self.n_grants += 1;
        let (n_grants, is_paced) = (self.n_grants, self.is_paced);
        let Some(entry) = self.entries.get_mut(index) else {
            return;
        };
        let waited_ms = entry.waits.map_or(0.0, |wait| now_ms - wait.since_ms);
        entry.held_bytes = bytes;
        entry.waits = None;
        match &mut entry.pace {
            // The client is not responsible for the time spent in the queue.
            Some(pace) => pace.until_ms += waited_ms,
            None => entry.pace = is_paced.then(|| Pace::begin(now_ms)),
        }
        let token = entry.ticket.token;
        if let Some(token) = self.tokens.get_mut(token) {
            token.last_grant = n_grants;
        }
    }

    fn arrived(&mut self, ticket: Ticket, bytes: usize, now_ms: f64) {
        if let Some(entry) = self.find(ticket) {
            entry.alive_ms = now_ms;
            if let Some(pace) = &mut entry.pace {
                pace.arrived(bytes, now_ms);
            }
        }
    }

    fn is_cancelled(&self, ticket: Ticket) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.ticket == ticket && entry.is_cancelled)
    }

    fn holds(&self, ticket: Ticket) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.ticket == ticket && entry.held_bytes > 0)
    }

    fn renew(&mut self, ticket: Ticket, now_ms: f64) {
        if let Some(entry) = self.find(ticket) {
            entry.alive_ms = now_ms;
        }
    }

    fn resize(&mut self, ticket: Ticket, bytes: usize) {
        if let Some(entry) = self.find(ticket) {
            entry.held_bytes = bytes;
            entry.pace = None;
            entry.is_cancelled = false;
        }
    }

    fn leave(&mut self, ticket: Ticket) {
        self.entries.retain(|entry| entry.ticket != ticket);
    }

    fn find(&mut self, ticket: Ticket) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.ticket == ticket)
    }

    /// The index of the ticket's entry, which is created if it does not exist.
    fn entry(&mut self, ticket: Ticket, now_ms: f64) -> usize {
        let number = ticket.number;
        let index = self
            .entries
            .partition_point(|entry| entry.ticket.number < number);
        let is_there = |entry: &Entry| entry.ticket == ticket;
        if !self.entries.get(index).is_some_and(is_there) {
            let entry = Entry {
                ticket,
                held_bytes: 0,
                waits: None,
                pace: None,
                alive_ms: now_ms,
                is_cancelled: false,
            };
            self.entries.insert(index, entry);
        }
        if self.tokens.len() <= ticket.token {
            self.tokens.resize(ticket.token + 1, Token::default());
        }
        index
    }

    /// Removes inactive requests: one that was cut off releases nothing itself. A holder expires
    /// [`HELD_MS`] after it was last active, a queued request [`WAITER_GONE_MS`] after. It keeps its
    /// position in the queue if it asks again.
    fn forget_silent(&mut self, now_ms: f64) {
        self.entries.retain(|entry| {
            let counts_ms = match entry.held_bytes {
                0 => WAITER_GONE_MS,
                _ => HELD_MS,
            };
            now_ms - entry.alive_ms < counts_ms
        });
        for entry in &mut self.entries {
            if now_ms - entry.alive_ms >= WAITER_GONE_MS {
                entry.waits = None;
            }
        }
    }

    /// Reduces bodies that do not keep the pace to what has arrived plus the next chunk.
    fn shrink_slow(&mut self, now_ms: f64) {
        for entry in &mut self.entries {
            if let Some(pace) = entry.pace
                && !pace.is_kept(now_ms)
            {
                let most_bytes = pace.arrived_bytes + READ_CHUNK_BYTES;
                entry.held_bytes = entry.held_bytes.min(most_bytes);
            }
        }
    }

    /// The index of the request whose turn it is: among the tokens whose first request fits their share,
    /// the first request of the token that was served longest ago.
    fn next(&mut self) -> Option<usize> {
        for token in &mut self.tokens {
            token.held_bytes = 0;
            token.first = None;
        }
        for (index, entry) in self.entries.iter().enumerate() {
            if let Some(token) = self.tokens.get_mut(entry.ticket.token) {
                token.held_bytes += entry.held_bytes;
                if entry.waits.is_some() {
                    token.first.get_or_insert(index);
                }
            }
        }
        let fits = |token: &&Token| {
            let first = token.first.and_then(|index| self.entries.get(index));
            first.is_some_and(|entry| token.held_bytes + entry.missing() <= self.share_bytes)
        };
        let turns = self.tokens.iter().filter(fits);
        let next = turns.min_by_key(|token| (token.last_grant, token.first));
        next.and_then(|token| token.first)
    }

    /// What the request lacks: of its token's share if it is the token's first, of the lane if it is its
    /// turn.
    fn lack(&self, index: usize, is_next: bool) -> Option<Lack> {
        let entry = self.entries.get(index)?;
        let token = self.tokens.get(entry.ticket.token)?;
        let over = |held_bytes: usize, limit_bytes: usize| {
            (held_bytes + entry.missing()).checked_sub(limit_bytes + 1)
        };
        let of_share = over(token.held_bytes, self.share_bytes)
            .filter(|_| token.first == Some(index))
            .map(|over| (over, Some(entry.ticket.token)));
        let of_whole = over(self.held_bytes(), self.total_bytes)
            .filter(|_| is_next)
            .map(|over| (over, None));
        let (over, of_token) = of_share.or(of_whole)?;
        Some(Lack {
            bytes: over + 1,
            of_token,
        })
    }

    /// Cancels bodies that do not keep the pace, largest first, if that frees enough. Each releases its
    /// memory when it notices.
    fn cancel_slow(&mut self, for_index: usize, lack: Lack, now_ms: f64) {
        let may_free = |index: usize, entry: &Entry| {
            index != for_index
                && lack
                    .of_token
                    .is_none_or(|token| token == entry.ticket.token)
                && entry.pace.is_some_and(|pace| !pace.is_kept(now_ms))
        };
        let mut freed_bytes = 0;
        let mut freeable_bytes = 0;
        for (index, entry) in self.entries.iter().enumerate() {
            if may_free(index, entry) {
                freeable_bytes += entry.held_bytes;
                // Already cancelled, and about to release its memory.
                freed_bytes += if entry.is_cancelled {
                    entry.held_bytes
                } else {
                    0
                };
            }
        }
        if freeable_bytes < lack.bytes {
            return;
        }
        while freed_bytes < lack.bytes {
            let entries = self.entries.iter_mut().enumerate();
            let slow =
                entries.filter(|(index, entry)| !entry.is_cancelled && may_free(*index, entry));
            let Some((_, entry)) = slow.max_by_key(|(_, entry)| entry.held_bytes) else {
                return;
            };
            entry.is_cancelled = true;
            freed_bytes += entry.held_bytes;
        }
    }

    fn held_bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.held_bytes).sum()
    }
}

impl Entry {
    /// The bytes that it is queued for beyond those it holds.
    fn missing(&self) -> usize {
        let for_bytes = self.waits.map_or(0, |wait| wait.for_bytes);
        for_bytes.saturating_sub(self.held_bytes)
    }
}

#[cfg(test)]
mod tests;
