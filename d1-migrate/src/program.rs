//! What the user types for this program.

use std::sync::OnceLock;

static NAME: OnceLock<String> = OnceLock::new();

/// Sets the name; only the first call counts.
pub fn set_name(name: &str) {
    // It is set once, before anything is printed.
    let _ = NAME.set(name.to_owned());
}

/// What the user types before the name of a command.
pub fn name() -> &'static str {
    NAME.get().map_or(env!("CARGO_PKG_NAME"), String::as_str)
}

/// A call of this program as the user types it, in backquotes.
pub fn call(arguments: &str) -> String {
    format!("`{} {arguments}`", name())
}
