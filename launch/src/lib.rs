//! What programs share that are started by cargo and start cargo.

use std::process::Command;

/// Removes from the command's environment what `cargo run` or `cargo test` has told *us* about our own
/// package. A cargo that the command starts would take it for a change and build `ring`, whose build
/// script reads it, again: here, and at the next ordinary call.
pub fn forget_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_TARGET_TMPDIR",
        ];
        if ours.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}
