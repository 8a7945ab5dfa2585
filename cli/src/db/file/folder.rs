//! The migrations folder, in the order in which wrangler applies it.

use std::path::Path;

use super::Migration;
use crate::db::error::Error;

/// All `.sql` files of `dir`, not of folders within it, in wrangler's order.
pub fn read(dir: &Path) -> Result<Vec<Migration>, Error> {
    let failed = |source| Error::Read {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".sql") || name.starts_with('.') || entry.path().is_dir() {
            continue;
        }
        let path = entry.path();
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
        files.push(Migration::parse(&name, &text));
    }
    files.sort_by(|a, b| order_key(&a.name).cmp(&order_key(&b.name)));
    Ok(files)
}

/// Leading number, then text; files without a number last.
fn order_key(name: &str) -> (u64, &str) {
    (super::name::number(name).unwrap_or(u64::MAX), name)
}

#[cfg(test)]
mod tests {
    use super::order_key;

    #[test]
    fn order_is_number_then_text_then_unnumbered() {
        let mut names = [
            "seed.sql",
            "20260101_t.sql",
            "10_b.sql",
            "0010_a.sql",
            "9_c.sql",
        ];
        names.sort_by_key(|name| order_key(name));
        assert_eq!(
            names,
            [
                "9_c.sql",
                "0010_a.sql",
                "10_b.sql",
                "20260101_t.sql",
                "seed.sql"
            ]
        );
    }
}
