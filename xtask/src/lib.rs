//! What this repository runs: build, dev, test, bench, ci. One file per subject.
//!
//! The tests and the benchmark use it as a library, so that they find and run programs in the same way.

#[cfg(not(unix))]
compile_error!("cargo xtask needs process groups and signals: use Linux, macOS, or WSL on Windows");

pub mod bench;
pub mod browser;
pub mod build;
pub mod ci;
pub mod cli;
mod demo;
pub mod deny;
pub mod dev;
mod dev_vars;
pub mod error;
pub mod fuzz;
pub mod generate;
pub mod http_probe;
pub mod lock;
pub mod new_check;
pub mod process;
pub mod progress;
pub mod project;
pub mod python;
pub mod release;
pub mod sbom;
pub mod setup;
mod subcommand;
pub mod test;
pub mod tools;
pub mod torture;
mod wrangler_output;
