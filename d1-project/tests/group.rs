//! Process groups, with a shell and its children in the place of wrangler.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use d1_project::group::{Ended, Group};

/// A shell that has started another process. stdout closes when both are gone.
fn family(script: &str) -> Group {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdout(Stdio::piped());
    let mut group = Group::spawn(&mut command).unwrap();
    let mut ready = [0; 6];
    let stdout = group.child().stdout.as_mut().unwrap();
    stdout.read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready\n");
    group
}

/// Returns when the last process of the group has closed its stdout.
fn rest_of_output(group: &mut Group) -> String {
    let mut rest = String::new();
    let mut stdout = group.child().stdout.take().unwrap();
    stdout.read_to_string(&mut rest).unwrap();
    rest
}

#[test]
fn end_reaches_the_children_of_the_child() {
    let mut group = family("sleep 600 & echo ready; wait");
    assert_eq!(group.end(Duration::from_secs(60)), Ended::Itself);
    assert_eq!(rest_of_output(&mut group), "");
}

#[test]
fn end_kills_a_group_that_ignores_sigterm() {
    let mut group = family("trap '' TERM; sleep 600 & echo ready; wait");
    assert_eq!(group.end(Duration::from_millis(100)), Ended::Killed);
    assert_eq!(rest_of_output(&mut group), "");
}

#[test]
fn end_reaches_children_whose_parent_has_ended() {
    let mut group = family("sleep 600 & echo ready");
    group.child().wait().unwrap();
    group.end(Duration::from_secs(60));
    assert_eq!(rest_of_output(&mut group), "");
}

#[test]
fn drop_ends_the_group() {
    let mut group = family("sleep 600 & echo ready; wait");
    let mut stdout = group.child().stdout.take().unwrap();
    drop(group);
    assert_eq!(stdout.read_to_string(&mut String::new()).unwrap(), 0);
}

#[test]
fn wait_stops_at_the_error_of_its_check() {
    let mut group = family("echo ready; sleep 600");
    let result = group.wait_while(|| Err("interrupted"));
    assert_eq!(result.unwrap_err(), "interrupted");
}
