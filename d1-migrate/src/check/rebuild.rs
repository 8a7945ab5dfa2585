//! Rebuilds by drop and rename: `DROP TABLE table`, later `ALTER TABLE temporary RENAME TO table`.

use crate::file::{Migration, Statement};
use crate::sql::name::same;
use crate::sql::shape::Shape;

/// One rebuild by drop and rename.
pub struct RenameRebuild<'a> {
    pub table: &'a str,
    pub temporary: &'a str,
    pub drop: &'a Statement,
    pub rename: &'a Statement,
}

/// The rebuilds by drop and rename in a migration.
pub fn rename_rebuilds(migration: &Migration) -> Vec<RenameRebuild<'_>> {
    let mut out = Vec::new();
    for (index, drop) in migration.statements.iter().enumerate() {
        let Shape::DropTable { table } = &drop.shape else {
            continue;
        };
        for rename in migration.statements.iter().skip(index + 1) {
            if let Shape::RenameTable { table: from, to } = &rename.shape
                && same(to, table)
            {
                out.push(RenameRebuild {
                    table,
                    temporary: from,
                    drop,
                    rename,
                });
            }
        }
    }
    out
}
