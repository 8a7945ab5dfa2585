//! Every code that `validate` can report: what it means and what to do instead.

use d1_sim::Rule;

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    /// Why it matters, one sentence.
    pub why: &'static str,
    /// What to do instead, one sentence.
    pub instead: &'static str,
}

macro_rules! codes {
    ($($name:ident: $why:literal, $instead:literal;)*) => {
        $(pub const $name: Code = Code { code: stringify!($name), why: $why, instead: $instead };)*
        /// All of them, in order.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    T101: "SQL below the down marker that is not a comment runs right after UP, and wrangler reports success",
        "put `-- ` before every line of the DOWN section";
    T102: "a comment or string that does not end swallows the line with which wrangler records the migration, so it runs again later",
        "close it";
    T103: "wrangler applies every .sql file in the folder, a .down.sql before its .up.sql",
        "keep one file per migration, with DOWN as a commented section in it";
    T104: "wrangler appends its own INSERT to the file: without a semicolon the two become one broken statement",
        "end the last statement with `;`";
    T105: "wrangler orders files by the number before the first underscore, and runs files without a number last",
        "name files NNNN_name.sql, each number once, and keep anything else out of the folder";
    T106: "wrangler knows an applied migration by its file name only: an edit is silent, a renamed file runs again, an older new file is applied out of order",
        "restore the file from version control and write a new migration; if no database has it yet, delete its line and those below from the checksum file";
    T107: "D1 runs the file in a transaction of its own: transaction statements are refused, and wrangler cuts the words `BEGIN TRANSACTION` out of the text, even out of a string",
        "remove them; a migration is one transaction already";
    T108: "triggers with CASE, a lower-case `end`, carriage returns or a byte order mark before them are cut apart by older wranglers and on the remote path",
        "use WHEN (or iif) instead of CASE, write END in capitals, save the file with LF line ends and without a byte order mark";
    R201: "D1 refuses temporary objects, ATTACH, VACUUM, names that begin with _cf_ and virtual tables other than fts5, fts5vocab and rtree",
        "use an ordinary table and drop it in the same file";
    R202: "D1 refuses all but a few pragmas",
        "leave it out; for foreign keys use `PRAGMA defer_foreign_keys = ON`";
    R203: "D1 refuses functions that are not on its list",
        "write it with functions that D1 has: iif for if, json for json_pretty, LIKE or GLOB for REGEXP";
    R204: "D1 is older than this form of ALTER TABLE",
        "rebuild the table: change schema.sql and let `generate` write it";
    R205: "D1 has limits: 100,000 bytes a statement, 100 columns, 5 terms of a compound SELECT, 50 bytes of a LIKE pattern, 100 levels of an expression; a migration has no parameters",
        "split it into several statements";
    FK301: "dropping a table deletes its rows first, which fires ON DELETE CASCADE, SET NULL and SET DEFAULT in its children, whatever the pragmas say; wrangler reports success",
        "rebuild under the same name and put the children's rows back: change schema.sql and let `generate` write it";
    FK302: "with defer_foreign_keys the rebuild by drop and rename ends in an opaque internal error as soon as a child with RESTRICT or NO ACTION has rows",
        "rebuild under the same name: change schema.sql and let `generate` write it";
    FK303: "switching defer_foreign_keys off sets the count of violations to zero, and orphans are committed",
        "leave it on until the end; if it must be off, assert in VERIFY that pragma_foreign_key_check is empty";
    FK304: "renaming a table rewrites the REFERENCES of its children to the new name",
        "rebuild under the same name: change schema.sql and let `generate` write it";
    FK305: "the new table still references the old one, which is dropped: its rows vanish with it",
        "let the new table reference its own name, or let `generate` write the rebuild";
    FK306: "a rebuild by drop and rename fails when a view or another table's trigger names the table, loses the table's own indexes and triggers, and resets AUTOINCREMENT",
        "rebuild under the same name: change schema.sql and let `generate` write it";
    A401: "ADD COLUMN with NOT NULL needs a constant default as soon as the table has rows",
        "give it a constant default, or let `generate` write a rebuild";
    A402: "ADD COLUMN cannot add UNIQUE, PRIMARY KEY, STORED, or REFERENCES with a default, and a CHECK must hold for the rows that are there",
        "add the column plain and the index apart, or let `generate` write a rebuild";
    A403: "DROP COLUMN fails for a column of a key, an index, a view, a trigger, a CHECK or a generated column",
        "drop what uses it first, or let `generate` write a rebuild";
    A404: "a view or trigger that names something missing blocks every rename",
        "drop it first and create it again after the rename";
    A405: "a column of another type affinity rewrites its values: the text '0123' becomes the number 123",
        "check the values in VERIFY, then silence this with a reason";
    A406: "a name in double quotes that does not exist is taken for a string, even in CREATE INDEX",
        "correct the name, or write a string in single quotes";
    A407: "rows that are there can break it: duplicates under a new UNIQUE index, NULL in a primary key, children of a dropped table",
        "remove duplicates in UP before the index, write NOT NULL in the key, drop the reference with the table";
    A408: "a virtual table blocks `wrangler d1 export` of the whole database",
        "use an ordinary table if you rely on export; otherwise silence this with a reason";
    F501: "the sections are -- migrate:up, data, verify and down, each at most once, in this order",
        "compare the file with migrations/template";
    F502: "a statement of VERIFY that cannot fail verifies nothing",
        "write SELECT json_extract('{}', CASE WHEN condition THEN '$' ELSE 'verify: what should hold' END);";
    F503: "without a DOWN section `rollback` refuses",
        "write DOWN, or silence this with the reason why there is no way back";
    F504: "a silenced check needs its code and a reason",
        "write -- allow CODE: reason";
    S601: "the migration fails on an empty database",
        "correct the statement";
    S602: "the migration fails as soon as its tables have rows",
        "make it work on rows: DATA can fill a column before a constraint needs it";
    S603: "rows or references of a table are gone after the migration",
        "keep them; if they are meant to go, silence this with a reason";
    S604: "DOWN does not lead back to the schema before, or UP cannot run again after it",
        "correct DOWN";
    S605: "migrations/ does not end in schema.sql",
        "run `{program} generate NAME`, or correct schema.sql";
    S606: "wrangler on real D1 builds something else than the replay",
        "please report it; the two are meant to be the same";
    S607: "no rows could be invented for a table, so nothing is known about the migration on a table with rows",
        "try the migration on a copy of real rows and silence this with a reason";
}

/// The rule with this code.
pub fn find(code: &str) -> Option<Code> {
    ALL.iter()
        .copied()
        .find(|one| one.code.eq_ignore_ascii_case(code))
}

/// The code of what D1 refuses.
pub fn of_rule(rule: Rule) -> Code {
    match rule {
        Rule::Object => R201,
        Rule::Pragma => R202,
        Rule::Function => R203,
        Rule::Limit => R205,
        Rule::Transaction => T107,
    }
}
