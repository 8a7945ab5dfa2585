//! Memory of a running process, from /proc.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Resident memory of the process in bytes.
pub fn resident_bytes(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status"))
        .expect("workerd runs, on a system with /proc");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("VmRSS");
    let kib: u64 = line
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number of kB");
    kib * 1024
}

/// Samples memory continuously and keeps the maximum.
pub struct Watch {
    most_bytes: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub fn start(process: u32) -> Self {
        let (most_bytes, ended) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let thread = thread::spawn({
            let (most_bytes, ended) = (Arc::clone(&most_bytes), Arc::clone(&ended));
            move || {
                while !ended.load(Ordering::Relaxed) {
                    most_bytes.fetch_max(resident_bytes(process), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(25));
                }
            }
        });
        Self {
            most_bytes,
            ended,
            thread: Some(thread),
        }
    }

    /// The maximum since the start, or since the last call.
    pub fn take_most_bytes(&self) -> u64 {
        self.most_bytes.swap(0, Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes / (1 << 20))
}
