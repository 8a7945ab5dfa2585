//! Files, folders and stdin.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::{Pushed, push, pushed, run};

const NDJSON: &str =
    "{\"externalId\":\"1\",\"title\":\"a\"}\n{\"externalId\":\"2\",\"title\":\"b\"}\n";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn with_files(files: &[(&str, &[u8])], arguments: &[&str]) -> Pushed {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    run(folder.path(), &[&["--check", "--json"], arguments].concat())
}

fn n_postings(files: &[(&str, &[u8])], arguments: &[&str]) -> u64 {
    let pushed = with_files(files, arguments);
    assert_eq!(pushed.status, Some(0), "{pushed:?}");
    pushed.json()["postings"].as_u64().unwrap()
}

#[test]
fn reads_compressed_files_whatever_their_names() {
    let zstd = ruzstd::encoding::compress_to_vec(
        NDJSON.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    for bytes in [NDJSON.as_bytes().to_vec(), gzip(NDJSON), zstd] {
        assert_eq!(n_postings(&[("jobs", &bytes)], &["jobs"]), 2);
    }
}

#[test]
fn reads_stdin() {
    let folder = TempDir::new().unwrap();
    let mut child = push(folder.path(), &["--check", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&gzip(NDJSON))
        .unwrap();
    let pushed = pushed(child.wait_with_output().unwrap());
    assert_eq!(pushed.json()["postings"], 2, "{pushed:?}");
}

#[test]
fn files_of_a_folder_are_one_list() {
    let page = |offset: usize| {
        format!(
            r#"{{"totalFound":4,"offset":{offset},"content":[{{"id":"{offset}","name":"a"}},{{"id":"{}","name":"b"}}]}}"#,
            offset + 1
        )
    };
    let (first, second) = (page(0), page(2));
    let files: [(&str, &[u8]); 4] = [
        ("pages/1.json", first.as_bytes()),
        ("pages/2.json", second.as_bytes()),
        ("pages/.hidden", b"x"),
        ("pages/more/3.json", b"x"),
    ];
    let pushed = with_files(&files, &["pages", "--source", "smartrecruiters:acme"]);
    assert_eq!(pushed.json()["sources"][0]["complete"], true, "{pushed:?}");
    assert_eq!(pushed.json()["postings"], 4);
    // One page alone is not the list.
    let pushed = with_files(
        &files,
        &["pages/1.json", "--source", "smartrecruiters:acme"],
    );
    assert_eq!(pushed.json()["sources"][0]["complete"], false, "{pushed:?}");
}

#[test]
fn several_inputs_of_a_source_are_one_list() {
    let files: [(&str, &[u8]); 2] = [
        ("a.ndjson", NDJSON.as_bytes()),
        ("b.csv", b"external_id,title\n2,b\n3,c\n"),
    ];
    let pushed = with_files(&files, &["a.ndjson", "b.csv", "--source", "acme"]);
    let json = pushed.json();
    assert_eq!(json["sources"][0]["postings"], 3, "{pushed:?}");
    assert_eq!(
        (&json["postings"], &json["duplicates"]),
        (&4.into(), &1.into())
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    for (arguments, expected) in [
        (&["none.json"][..], "error: cannot read none.json"),
        (&["empty"][..], "error: empty has no files"),
        (&["cut.json.gz"][..], "error: cut.json.gz"),
        (&["jobs.html"][..], "hint: name it with --format"),
        (
            &["jobs.json", "--format", "lever", "--source", "a"][..],
            "not lever",
        ),
    ] {
        let whole = gzip(&NDJSON.repeat(1_000));
        let files: [(&str, &[u8]); 4] = [
            ("empty/.hidden", b""),
            ("cut.json.gz", &whole[..whole.len() - 9]),
            ("jobs.html", b"<html></html>"),
            ("jobs.json", b"[{\"externalId\":\"1\"}]"),
        ];
        let pushed = with_files(&files, arguments);
        assert_eq!(
            (pushed.status, pushed.stdout.as_str()),
            (Some(1), ""),
            "{pushed:?}"
        );
        assert!(
            pushed.stderr.contains(expected),
            "{expected}: {}",
            pushed.stderr
        );
    }
}
