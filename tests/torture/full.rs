//! A full disk: requests that do not fit are rejected completely with the documented code, existing
//! rows stay readable, and everything works again once there is space.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};

use crate::plan::Plan;
use crate::postings;
use crate::report::Summary;
use crate::storage::Storage;

/// A small in-memory file system, visible only to this run.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    fn mount(folder: &Path, n_mib: u32) -> Self {
        fs::create_dir_all(folder).expect("create a folder");
        let disk = Self {
            folder: folder.to_owned(),
        };
        disk.mount_with(&format!("size={n_mib}m"));
        disk
    }

    fn grow(&self, n_mib: u32) {
        self.mount_with(&format!("remount,size={n_mib}m"));
    }

    fn mount_with(&self, options: &str) {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "torture"])
            .arg(&self.folder)
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "cannot mount a file system of a few MiB: run as root, or put `unshare --user \
             --map-root-user --mount` in front"
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Kept for inspection.
            return;
        }
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(&self.folder)
            .status();
    }
}

pub fn run(plan: Plan) -> Summary {
    let n_times = plan.pick(10, 2);
    let storage = Storage::new("full");
    let disk = SmallDisk::mount(storage.parent(), 4);
    let worker = storage.start();
    let mut n_mib = 4;
    let mut n_stored = 0;
    let mut n_refused = 0;
    for time in 0..n_times {
        let mut number = 0;
        let (body, key) = loop {
            let body = postings::array(
                &format!("full-{time}-{number}"),
                200,
                "a title",
                "full",
                &postings::text(2_000),
            );
            let key = format!("{time}-{number}");
            let answer = post(&worker, &body, &key);
            if answer.status != 200 {
                is_full(&answer);
                break (body, key);
            }
            n_stored += 200;
            number += 1;
        };
        n_refused += 1;
        assert_eq!(worker.n_rows(), n_stored, "rows after a refusal");
        // Neither the write nor its key was stored, so a repeat is rejected again.
        is_full(&post(&worker, &body, &key));
        n_refused += 1;
        let health = worker.get("/health").send();
        assert_eq!(health.status, 200, "{}", health.body);
        let runs = worker.get("/runs").token(TOKEN).send();
        assert_eq!(runs.status, 200, "{}", runs.body);

        n_mib += 2;
        disk.grow(n_mib);
        let answer = post(&worker, &body, &key);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("idempotency-replayed"), None);
        n_stored += 200;
        assert_eq!(worker.n_rows(), n_stored, "rows once there is room");
    }
    let checked = worker.sql("PRAGMA quick_check");
    assert_eq!(checked[0]["quick_check"], "ok", "{checked}");
    drop(worker);
    drop(disk);

    let mut summary = Summary::default();
    summary.add("times that the disk was filled", n_times);
    summary.add(
        "requests refused with 507, nothing of them written",
        n_refused,
    );
    summary.add("postings stored in between", n_stored);
    summary
}

fn post(worker: &Worker, body: &str, key: &str) -> Answer {
    let request = worker.post("/jobs/ingest").token(TOKEN);
    request.header("idempotency-key", key).json(body).send()
}

fn is_full(answer: &Answer) {
    assert_eq!(answer.status, 507, "{}", answer.body);
    assert_eq!(answer.json()["code"], "database_full", "{}", answer.body);
}
