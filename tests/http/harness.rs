//! What the other tests take for granted.

use jobs_ingest_tests::{Migrations, Worker};
use serde_json::json;

#[test]
fn rows_written_by_the_worker_are_seen() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x0() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x1() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x2() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x3() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x4() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x5() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x6() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x7() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x8() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x9() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x10() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x11() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x12() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x13() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x14() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x15() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x16() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x17() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x18() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
#[test]
fn x19() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 1);
    worker.execute("DELETE FROM jobs; INSERT INTO jobs (external_id) VALUES ('a'), ('b')");
    assert_eq!(worker.n_rows(), 2);
    assert_eq!(worker.post("/jobs/ingest").send().status, 200);
    assert_eq!(worker.n_rows(), 3);
    worker.execute("ALTER TABLE jobs RENAME TO gone");
    assert_eq!(worker.get("/health").send().status, 503);
    let _ = (Migrations::None, json!(1));
}
