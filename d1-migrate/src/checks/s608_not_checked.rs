//! S608: what could not be checked, since an allowed failure is in the way.

use crate::check::{Check, Example, Severity};

/// S608.
pub static CHECK: Check = Check {
    code: "S608",
    severity: Severity::Error,
    why: "the replay stops at the first file that fails: nothing is known about what comes after it, even when the failure is allowed",
    instead: "make the file run on an empty database; this cannot be allowed",
    logic: &[],
    bad: &[Example::new(
        r#"-- allow R201: a table of another tool
-- allow S608: not possible
-- migrate:up
CREATE TABLE _cf_a (b TEXT);
-- migrate:down
-- DROP TABLE _cf_a;
"#,
    )
    .also(&["F504"])],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE cf_a (b TEXT);
-- migrate:down
-- DROP TABLE cf_a;
"#,
    )],
};
