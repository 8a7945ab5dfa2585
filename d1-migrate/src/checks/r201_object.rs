//! R201: objects that D1 refuses.

use d1_sim::Rule;

use crate::check::{Check, Example, Failed, Logic, Severity};

/// R201.
pub static CHECK: Check = Check {
    code: "R201",
    severity: Severity::Error,
    why: "D1 refuses temporary objects, ATTACH, VACUUM, names that begin with _cf_ and virtual tables other than fts5, fts5vocab and rtree",
    instead: "use an ordinary table and drop it in the same file",
    logic: &[Logic::Failure(explains)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TEMP TABLE a (b TEXT);
"#,
        ),
        Example::new(
            r#"-- migrate:up
ATTACH 'x.db' AS x;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE VIRTUAL TABLE a USING fts3 (b);
"#,
        )
        .also(&["A408"]),
        Example::new(
            r#"-- migrate:up
CREATE TABLE _cf_a (b TEXT);
"#,
        ),
        Example::new(
            r#"-- migrate:up
VACUUM;
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE cf_a (b TEXT);
-- migrate:down
-- DROP TABLE cf_a;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    failed.is_refused_by(Rule::Object)
}
