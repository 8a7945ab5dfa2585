//! The checksum file through `validate`: T106.

use std::fs;

use crate::support::{Folder, Run, codes};

const A: &str = "CREATE TABLE a (x TEXT);";
const AB: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);";

fn sealed() -> Folder {
    let folder = Folder::with_versions(&[A, AB]);
    folder.db(&["validate"]).exits(0).says("sealed 0002_v2.sql");
    folder
}

#[test]
fn validate_seals_new_files_and_changes_no_line() {
    let folder = sealed();
    let before = folder.read("migrations/checksums.txt");
    folder.db(&["validate"]).exits(0);
    assert_eq!(folder.read("migrations/checksums.txt"), before);
}

#[test]
fn edited_file_is_found() {
    let folder = sealed();
    folder.replace("migrations/0001_v1.sql", "-- What", "-- what");
    assert_eq!(folder.codes(), ["T106"]);
}

#[test]
fn deleted_and_renamed_files_are_found() {
    let folder = sealed();
    fs::rename(
        folder.path("migrations/0002_v2.sql"),
        folder.path("migrations/0002_b.sql"),
    )
    .unwrap();
    folder
        .db(&["validate"])
        .exits(1)
        .prints("T106")
        .prints("0002_v2.sql");
}

#[test]
fn older_new_file_is_found() {
    let folder = sealed();
    fs::rename(
        folder.path("migrations/0002_v2.sql"),
        folder.path("migrations/0003_v2.sql"),
    )
    .unwrap();
    fs::remove_file(folder.path("migrations/checksums.txt")).unwrap();
    folder.db(&["validate"]).exits(0);
    folder.write(
        "migrations/0002_late.sql",
        "-- allow F503: a test\n-- migrate:up\nSELECT 1;\n",
    );
    folder
        .db(&["validate"])
        .exits(1)
        .prints("T106")
        .prints("0002_late.sql");
}

#[test]
fn line_ends_and_byte_order_mark_are_no_edit() {
    let folder = sealed();
    let text = folder.read("migrations/0001_v1.sql");
    folder.write(
        "migrations/0001_v1.sql",
        &format!("\u{feff}{}", text.replace('\n', "\r\n")),
    );
    folder.db(&["validate"]).exits(0);
}

#[test]
fn byte_order_mark_of_the_checksum_file_does_not_count() {
    let folder = sealed();
    let text = folder.read("migrations/checksums.txt");
    let without_comment = text.split_once('\n').unwrap().1;
    for text in [&text, without_comment] {
        folder.write("migrations/checksums.txt", &format!("\u{feff}{text}"));
        folder.db(&["validate"]).exits(0);
    }
}

#[test]
fn markers_of_a_merge_are_not_passed_over() {
    let folder = sealed();
    let text = folder.read("migrations/checksums.txt");
    folder.write("migrations/checksums.txt", &format!("{text}<<<<<<< HEAD\n"));
    folder
        .db(&["validate"])
        .exits(1)
        .says("checksums.txt, line 4: `<<<<<<< HEAD`")
        .says("hint: after a merge");
    assert!(folder.read("migrations/checksums.txt").contains("<<<<<<<"));
}

#[test]
fn in_ci_a_file_without_a_line_is_a_finding_and_nothing_is_written() {
    let folder = Folder::with_versions(&[A]);
    let output = folder
        .command(&["validate", "--json"])
        .env("CI", "true")
        .output()
        .unwrap();
    assert_eq!(codes(&Run::from(&output).exits(1)), ["T106"]);
    assert!(!folder.path("migrations/checksums.txt").exists());
}
