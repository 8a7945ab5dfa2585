//! What docs/ARCHITECTURE.md states as absent, where that is cheap to check.

use std::fs;
use std::path::Path;

/// The lines of a folder's sources that are neither comments nor tests, each with its file.
fn code(folder: &Path, skipped: &str, lines: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != skipped && name != "tests" {
                code(&path, skipped, lines);
            }
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let code = text.split("#[cfg(test)]\nmod tests").next();
        for line in code.unwrap_or_default().lines() {
            if !line.trim_start().starts_with("//") {
                lines.push(format!("{}: {line}", path.display()));
            }
        }
    }
}

#[test]
fn sql_is_in_its_folder_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut lines = Vec::new();
    code(&root.join("src"), "sql", &mut lines);
    code(&root.join("../src"), "sql", &mut lines);
    assert!(lines.len() > 1_000);
    for line in lines {
        for word in [
            "SELECT ",
            "INSERT INTO",
            "UPDATE jobs",
            "DELETE FROM",
            "CREATE ",
        ] {
            assert!(!line.contains(word), "{line}");
        }
    }
}
