//! `jobs-ingest push` against the Worker itself. Boards, retries and refusals are tested in
//! cli/tests/push.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use jobs_ingest_tests::commands::command;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::post;

/// The command, built once.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let build = ["build", "--quiet", "--package", "jobs-ingest-cli"];
        let status = command("cargo", &build).status().expect("start cargo");
        assert!(status.success());
        // This test is in `deps` beside it.
        let this = std::env::current_exe().expect("a path");
        this.parent().expect("deps").with_file_name("jobs-ingest")
    })
}

/// A folder with files to push, which becomes the current one.
struct Pusher<'w> {
    worker: &'w Worker,
    folder: TempDir,
    token: &'static str,
}

#[derive(Debug)]
struct Pushed {
    status: Option<i32>,
    summary: Value,
    stderr: String,
}

impl Pushed {
    fn counts<const N: usize>(&self, names: [&str; N]) -> [u64; N] {
        names.map(|name| {
            self.summary[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{self:?}"))
        })
    }
}

impl<'w> Pusher<'w> {
    fn new(worker: &'w Worker) -> Self {
        Self {
            worker,
            folder: TempDir::new().expect("a folder"),
            token: TOKEN,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("write a file");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(["push", "--json", "--url", self.worker.url()])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("JOBS_INGEST_TOKEN", self.token)
            .stdin(Stdio::null());
        command
    }

    fn push(&self, arguments: &[&str]) -> Pushed {
        let output = self.command(arguments).output().expect("start the command");
        Pushed {
            status: output.status.code(),
            summary: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Writes postings as jobs.ndjson and pushes them as source `acme`.
    fn push_postings(&self, postings: &[Value], arguments: &[&str]) -> Pushed {
        let lines: String = postings
            .iter()
            .map(|posting| format!("{posting}\n"))
            .collect();
        self.write("jobs.ndjson", lines);
        self.push(&[&["jobs.ndjson", "--source", "acme"], arguments].concat())
    }

    /// Open rows: id and title.
    fn open(&self) -> Value {
        let rows = self.worker.sql(
            "SELECT external_id, title FROM jobs WHERE closed_at IS NULL ORDER BY external_id",
        );
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| json!([row["external_id"], row["title"]]))
            .collect()
    }
}

fn posting(id: usize, title: &str) -> Value {
    json!({
        "externalId": format!("job-{id:04}"),
        "title": title,
        "url": format!("https://acme.example/{id}"),
        "description": format!("Zürich & \"{id}\"\u{1f600} {}", "text ".repeat(200)),
    })
}

fn postings(n: usize, title: &str) -> Vec<Value> {
    (0..n).map(|id| posting(id, title)).collect()
}

const WRITTEN: [&str; 3] = ["inserted", "updated", "unchanged"];

#[test]
fn sends_only_what_changed() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let mut all = postings(100, "one");
    let first = pusher.push_postings(&all, &[]);
    assert_eq!(
        (first.status, first.counts(WRITTEN)),
        (Some(0), [100, 0, 0]),
        "{first:?}"
    );
    assert_eq!(worker.n_rows(), 100);

    let again = pusher.push_postings(&all, &[]);
    assert_eq!(
        (again.status, again.counts(WRITTEN)),
        (Some(0), [0, 0, 100]),
        "{again:?}"
    );
    assert_eq!(
        worker.sql("SELECT count(*) AS n FROM ingest_runs"),
        json!([{"n": 1}])
    );

    all[7]["title"] = json!("two");
    all.reverse();
    let changed = pusher.push_postings(&all, &[]);
    assert_eq!(changed.counts(WRITTEN), [0, 1, 99], "{changed:?}");
    let [sent, saved] = changed.counts(["bytes_sent", "bytes_saved"]);
    assert!(sent < saved / 10, "{changed:?}");
    assert_eq!(pusher.open()[7], json!(["job-0007", "two"]));
}

#[test]
fn snapshot_closes_what_is_not_listed_and_reopens_what_returns() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let all = postings(20, "one");
    assert_eq!(pusher.push_postings(&all, &["--snapshot"]).status, Some(0));
    let some = pusher.push_postings(&all[..15], &["--snapshot"]);
    assert_eq!(
        (some.status, some.counts(["closed"])),
        (Some(0), [5]),
        "{some:?}"
    );
    assert_eq!(pusher.open().as_array().expect("rows").len(), 15);
    let back = pusher.push_postings(&all, &["--snapshot"]);
    assert_eq!(
        back.counts(["updated", "closed", "reopened"]),
        [5, 0, 5],
        "{back:?}"
    );
    assert_eq!(pusher.open().as_array().expect("rows").len(), 20);
}

#[test]
fn a_list_that_shrinks_too_much_is_withheld() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let all = postings(100, "one");
    pusher.push_postings(&all, &["--snapshot"]);
    let shrunk = pusher.push_postings(&all[..20], &["--snapshot"]);
    assert_eq!(
        (shrunk.status, shrunk.counts(["closed"])),
        (Some(2), [0]),
        "{shrunk:?}"
    );
    assert_eq!(shrunk.summary["withheld"][0]["code"], "shrunk");
    assert!(
        shrunk
            .stderr
            .contains("warning: closing postings of acme was withheld")
    );
    assert_eq!(pusher.open().as_array().expect("rows").len(), 100);
}

#[test]
fn an_empty_or_damaged_list_closes_nothing() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    pusher.push_postings(&postings(5, "one"), &["--snapshot"]);
    for (text, status) in [("[]", 2), (r#"[{"externalId":"job-0000","title":"#, 1)] {
        pusher.write("list.json", text);
        let pushed = pusher.push(&[
            "list.json",
            "--format",
            "json",
            "--source",
            "acme",
            "--snapshot",
        ]);
        assert_eq!(pushed.status, Some(status), "{pushed:?}");
        assert_eq!(pusher.open().as_array().expect("rows").len(), 5);
    }
    // A posting without an id may be any of them.
    let damaged = [posting(0, "one"), json!({"title": "without an id"})];
    let pushed = pusher.push_postings(&damaged, &["--snapshot"]);
    assert_eq!(pushed.status, Some(2), "{pushed:?}");
    assert_eq!(pushed.summary["withheld"][0]["code"], "list_incomplete");
    assert_eq!(pusher.open().as_array().expect("rows").len(), 5);
}

#[test]
fn rejected_postings_go_to_a_file_that_can_be_fixed_and_pushed() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let mut all = postings(3, "one");
    all[1]["url"] = json!("/jobs/1");
    let pushed = pusher.push_postings(&all, &["--snapshot"]);
    assert_eq!(pushed.status, Some(2), "{pushed:?}");
    assert_eq!(pushed.counts(["inserted", "rejected"]), [2, 1]);
    assert_eq!(pushed.summary["withheld"], json!([]));
    let text = fs::read_to_string(pusher.path("rejected.json")).expect("the file");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["items"][0]["externalId"], "job-0001");
    assert_eq!(
        file["reasons"][0][0]["message"],
        "url is \"/jobs/1\", expected an absolute http or https URL"
    );
    pusher.write(
        "fixed.json",
        text.replace("\"/jobs/1\"", "\"https://acme.example/1\""),
    );
    let fixed = pusher.push(&["fixed.json", "--source", "acme", "--format", "json"]);
    assert_eq!(
        (fixed.status, fixed.counts(["inserted"])),
        (Some(0), [1]),
        "{fixed:?}"
    );
    assert_eq!(worker.n_rows(), 3);
}

#[test]
fn rejected_posting_keeps_its_stored_version_open() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let mut all = postings(5, "one");
    pusher.push_postings(&all, &["--snapshot"]);
    all[0]["url"] = json!("nonsense");
    let pushed = pusher.push_postings(&all, &["--snapshot"]);
    assert_eq!(
        (pushed.status, pushed.counts(["closed"])),
        (Some(2), [0]),
        "{pushed:?}"
    );
    assert_eq!(pusher.open().as_array().expect("rows").len(), 5);
}

#[test]
fn content_that_returns_is_written_again() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    for title in ["one", "two", "one", "two", "one"] {
        let pushed = pusher.push_postings(&postings(3, title), &[]);
        assert_eq!(pushed.status, Some(0), "{pushed:?}");
        assert_eq!(pusher.open()[0], json!(["job-0000", title]));
    }
}

#[test]
fn dry_run_counts_and_writes_nothing() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let first = pusher.push_postings(&postings(8, "one"), &["--snapshot", "--dry-run"]);
    assert_eq!(
        (first.status, first.counts(WRITTEN)),
        (Some(0), [8, 0, 0]),
        "{first:?}"
    );
    assert_eq!(worker.n_rows(), 0);
    pusher.push_postings(&postings(8, "one"), &["--snapshot"]);
    let mut next = postings(6, "one");
    next[0]["title"] = json!("two");
    next.push(posting(99, "new"));
    let dry = pusher.push_postings(&next, &["--snapshot", "--dry-run"]);
    assert_eq!(dry.counts(WRITTEN), [1, 1, 5], "{dry:?}");
    assert_eq!(dry.counts(["closed"]), [2], "{dry:?}");
    assert_eq!(pusher.open().as_array().expect("rows").len(), 8);
    let real = pusher.push_postings(&next, &["--snapshot"]);
    assert_eq!(real.counts(WRITTEN), [1, 1, 5], "{real:?}");
    assert_eq!(real.counts(["closed"]), [2], "{real:?}");
}

#[test]
fn postings_of_several_sources_are_stored_under_their_own() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    pusher.write(
        "jobs.csv",
        "external_id,title,source\n1,a,acme\n1,b,globex\n1,c,\n2,d,acme\n",
    );
    let pushed = pusher.push(&["jobs.csv"]);
    assert_eq!(
        (pushed.status, pushed.counts(["inserted"])),
        (Some(0), [4]),
        "{pushed:?}"
    );
    assert_eq!(
        worker.sql("SELECT source, count(*) AS n FROM jobs GROUP BY source ORDER BY source"),
        json!([{"source": "acme", "n": 2}, {"source": "globex", "n": 1}, {"source": "manual", "n": 1}])
    );
    assert_eq!(pusher.push(&["jobs.csv"]).counts(WRITTEN), [0, 0, 4]);
}

#[test]
fn of_several_postings_with_an_id_the_last_is_stored() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let twice = [posting(1, "first"), posting(2, "x"), posting(1, "last")];
    let pushed = pusher.push_postings(&twice, &["--snapshot"]);
    assert_eq!(
        (pushed.status, pushed.counts(["inserted", "duplicates"])),
        (Some(0), [2, 1])
    );
    assert_eq!(pusher.open()[0], json!(["job-0001", "last"]));
}

#[test]
fn feed_keeps_what_the_board_edits() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    let feed = |title: &str| {
        json!({"meta": {"total": 1}, "jobs": [{
            "id": 1, "internal_job_id": 2, "title": title, "absolute_url": "https://acme.example/1",
            "location": {"name": "Berlin"}, "content": "&lt;p&gt;Text&lt;/p&gt;",
        }]})
    };
    let push = |title: &str| {
        pusher.write("feed.json", feed(title).to_string());
        pusher.push(&[
            "feed.json",
            "--format",
            "greenhouse",
            "--source",
            "greenhouse:acme",
            "--snapshot",
        ])
    };
    assert_eq!(push("one").status, Some(0));
    worker.execute("UPDATE jobs SET is_featured = 1, company_id = 7");
    assert_eq!(push("two").counts(["updated"]), [1]);
    assert_eq!(
        worker.sql("SELECT title, is_featured, company_id, job_type, description FROM jobs"),
        json!([{"title": "two", "is_featured": 1, "company_id": 7, "job_type": null, "description": "<p>Text</p>"}])
    );
    assert_eq!(push("two").counts(WRITTEN), [0, 0, 1]);
}

#[test]
fn token_that_implies_a_company_stores_but_does_not_close() {
    let worker = Worker::builder()
        .ingest_tokens("acme:token-of-company-5-0f1e2d3c:acme?companyId=5")
        .start();
    let pusher = Pusher {
        token: "token-of-company-5-0f1e2d3c",
        ..Pusher::new(&worker)
    };
    for status in [0, 1] {
        let arguments = ["--snapshot"];
        let pushed = pusher.push_postings(&postings(3, "one"), &arguments[..status]);
        assert_eq!(pushed.status, i32::try_from(status).ok(), "{pushed:?}");
    }
    assert_eq!(
        worker.sql("SELECT company_id AS id, count(*) AS n FROM jobs GROUP BY company_id"),
        json!([{"id": 5, "n": 3}])
    );
}

#[test]
fn rows_edited_by_the_board_do_not_block_a_list() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    for _ in 0..2 {
        let pushed = pusher.push_postings(&postings(3, "one"), &["--snapshot"]);
        assert_eq!(pushed.status, Some(0), "{pushed:?}");
        worker.execute("UPDATE jobs SET content_hash = NULL");
    }
    let pushed = pusher.push_postings(&postings(2, "one"), &["--snapshot"]);
    assert_eq!(
        (pushed.status, pushed.counts(["closed"])),
        (Some(0), [1]),
        "{pushed:?}"
    );
}

#[test]
fn refused_token_is_an_error_that_sends_nothing() {
    let worker = Worker::builder()
        .ingest_tokens("acme:token-of-acme-0f1e2d3c4b:globex")
        .start();
    let pusher = Pusher {
        token: "token-of-acme-0f1e2d3c4b",
        ..Pusher::new(&worker)
    };
    let pushed = pusher.push_postings(&postings(3, "one"), &[]);
    assert_eq!(pushed.status, Some(1), "{pushed:?}");
    assert!(
        pushed.stderr.contains("source_not_allowed"),
        "{}",
        pushed.stderr
    );
    assert_eq!(worker.n_rows(), 0);
}

#[test]
fn killed_at_any_moment_and_run_again_the_table_equals_the_file() {
    let worker = Worker::start();
    let pusher = Pusher::new(&worker);
    // Stored before, and not in the file.
    let old = json!([{"externalId": "old", "title": "old", "source": "acme"}]);
    assert_eq!(
        post(&worker, "")
            .json(json!({"items": old}).to_string())
            .send()
            .status,
        200
    );
    let all = postings(20_000, "one");
    let lines: String = all.iter().map(|posting| format!("{posting}\n")).collect();
    pusher.write("jobs.ndjson", lines);
    let arguments = ["jobs.ndjson", "--source", "acme", "--snapshot"];
    for milliseconds in [700, 1_500] {
        let mut child = pusher
            .command(&arguments)
            .stdout(Stdio::null())
            .spawn()
            .expect("start");
        sleep(Duration::from_millis(milliseconds));
        // SIGKILL.
        child.kill().expect("kill");
        child.wait().expect("wait");
    }
    let pushed = pusher.push(&arguments);
    assert_eq!(pushed.status, Some(0), "{pushed:?}");
    assert_eq!(worker.n_rows(), 20_001);
    // One of the killed runs may have come to its end.
    let closed = worker.sql("SELECT external_id FROM jobs WHERE closed_at IS NOT NULL");
    assert_eq!(closed, json!([{"external_id": "old"}]));
    let open =
        worker.sql("SELECT count(*) AS n FROM jobs WHERE closed_at IS NULL AND title = 'one'");
    assert_eq!(open, json!([{"n": 20_000}]));
    assert_eq!(pusher.push(&arguments).counts(WRITTEN), [0, 0, 20_000]);
}
