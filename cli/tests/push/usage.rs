//! The command line, help, completions and man pages.

use std::process::Command;

use tempfile::TempDir;

use super::{push, pushed, run};

#[test]
fn wrong_usage_is_64() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("a.csv"), "externalId,title\n1,a\n").unwrap();
    for (arguments, expected) in [
        (&[][..], "required"),
        (&["a.csv"][..], "--url is missing"),
        (
            &["a.csv", "--url", "https://a.example/path"][..],
            "expected no path",
        ),
        (
            &["a.csv", "--url", "http://a.example"][..],
            "without encryption",
        ),
        (
            &[
                "a.csv",
                "--url",
                "https://a.example",
                "--token-env",
                "NO_TOKEN",
            ][..],
            "NO_TOKEN is not set",
        ),
        (
            &["a.csv", "--check", "--format", "nonsense"][..],
            "there is no format",
        ),
        (&["a.csv", "--check", "--source", ""][..], "is not a source"),
        (
            &["a.csv", "--check", "--snapshot"][..],
            "cannot be used with",
        ),
    ] {
        let pushed = run(folder.path(), arguments);
        assert_eq!(
            (pushed.status, pushed.stdout.as_str()),
            (Some(64), ""),
            "{pushed:?}"
        );
        assert!(
            pushed.stderr.contains(expected),
            "{expected}: {}",
            pushed.stderr
        );
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let pushed = run(TempDir::new().unwrap().path(), &["--help"]);
    assert_eq!(pushed.status, Some(0));
    for expected in [
        "Examples:",
        "--snapshot",
        "64  wrong usage",
        "JOBS_INGEST_TOKEN",
    ] {
        assert!(pushed.stdout.contains(expected), "{expected}");
    }
}

#[test]
fn completions_and_man_page_know_push() {
    let folder = TempDir::new().unwrap();
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobs-ingest"));
        pushed(
            command
                .args(arguments)
                .current_dir(folder.path())
                .output()
                .unwrap(),
        )
    };
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = program(&["completions", shell]);
        assert!(script.stdout.contains("company-name"), "{shell}");
    }
    assert_eq!(program(&["man", "man1"]).status, Some(0));
    let page = std::fs::read_to_string(folder.path().join("man1/jobs-ingest-push.1")).unwrap();
    assert!(page.contains("snapshot"));
}

#[test]
fn token_is_never_printed() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("a.csv"), "externalId,title\n1,a\n").unwrap();
    let arguments = ["a.csv", "--url", "https://a.example/path"];
    let pushed = pushed(push(folder.path(), &arguments).output().unwrap());
    assert_ne!(pushed.status, Some(0), "{pushed:?}");
    assert!(!pushed.stderr.is_empty());
    assert!(!format!("{pushed:?}").contains(super::TOKEN));
}
